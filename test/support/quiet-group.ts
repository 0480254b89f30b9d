import { expect } from '@jest/globals';

import {
  CountWindow,
  FailureStreak,
  KeyedBreakers,
  type Breaker,
  type BreakerOptions,
  type KeysOptions,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

/** Counts how often it is read, and goes on a little with each. */
export class CountingClock extends ManualClock {
  readCount = 0;
  tickMs = 2 ** -20;

  override now(): number {
    this.readCount++;
    this.advance(this.tickMs);
    return super.now();
  }

  /** To the next whole ms. */
  advanceToWhole(): void {
    this.advance(Math.ceil(super.now()) - super.now());
  }
}

/** Nobody listens, and a window that is full: every further call ends as those before it did. */
export function aQuietGroup(keys: KeysOptions = {}, options: BreakerOptions = {}) {
  const clock = new CountingClock();
  const group = new KeyedBreakers(
    'banks',
    { window: CountWindow(2), tripper: FailureStreak(1000), ...options, keys: { idleMs: 1000, ...keys } },
    { clock },
  );
  const quiet = (key: string): Breaker => {
    good(group.for(key), 2);
    return group.for(key);
  };
  return { clock, group, quiet };
}

export function good(breaker: Breaker, times = 1): void {
  for (let i = 0; i < times; i++) breaker.executeSync(() => 'good');
}

export function bad(breaker: Breaker, times = 1): void {
  for (let i = 0; i < times; i++) {
    expect(() =>
      breaker.executeSync(() => {
        throw new Error('down');
      }),
    ).toThrow('down');
  }
}
