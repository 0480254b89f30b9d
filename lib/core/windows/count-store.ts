import { countedMs, Tally, type Metric } from '../model/metric.js';
import type { WindowStore } from '../model/part.js';

const FIRST_LENGTH = 16;
/** What the ring says of a call, bit by bit: 0 of an untimed success. */
const FAILED = 1;
const TIMED = 2;
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
  private calls = EMPTY;
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
    if (this.isFull) this.sums.remove(this.durationAt(at), this.hasFailedAt(at));
    else if (at === this.calls.length) this.grow();
    if (durationMs !== undefined) {
      this.durations ??= new Float64Array(this.calls.length);
      this.durations[at] = countedMs(durationMs);
    }
    this.calls[at] = (isFailure ? FAILED : 0) | (durationMs === undefined ? 0 : TIMED);
    this.sums.add(durationMs, isFailure);
    this.isFull = this.sums.totalCount === this.size;
    this.advance();
  }

  repeat(isFailure: boolean, durationMs?: number): boolean {
    const at = this.next;
    if (!this.isFull || this.hasFailedAt(at) !== isFailure) return false;
    if (durationMs === undefined && this.calls[at]! < TIMED) this.advance();
    else this.record(0, durationMs, isFailure);
    return true;
  }

  metric(_nowMs: number): Metric {
    return this.sums;
  }

  memory(): CountMemory {
    const count = this.sums.totalCount;
    // Once the ring is full the oldest call is where the next one goes; until then `next` is `count`.
    const places = Array.from({ length: count }, (_, i) => (this.next + i) % count);
    const failures = places.map((at) => (this.hasFailedAt(at) ? '1' : '0')).join('');
    if (this.durations === undefined) return { failures };
    return { failures, durationsMs: places.map((at) => this.durationAt(at) ?? null) };
  }

  private advance(): void {
    this.next = this.next + 1 === this.size ? 0 : this.next + 1;
  }

  /** Until it is full the ring has not turned yet: what it holds keeps its place. */
  private grow(): void {
    const length = Math.min(this.size, Math.max(FIRST_LENGTH, this.calls.length * 2));
    const { durations, calls } = this;
    this.calls = new Uint8Array(length);
    this.calls.set(calls);
    if (durations === undefined) return;
    this.durations = new Float64Array(length);
    this.durations.set(durations);
  }

  private hasFailedAt(at: number): boolean {
    return (this.calls[at]! & FAILED) !== 0;
  }

  private durationAt(at: number): number | undefined {
    return this.calls[at]! < TIMED ? undefined : this.durations![at];
  }
}
