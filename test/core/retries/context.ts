import type { RetryContext } from '../../../lib/core/model/part.js';
import type { Retry } from '../../../lib/core/retries/index.js';
import { seededRandom } from '../../../lib/testing/seeded-random.js';

export const at = (reopens: number, random: () => number = () => 0.5): RetryContext => ({
  reopens,
  random,
  lastError: undefined,
  wallNow: 0,
});

export const noChance = (): number => {
  throw new Error('nothing is drawn');
};

/** The mean wait of many draws. */
export function meanWait(retry: Retry, reopens: number): number {
  const random = seededRandom(7);
  let sum = 0;
  for (let i = 0; i < 20_000; i++) sum += retry.waitMs(at(reopens, random));
  return sum / 20_000;
}

export const BAD_DURATIONS: unknown[] = [Number.NaN, Infinity, -1, 0, '5', null, undefined, 5n];
export const BAD_JITTERS: unknown[] = [Number.NaN, Infinity, -0.1, 1, 10, '0.1', null];
