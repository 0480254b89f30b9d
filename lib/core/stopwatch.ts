import type { Clock } from './base/clock.js';
import type { Meters } from './meter.js';
import type { Notifier } from './notifier.js';
import type { Settlement } from './model/outcome.js';
import type { Policy } from './options.js';

/** A call that took less is too short to be worth two looks at the clock, 90 ns, each time. */
const SHORT_MS = 0.02;
/** Of such calls one in so many is timed, to notice when they get longer. */
const OF_SHORT_ONES = 256;
/** Where calls are longer all are timed, until they come closer together than that. */
const APART_MS = 5;
/** Then one in at most so many, and so many of those in the window: their mean is to mean something. */
const OF_LONG_ONES = 32;
const IN_WINDOW = 4;
/** So many are timed before that is decided anew: call by call, slow ones would be timed more often than others. */
const ROW = 12;

/** Where the calls are counted until the next one that is timed: the closed state, which each call looks at anyway. */
interface Countdown {
  untilTimed: number;
}

/**
 * Which calls through a closed circuit are timed?
 *
 * All, where something looks at each: a time window, a tripper of durations or of the user's, whoever hears of
 * calls. Else all of a service with up to 200 calls a second, and a sample of a busier one, for the mean that logs
 * and snapshots show: 4 of the window, and no fewer than one in 32; one in 256 where they take less than 20 µs (timing
 * them all took as long as the rest of the walk).
 */
export class Stopwatch {
  private readonly timesAll: boolean;
  private readonly mostOfLongOnes: number;
  /** One in so many, where they are long. */
  private ofLongOnes = 1;
  /** How many of the row have been timed, and since when. */
  private inRow = 0;
  private rowSinceMs = -Infinity;
  /** One call in so many is timed now. */
  private every = 1;

  constructor(
    { tripper, window }: Policy,
    private readonly clock: Clock,
    private readonly notifier: Notifier,
    private readonly meters: Meters,
  ) {
    this.timesAll = tripper.sees.readsTime || window.readsTime;
    this.mostOfLongOnes = Math.max(1, Math.min(OF_LONG_ONES, Math.floor(window.capacity / IN_WINDOW)));
  }

  /** The time at which a call starts that is timed. */
  start(count: Countdown): number {
    count.untilTimed = this.every;
    return this.clock.now();
  }

  /** The same of a sync call: no sample, for that would allocate. */
  startSync(): number | undefined {
    return this.isNeeded ? this.clock.now() : undefined;
  }

  /** The time at which a call ends that started then; `undefined` when nothing looks at it. */
  end(startedMs: number | undefined, count: Countdown): number | undefined {
    // One that began before `reconfigure` may end where times are looked at.
    if (startedMs === undefined) return this.timesAll ? this.clock.now() : undefined;
    const nowMs = this.clock.now();
    if (this.timesAll) return nowMs;
    this.every = nowMs - startedMs < SHORT_MS ? OF_SHORT_ONES : this.ofLongOnesAt(nowMs);
    count.untilTimed = Math.min(count.untilTimed, this.every);
    return nowMs;
  }

  private ofLongOnesAt(nowMs: number): number {
    if (++this.inRow < ROW) return this.ofLongOnes;
    const inTime = Math.floor((ROW * this.ofLongOnes * APART_MS) / (nowMs - this.rowSinceMs));
    // A clock gone astray gives NaN.
    this.ofLongOnes = Math.max(1, Math.min(inTime || 1, this.mostOfLongOnes));
    this.inRow = 0;
    this.rowSinceMs = nowMs;
    return this.ofLongOnes;
  }

  /**
   * Measures a call that ended at `atMs`, as `end` gave it.
   *
   * @returns when it started for all others; `undefined` where nobody but meters would have timed it.
   */
  measured(
    startedMs: number | undefined,
    atMs: number | undefined,
    settlement: Settlement,
    count: Countdown,
  ): number | undefined {
    if (this.meters.isEmpty) return startedMs;
    this.meters.measure(settlement, startedMs, atMs!);
    if (!this.isLookedAt && --count.untilTimed > 0) return undefined;
    count.untilTimed = this.every;
    return startedMs;
  }

  /** Is each call timed? Asked when a lane is opened. */
  get isNeeded(): boolean {
    return this.isLookedAt || !this.meters.isEmpty;
  }

  /** Does anything but meters look at each? */
  private get isLookedAt(): boolean {
    return this.timesAll || this.notifier.hearsCalls;
  }
}
