import { Inject } from '@nestjs/common';

import { nameProblems } from '../../core/index.js';
import { addInjectedName } from '../process-wide.js';
import { getBreakerToken, memberName } from '../tokens.js';

type InjectDecorator = ParameterDecorator & PropertyDecorator;

/**
 * The breaker of that name, injected: for what the decorator does not cover (`acquire`, `forceOpen`, …).
 *
 * An unknown name fails at bootstrap, with the class, the nearest known name and the list; so does the name of
 * breakers that there are per key: for them there is `@InjectKeyedBreaker`.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { Breaker, InjectBreaker } from 'nestjs-fluxgate';
 *
 * @Injectable()
 * export class Maintenance {
 *   constructor(@InjectBreaker('payments') private readonly breaker: Breaker) {}
 *   begin(): void {
 *     this.breaker.forceOpen({ reason: 'provider maintenance' });
 *   }
 * }
 * ```
 */
export function InjectBreaker(name: string): InjectDecorator {
  return injectBy('@InjectBreaker', name, false);
}

/**
 * The breakers of that name, one per key, injected as `KeyedBreakers`.
 *
 * An unknown name, or that of a breaker without keys, fails at bootstrap.
 *
 * @example
 * ```ts
 * import { HttpException, Injectable } from '@nestjs/common';
 * import { InjectKeyedBreaker, KeyedBreakers } from 'nestjs-fluxgate';
 *
 * @Injectable()
 * export class Gateway {
 *   constructor(@InjectKeyedBreaker('gateway') private readonly breakers: KeyedBreakers) {}
 *   get(url: URL): Promise<string> {
 *     return this.breakers.for(url.host).execute(async ({ signal }) => {
 *       const response = await fetch(url, { signal });
 *       if (!response.ok) throw new HttpException(url.host, response.status);
 *       return response.text();
 *     });
 *   }
 * }
 * ```
 */
export function InjectKeyedBreaker(name: string): InjectDecorator {
  return injectBy('@InjectKeyedBreaker', name, true);
}

function injectBy(decorator: string, name: string, isKeyed: boolean): InjectDecorator {
  const [problem] = nameProblems(name);
  if (problem !== undefined) throw new TypeError(`${decorator}: ${problem}`);
  const inject = Inject(getBreakerToken(name));
  return (target: object, key: string | symbol | undefined, index?: number): void => {
    const isProperty = typeof target !== 'function' && index === undefined;
    const isParameter = key === undefined;
    if (!isProperty && !isParameter) {
      const where = memberName(typeof target === 'function' ? (target.prototype as object) : target, key!);
      throw new TypeError(
        `${decorator}('${name}') on ${where}: Nest injects constructor parameters and instance properties only.`,
      );
    }
    addInjectedName(name, isProperty ? target.constructor : target, isKeyed);
    inject(target, key, index as number);
  };
}
