import type { Clock } from './base/clock.js';
import type { Meters } from './meter.js';
import type { Notifier } from './notifier.js';
import type { Settlement } from './model/outcome.js';
import type { Policy } from './options.js';

/** A call that took less is too short to be worth two looks at the clock, 70 ns, each time. */
const SHORT_MS = 0.02;
/** Of such calls one in so many is timed, to notice when they get longer. */
const SAMPLE = 256;

/**
 * Which calls through a closed circuit are timed?
 *
 * All, where something looks at each: a time window, a tripper of durations or of the user's, whoever hears of
 * calls. Else all as long as they take more than 20 µs, for the mean that logs and snapshots show; where they
 * are shorter than that, one in 256 (timing them all took as long as the rest of the walk).
 */
export class Stopwatch {
  private readonly timesAll: boolean;
  private every = 1;
  private untilNext = 1;

  constructor(
    { tripper, window }: Policy,
    private readonly clock: Clock,
    private readonly notifier: Notifier,
    private readonly meters: Meters,
  ) {
    this.timesAll = tripper.readsTime || window.readsTime;
  }

  /** The time at which a call starts; `undefined` when it is not timed. */
  start(): number | undefined {
    if (this.isNeeded || !this.meters.isEmpty) return this.clock.now();
    if (--this.untilNext > 0) return undefined;
    this.untilNext = this.every;
    return this.clock.now();
  }

  /** The same of a sync call: no sample, for that would allocate. */
  startSync(): number | undefined {
    return this.isNeeded || !this.meters.isEmpty ? this.clock.now() : undefined;
  }

  /** The time at which a call ends that started then; `undefined` when nothing looks at it. */
  end(startedMs: number | undefined): number | undefined {
    // One that began before `reconfigure` may end where times are looked at.
    if (startedMs === undefined) return this.timesAll ? this.clock.now() : undefined;
    const nowMs = this.clock.now();
    this.every = nowMs - startedMs < SHORT_MS ? SAMPLE : 1;
    this.untilNext = Math.min(this.untilNext, this.every);
    return nowMs;
  }

  /**
   * Measures a call that ends now.
   *
   * @returns when it started for all others; `undefined` where nobody but meters would have timed it.
   */
  measured(startedMs: number | undefined, settlement: Settlement): number | undefined {
    if (this.meters.isEmpty) return startedMs;
    this.meters.measure(settlement, startedMs, this.end(startedMs)!);
    if (!this.isNeeded && --this.untilNext > 0) return undefined;
    this.untilNext = this.every;
    return startedMs;
  }

  /** Does anything look at each? */
  private get isNeeded(): boolean {
    return this.timesAll || this.notifier.hearsCalls;
  }
}
