import { Tally, type Metric, type TallyMemory } from '../model/metric.js';
import type { WindowStore } from '../model/part.js';

/** The buckets of a time window that hold calls. */
export interface TimeMemory {
  readonly buckets: readonly (TallyMemory & { readonly startedMsAgo: number })[];
}

/** The calls of the last `length` buckets: a ring of sums per bucket, and their running sum. */
export class TimeStore implements WindowStore {
  private readonly sums: Tally;
  /** Made as they are first used; cleared, never replaced. */
  private readonly buckets: (Tally | undefined)[] = [];
  /** Where the newest bucket is. */
  private newest = 0;
  /** Which bucket that is, counted from the clock's zero. */
  private newestTick = -Infinity;

  constructor(
    private readonly sizeMs: number,
    private readonly length: number,
    private readonly slowThresholdsMs: readonly number[],
  ) {
    this.sums = new Tally(slowThresholdsMs);
  }

  record(nowMs: number, durationMs: number, isFailure: boolean): void {
    this.expire(nowMs);
    const bucket = (this.buckets[this.newest] ??= new Tally(this.slowThresholdsMs));
    bucket.add(durationMs, isFailure);
    this.sums.add(durationMs, isFailure);
  }

  metric(nowMs: number): Metric {
    this.expire(nowMs);
    return this.sums;
  }

  memory(nowMs: number): TimeMemory {
    this.expire(nowMs);
    const { length, newest, sizeMs } = this;
    const buckets: TimeMemory['buckets'][number][] = [];
    for (let age = length - 1; age >= 0; age--) {
      const bucket = this.buckets[(newest - age + length) % length];
      if (bucket === undefined || bucket.totalCount === 0) continue;
      const startedMsAgo = Math.max(0, nowMs - ((this.newestTick - age) * sizeMs) / length);
      buckets.push({ startedMsAgo, ...bucket.memory() });
    }
    return { buckets };
  }

  /** Counts the calls of a bucket that began at `startedMs` in: none is remembered longer than its size. */
  put(startedMs: number, calls: Tally): void {
    this.expire(startedMs);
    (this.buckets[this.newest] ??= new Tally(this.slowThresholdsMs)).merge(calls, 1);
    this.sums.merge(calls, 1);
  }

  /** Turns the ring to the bucket of `nowMs`, and empties the buckets it passes: all of them at most. */
  private expire(nowMs: number): void {
    // nowMs / bucketMs, in the order that is exact at the edges of buckets that are no whole ms.
    const tick = Math.floor((nowMs * this.length) / this.sizeMs);
    if (!(tick > this.newestTick)) return;
    const passed = Math.min(tick - this.newestTick, this.length);
    this.newestTick = tick;
    if (this.sums.totalCount === 0) return;
    for (let i = 0; i < passed; i++) {
      this.newest = this.newest + 1 === this.length ? 0 : this.newest + 1;
      const bucket = this.buckets[this.newest];
      if (bucket === undefined) continue;
      this.sums.merge(bucket, -1);
      bucket.clear();
    }
  }
}
