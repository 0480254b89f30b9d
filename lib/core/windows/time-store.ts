import { Tally, type Metric } from '../model/metric.js';
import type { WindowStore } from '../model/part.js';

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
