import type {
  Breaker,
  BreakerSnapshot,
  CallSignal,
  Listener,
  Meter,
  RejectedSignal,
  TransitionSignal,
  WouldTripSignal,
} from '../core/index.js';
import type { Labels } from './durations.js';
import type { Series } from './series.js';
import { isOpen, type CallOutcome } from './words.js';

/** What a breaker tells, counted into its series. Nothing of prom-client runs in a call. */
export class Watch implements Listener, Meter {
  /** How many bindings brought this breaker. */
  bindings = 1;
  /** Only where there are exemplars: to be told of each call costs three times as much as to measure it. */
  readonly onCall?: (signal: CallSignal) => void;
  private readonly unsubscribe: () => void;
  /** Since when its time in open is not counted yet, on the breaker's clock; undefined while it is not open. */
  private openSinceMs: number | undefined;

  constructor(
    private readonly breaker: Breaker,
    readonly series: Series,
    exemplar: (() => Labels | undefined) | undefined,
  ) {
    const { state, changedAt } = breaker.snapshot();
    if (isOpen(state)) this.openSinceMs = this.instantOf(changedAt);
    if (exemplar !== undefined) this.onCall = (signal) => this.markBy(exemplar, signal);
    const unsubscribe = breaker.subscribe(this);
    const unmeter = exemplar === undefined ? breaker.measureBy(this) : undefined;
    this.unsubscribe = () => (unsubscribe(), unmeter?.());
    series.readers.add(this.read);
  }

  /** @returns the bucket it fell into. */
  measure(outcome: CallOutcome, durationMs: number): number {
    return this.series.outcomes[outcome].observe(durationMs / 1000);
  }

  onRejected({ reason }: RejectedSignal): void {
    this.series.rejected[reason].untold++;
  }

  onTransition({ from, to, cause, at }: TransitionSignal): void {
    this.series.move(from, to, cause).untold++;
    const atMs = this.instantOf(at);
    this.countOpenTime(atMs);
    this.openSinceMs = isOpen(to) ? atMs : undefined;
  }

  onWouldTrip({ wouldTrip }: WouldTripSignal): void {
    if (wouldTrip) this.series.wouldTrip.untold++;
  }

  private markBy(
    exemplar: () => Labels | undefined,
    { isCancelled, outcome, durationMs, at }: CallSignal,
  ): void {
    const ending = isCancelled ? 'cancelled' : outcome;
    const bucket = this.measure(ending, durationMs);
    const labels = exemplar();
    if (labels !== undefined) this.series.outcomes[ending].mark(bucket, durationMs / 1000, labels, at);
  }

  /** The breaker now, and its time in open up to now. */
  private readonly read = (): BreakerSnapshot => {
    const snapshot = this.breaker.snapshot();
    const nowMs = this.breaker.clock.now();
    this.countOpenTime(nowMs);
    if (this.openSinceMs !== undefined) this.openSinceMs = nowMs;
    return snapshot;
  };

  /** The breaker is gone; its group may have dropped it while it was open. */
  end(): void {
    this.countOpenTime(this.breaker.clock.now());
    this.unsubscribe();
    this.series.readers.delete(this.read);
  }

  private countOpenTime(untilMs: number): void {
    const openMs = untilMs - (this.openSinceMs ?? untilMs);
    // A counter throws on less than nothing, and that would fail the whole scrape.
    if (openMs > 0) this.series.openSeconds.untold += openMs / 1000;
  }

  /** An instant that people read, on the clock of intervals: never later than now. */
  private instantOf(at: number): number {
    const { clock } = this.breaker;
    return clock.now() - Math.max(0, clock.wallNow() - at);
  }
}
