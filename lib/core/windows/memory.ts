import { mustBe } from '../base/validate.js';
import { Tally, type TallyMemory } from '../model/metric.js';
import { CountStore, type CountMemory } from './count-store.js';
import type { OldBucket, TimeMemory, TimeStore } from './time-store.js';

// What windows remember is written by a store as plain JSON, and read here by a window of the same kind.

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
/** Longer ones would add up to Infinity, which no subtraction ever takes out again. */
const isMs = (value: unknown): value is number =>
  Number.isFinite(value) && (value as number) >= 0 && (value as number) <= Number.MAX_SAFE_INTEGER;

/** @throws TypeError that says what is wrong. */
export function recallCalls(
  text: string,
  size: number,
  memory: unknown,
  slowThresholdsMs: readonly number[],
): CountStore {
  const { failures, durationsMs } = Object(memory) as Partial<CountMemory>;
  if (typeof failures !== 'string' || !/^[01]*$/.test(failures) || failures.length > size) {
    throw new TypeError(mustBe(`${text}: failures`, `a text of at most ${size} digits 0 and 1`, failures));
  }
  const isTimed = (value: unknown): boolean => value === null || isMs(value);
  if (
    durationsMs !== undefined &&
    !(Array.isArray(durationsMs) && durationsMs.length === failures.length && durationsMs.every(isTimed))
  ) {
    throw new TypeError(
      mustBe(`${text}: durationsMs`, 'a list of one duration ≥ 0 or null per call', durationsMs),
    );
  }
  const store = new CountStore(size, slowThresholdsMs);
  for (let i = 0; i < failures.length; i++)
    store.record(0, durationsMs?.[i] ?? undefined, failures[i] === '1');
  return store;
}

/** @throws TypeError that says what is wrong. */
export function recallBuckets(
  text: string,
  make: () => TimeStore,
  memory: unknown,
  slowThresholdsMs: readonly number[],
  asOfMs: number,
): TimeStore {
  const { buckets } = Object(memory) as Partial<TimeMemory>;
  if (!Array.isArray(buckets)) throw new TypeError(mustBe(`${text}: buckets`, 'a list', buckets));
  let olderMsAgo = Infinity;
  const old = buckets.map((bucket: unknown, i): OldBucket => {
    const { startedMsAgo } = Object(bucket) as { readonly startedMsAgo?: unknown };
    const what = `${text}: buckets[${i}].startedMsAgo`;
    if (!isMs(startedMsAgo)) throw new TypeError(mustBe(what, 'a number of ms ≥ 0', startedMsAgo));
    // Oldest first: calls of an older bucket would else count into the newer one, and for longer.
    if (startedMsAgo >= olderMsAgo) throw new TypeError(mustBe(what, `below ${olderMsAgo}`, startedMsAgo));
    olderMsAgo = startedMsAgo;
    return { startedMsAgo, calls: recallTally(`${text}: buckets[${i}]`, bucket, slowThresholdsMs) };
  });
  const store = make();
  store.goOnFrom(old, asOfMs);
  return store;
}

/** @throws TypeError that says what is wrong. */
export function recallTally(where: string, memory: unknown, slowThresholdsMs: readonly number[]): Tally {
  const given = Object(memory) as Partial<TallyMemory>;
  const { totalCount, failureCount, timedCount, totalDurationMs, slowCounts } = given;
  const isWhole =
    isCount(totalCount) &&
    isCount(failureCount) &&
    failureCount <= totalCount &&
    isCount(timedCount) &&
    timedCount <= totalCount &&
    isMs(totalDurationMs) &&
    Array.isArray(slowCounts) &&
    slowCounts.length === slowThresholdsMs.length &&
    slowCounts.every((count) => isCount(count) && count <= timedCount);
  if (!isWhole) throw new TypeError(mustBe(where, 'figures that agree with one another', given));
  return Tally.recall(given as TallyMemory, slowThresholdsMs);
}
