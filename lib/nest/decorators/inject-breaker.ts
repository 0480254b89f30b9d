import { Inject } from '@nestjs/common';

import { nameProblems } from '../../core/index.js';
import { processWide } from '../process-wide.js';
import { getBreakerToken, memberName } from '../tokens.js';

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
    const isProperty = typeof target !== 'function' && index === undefined;
    const isParameter = typeof target === 'function' && key === undefined;
    if (!isProperty && !isParameter) {
      const where = memberName(typeof target === 'function' ? (target.prototype as object) : target, key!);
      throw new TypeError(
        `@InjectBreaker('${name}') on ${where}: Nest injects constructor parameters and instance properties only.`,
      );
    }
    processWide.injectedNames.push({ name, type: isProperty ? target.constructor : target });
    inject(target, key, index as number);
  };
}
