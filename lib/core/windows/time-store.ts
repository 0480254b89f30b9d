import { Tally, type Metric, type TallyMemory } from '../model/metric.js';
import type { WindowStore } from '../model/part.js';

/** The buckets of a time window that hold calls. */
export interface TimeMemory {
  readonly buckets: readonly (TallyMemory & { readonly startedMsAgo: number })[];
}

/**
 * Times are looked at in ms × `length`: a bucket lasts `sizeMs` there, and whole ms are whole numbers, so nothing is
 * rounded at the edges of buckets that are no whole ms. A bucket begins so much early, that a sum of fractions which was
 * rounded does not make it begin late.
 */
const EARLY = 2 ** -11;

/** On the grid where whole ms, and whole fractions of them, lie: what was rounded on the way is there again. */
const unrounded = (scaled: number): number => Math.round(scaled * 1024) / 1024;

/** The calls of a bucket of another store, and when it began before that was read. */
export interface OldBucket {
  readonly startedMsAgo: number;
  readonly calls: Tally;
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
  /** Of the edges of buckets, in ms × `length`: a store that goes on from another one keeps those of that one. */
  private shift = EARLY;

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
      const startedMs = ((this.newestTick - age) * sizeMs - this.shift + EARLY) / length;
      const startedMsAgo = Math.max(0, nowMs - startedMs);
      buckets.push({ startedMsAgo, ...bucket.memory() });
    }
    return { buckets };
  }

  /**
   * Goes on from buckets, oldest first, of another store of its size that was read at `asOfMs`: each of them ends when
   * it would have ended there.
   */
  goOnFrom(old: readonly OldBucket[], asOfMs: number): void {
    const { length, sizeMs } = this;
    if (old.length === 0) return;
    const ago = old.map(({ startedMsAgo }) => unrounded(startedMsAgo * length));
    const intoBucket = ago.at(-1)! % sizeMs;
    this.shift = intoBucket - asOfMs * length + EARLY;
    old.forEach(({ calls }, i) => {
      this.turnTo(-Math.round((ago[i]! - intoBucket) / sizeMs));
      (this.buckets[this.newest] ??= new Tally(this.slowThresholdsMs)).merge(calls, 1);
      this.sums.merge(calls, 1);
    });
  }

  private expire(nowMs: number): void {
    this.turnTo(Math.floor((nowMs * this.length + this.shift) / this.sizeMs));
  }

  /** Turns the ring to that bucket, and empties the buckets it passes: all of them at most. */
  private turnTo(tick: number): void {
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
