import { Tally, type Metric } from '../model/metric.js';
import type { WindowStore } from '../model/part.js';

const FIRST_LENGTH = 16;

/** The last `size` calls: a ring of what was added to the running sums, to take it out again. */
export class CountStore implements WindowStore {
  private readonly sums: Tally;
  private durations = new Float64Array(0);
  private failures = new Uint8Array(0);
  /** Where the next call goes; once the ring is full, also the oldest call. */
  private next = 0;

  constructor(
    private readonly size: number,
    slowThresholdsMs: readonly number[],
  ) {
    this.sums = new Tally(slowThresholdsMs);
  }

  record(_nowMs: number, durationMs: number, isFailure: boolean): void {
    const at = this.next;
    if (this.sums.totalCount === this.size) {
      this.sums.remove(this.durations[at]!, this.failures[at] === 1);
    } else if (at === this.durations.length) {
      this.grow();
    }
    this.durations[at] = durationMs;
    this.failures[at] = isFailure ? 1 : 0;
    this.sums.add(durationMs, isFailure);
    this.next = at + 1 === this.size ? 0 : at + 1;
  }

  metric(_nowMs: number): Metric {
    return this.sums;
  }

  /** Until it is full the ring has not turned yet: what it holds keeps its place. */
  private grow(): void {
    const length = Math.min(this.size, Math.max(FIRST_LENGTH, this.durations.length * 2));
    const { durations, failures } = this;
    this.durations = new Float64Array(length);
    this.durations.set(durations);
    this.failures = new Uint8Array(length);
    this.failures.set(failures);
  }
}
