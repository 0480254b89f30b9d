import { Inject } from '@nestjs/common';

import { nameProblems } from '../../core/index.js';
import { getBreakerToken } from '../tokens.js';

/** Who asked for which breaker by `@InjectBreaker`, in this process. */
export interface InjectedName {
  readonly name: string;
  readonly type: unknown;
}

export const injectedNames: InjectedName[] = [];

/**
 * The breaker of that name, injected: for what the decorator does not cover (`acquire`, `forceOpen`, …).
 *
 * An unknown name fails at bootstrap, with the class, the nearest known name and the list.
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
export function InjectBreaker(name: string): ParameterDecorator & PropertyDecorator {
  const problems = nameProblems(name);
  if (problems.length > 0) throw new TypeError(`@InjectBreaker: ${problems.join(' ')}`);
  const inject = Inject(getBreakerToken(name));
  return (target: object, key: string | symbol | undefined, index?: number): void => {
    injectedNames.push({ name, type: index === undefined ? target.constructor : target });
    inject(target, key, index as number);
  };
}
