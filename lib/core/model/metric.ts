/**
 * How have the remembered calls gone: the sums and rates of a window.
 *
 * Durations are milliseconds, rates are 0–1 and 0 while nothing is remembered (never NaN).
 * A metric handed to a tripper is live: read it during the call, copy it to keep it.
 */
export interface Metric {
  /** Successes and failures; ignored and rejected calls are not in it. */
  readonly totalCount: number;
  readonly failureCount: number;
  /** Of the calls that were timed: all, if the breaker looks at durations, else a sample of them. */
  readonly totalDurationMs: number;
  /** `failureCount / totalCount`. */
  readonly failureRate: number;
  /** Mean duration of the timed calls, failures included. */
  readonly avgDurationMs: number;
  /** Calls (failures included) that took at least `thresholdMs`. @throws when no tripper of the breaker declared that threshold. */
  slowCount(thresholdMs: number): number;
  /** `slowCount(thresholdMs) / totalCount`. */
  slowRate(thresholdMs: number): number;
}

/** A metric as plain JSON. */
export interface MetricSnapshot {
  readonly totalCount: number;
  readonly failureCount: number;
  readonly failureRate: number;
  readonly totalDurationMs: number;
  readonly avgDurationMs: number;
  readonly slow: readonly {
    readonly thresholdMs: number;
    readonly count: number;
    readonly rate: number;
  }[];
}

/** All that a tally counts, as plain JSON. */
export interface TallyMemory {
  readonly totalCount: number;
  readonly failureCount: number;
  readonly timedCount: number;
  readonly totalDurationMs: number;
  /** One for each slow threshold, in their order. */
  readonly slowCounts: readonly number[];
}

/** Durations are kept as whole 1/1024 ms, so that sums of them are exact and never drift. */
const TICKS_PER_MS = 1024;

/** The duration as it is counted: never negative, never NaN, rounded to 1/1024 ms. */
export function countedMs(durationMs: number): number {
  return durationMs > 0 ? Math.round(durationMs * TICKS_PER_MS) / TICKS_PER_MS : 0;
}

/**
 * A metric that can be added to and taken from: what windows are built of.
 *
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Tally } from 'nestjs-fluxgate';
 *
 * const tally = new Tally([1000]);
 * tally.add(1500, true);
 * tally.add(500, false);
 * assert.equal(tally.failureRate, 0.5);
 * assert.equal(tally.slowRate(1000), 0.5);
 * ```
 */
export class Tally implements Metric {
  totalCount = 0;
  failureCount = 0;
  totalDurationMs = 0;
  private timedCount = 0;
  private readonly slowCounts: number[];

  /** @param slowThresholdsMs the thresholds whose slow calls are counted. */
  constructor(readonly slowThresholdsMs: readonly number[] = []) {
    this.slowCounts = slowThresholdsMs.map(() => 0);
  }

  get failureRate(): number {
    return this.totalCount === 0 ? 0 : this.failureCount / this.totalCount;
  }

  get avgDurationMs(): number {
    return this.timedCount === 0 ? 0 : this.totalDurationMs / this.timedCount;
  }

  slowCount(thresholdMs: number): number {
    const count = this.slowCounts[this.slowThresholdsMs.indexOf(thresholdMs)];
    if (count === undefined) {
      throw new RangeError(
        `slow calls over ${thresholdMs} ms are not counted here (counted: ${this.slowThresholdsMs.join(', ') || 'none'}). ` +
          'Declare the threshold in the slowThresholdsMs of the tripper.',
      );
    }
    return count;
  }

  slowRate(thresholdMs: number): number {
    const count = this.slowCount(thresholdMs);
    return this.totalCount === 0 ? 0 : count / this.totalCount;
  }

  /** Counts one call in; without a duration it was not timed. */
  add(durationMs: number | undefined, isFailure: boolean): void {
    this.shift(durationMs, isFailure, 1);
  }

  /** Counts one call, added before with the same values, out again. */
  remove(durationMs: number | undefined, isFailure: boolean): void {
    this.shift(durationMs, isFailure, -1);
  }

  /** Counts all of `other` in (`sign` 1) or out (`sign` -1); both must count the same thresholds. */
  merge(other: Tally, sign: 1 | -1): void {
    this.totalCount += sign * other.totalCount;
    this.failureCount += sign * other.failureCount;
    this.totalDurationMs += sign * other.totalDurationMs;
    this.timedCount += sign * other.timedCount;
    for (let i = 0; i < this.slowCounts.length; i++) {
      this.slowCounts[i]! += sign * other.slowCounts[i]!;
    }
  }

  clear(): void {
    this.totalCount = 0;
    this.failureCount = 0;
    this.totalDurationMs = 0;
    this.timedCount = 0;
    this.slowCounts.fill(0);
  }

  /** The same figures with `count` more calls, all good and instant. */
  plusGood(count: number): Tally {
    const copy = new Tally(this.slowThresholdsMs);
    copy.merge(this, 1);
    copy.totalCount += count;
    copy.timedCount += count;
    return copy;
  }

  toJSON(): MetricSnapshot {
    return metricSnapshot(this, this.slowThresholdsMs);
  }

  /** Everything that is counted, to be recalled by another process. */
  memory(): TallyMemory {
    const { totalCount, failureCount, totalDurationMs, timedCount, slowCounts } = this;
    return { totalCount, failureCount, totalDurationMs, timedCount, slowCounts: [...slowCounts] };
  }

  /** The tally of a memory that was checked. */
  static recall(memory: TallyMemory, slowThresholdsMs: readonly number[]): Tally {
    const tally = new Tally(slowThresholdsMs);
    tally.totalCount = memory.totalCount;
    tally.failureCount = memory.failureCount;
    tally.totalDurationMs = memory.totalDurationMs;
    tally.timedCount = memory.timedCount;
    memory.slowCounts.forEach((count, i) => (tally.slowCounts[i] = count));
    return tally;
  }

  private shift(durationMs: number | undefined, isFailure: boolean, sign: 1 | -1): void {
    this.totalCount += sign;
    if (isFailure) this.failureCount += sign;
    if (durationMs === undefined) return;
    const ms = countedMs(durationMs);
    this.timedCount += sign;
    this.totalDurationMs += sign * ms;
    for (let i = 0; i < this.slowCounts.length; i++) {
      if (ms >= this.slowThresholdsMs[i]!) this.slowCounts[i]! += sign;
    }
  }
}

/** Any metric, a user's window's too, as plain JSON, frozen: listeners share it. */
export function metricSnapshot(metric: Metric, slowThresholdsMs: readonly number[]): MetricSnapshot {
  return Object.freeze({
    totalCount: metric.totalCount,
    failureCount: metric.failureCount,
    failureRate: metric.failureRate,
    totalDurationMs: metric.totalDurationMs,
    avgDurationMs: metric.avgDurationMs,
    slow: Object.freeze(
      slowThresholdsMs.map((thresholdMs) =>
        Object.freeze({
          thresholdMs,
          count: metric.slowCount(thresholdMs),
          rate: metric.slowRate(thresholdMs),
        }),
      ),
    ),
  });
}
