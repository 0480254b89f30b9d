import { minutes } from './base/duration.js';
import { oneLine } from './base/text.js';
import { mustBe } from './base/validate.js';
import type { RetryContext } from './model/part.js';
import type { Retry } from './retries/index.js';

/** The wait when a user's retry gives none. */
const FAULTY_RETRY_WAIT_MS = minutes(1);

/** How long an open circuit waits, and who says so. */
export interface DrawnWait {
  readonly waitMs: number;
  readonly waitSource: string | undefined;
}

/**
 * How long is the circuit open? Drawn once, on opening; whole ms, so that the instant it ends can be told exactly.
 *
 * @param guard runs what is the user's; `undefined` when it threw
 */
export function drawWait(
  retry: Retry,
  context: Omit<RetryContext, 'explain'>,
  guard: <T>(source: 'retry', run: () => T) => T | undefined,
): DrawnWait {
  let waitSource: string | undefined;
  const explain = (source: string): void => {
    if (typeof source !== 'string') throw new TypeError(mustBe('explain: the source', 'a text', source));
    waitSource = oneLine(source);
  };
  const waitMs = guard('retry', () => retry.waitMs({ ...context, explain }));
  // Nothing of one that threw, NaN of a random source gone astray: the circuit would be open for no time at all.
  return waitMs! >= 0
    ? { waitMs: Math.ceil(waitMs!), waitSource }
    : { waitMs: FAULTY_RETRY_WAIT_MS, waitSource: undefined };
}
