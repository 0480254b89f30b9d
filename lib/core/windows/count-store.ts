import { countedMs, Tally, type Metric } from '../model/metric.js';
import type { WindowStore } from '../model/part.js';

const FIRST_LENGTH = 16;
/** In the ring of durations, for a call that nobody timed. */
const UNTIMED = -1;
/** Shared by all that are empty: a typed array takes some 200 bytes. */
const EMPTY = new Uint8Array(0);

/** The calls of a count window, oldest first. */
export interface CountMemory {
  /** A character for each call: `1` failed, `0` did not. */
  readonly failures: string;
  /** How long each took; `null` for one that nobody timed. Left out when none was timed. */
  readonly durationsMs?: readonly (number | null)[];
}

/** The last `size` calls: a ring of what was added to the running sums, to take it out again. */
export class CountStore implements WindowStore {
  private readonly sums: Tally;
  /** Made with the first call that is timed: without it a call takes 1 byte, with it 9. */
  private durations: Float64Array | undefined;
  private failures = EMPTY;
  /** Where the next call goes; once the ring is full, also the oldest call. */
  private next = 0;
  /** Said here too, so that a repeated call need not look into the sums. */
  private isFull = false;

  constructor(
    private readonly size: number,
    slowThresholdsMs: readonly number[],
  ) {
    this.sums = new Tally(slowThresholdsMs);
  }

  record(_nowMs: number, durationMs: number | undefined, isFailure: boolean): void {
    const at = this.next;
    if (this.isFull) {
      this.sums.remove(this.durationAt(at), this.failures[at] === 1);
    } else if (at === this.failures.length) {
      this.grow();
    }
    if (durationMs !== undefined) this.durations ??= new Float64Array(this.failures.length).fill(UNTIMED);
    if (this.durations !== undefined)
      this.durations[at] = durationMs === undefined ? UNTIMED : countedMs(durationMs);
    this.failures[at] = isFailure ? 1 : 0;
    this.sums.add(durationMs, isFailure);
    this.isFull = this.sums.totalCount === this.size;
    this.next = at + 1 === this.size ? 0 : at + 1;
  }

  repeat(isFailure: boolean, durationMs?: number): boolean {
    const at = this.next;
    if (!this.isFull || (this.failures[at] === 1) !== isFailure) return false;
    if (durationMs !== undefined || (this.durations !== undefined && this.durations[at] !== UNTIMED)) {
      this.record(0, durationMs, isFailure);
    } else {
      this.next = at + 1 === this.size ? 0 : at + 1;
    }
    return true;
  }

  metric(_nowMs: number): Metric {
    return this.sums;
  }

  memory(): CountMemory {
    const count = this.sums.totalCount;
    // Once the ring is full the oldest call is where the next one goes; until then `next` is `count`.
    const places = Array.from({ length: count }, (_, i) => (this.next + i) % count);
    const failures = places.map((at) => this.failures[at]).join('');
    if (this.durations === undefined) return { failures };
    return { failures, durationsMs: places.map((at) => this.durationAt(at) ?? null) };
  }

  /** Until it is full the ring has not turned yet: what it holds keeps its place. */
  private grow(): void {
    const length = Math.min(this.size, Math.max(FIRST_LENGTH, this.failures.length * 2));
    const { durations, failures } = this;
    this.failures = new Uint8Array(length);
    this.failures.set(failures);
    if (durations === undefined) return;
    this.durations = new Float64Array(length);
    this.durations.set(durations);
  }

  private durationAt(at: number): number | undefined {
    const durationMs = this.durations?.[at];
    return durationMs === UNTIMED ? undefined : durationMs;
  }
}
