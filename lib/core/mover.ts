import type { Clock } from './base/clock.js';
import { instantAfter } from './base/instant.js';
import { isSameList } from './base/list.js';
import type { RandomSource } from './base/random.js';
import { explainCircuit } from './explain.js';
import { Failures } from './failures.js';
import type { Explanation } from './model/explanation.js';
import { metricSnapshot, Tally, type MetricSnapshot } from './model/metric.js';
import type { WindowStore } from './model/part.js';
import type { TransitionCause } from './model/state.js';
import type { Notifier } from './notifier.js';
import { PendingCalls } from './pending.js';
import { DEFAULT_WINDOW, type Policy } from './options.js';
import {
  closedWith,
  enteredAt,
  entryTo,
  halfOpenWith,
  mayMove,
  metricsOnlyWith,
  waitOf,
  type Circuit,
  type Entry,
  type ForcedOpen,
  type MetricsOnly,
  type Open,
  type Past,
} from './states.js';
import { Teller } from './teller.js';
import { drawWait, type DrawnWait } from './wait.js';

type Why = Explanation | null;

/**
 * move: which state now?
 *
 * Holds the state the circuit is in and what outlives a state. What a state decides once (its wait with
 * jitter, its end) is decided here, on entering it.
 */
export class Mover extends Teller {
  circuit: Circuit;
  /** What moved it last; `null` as it was made. */
  cause: TransitionCause | null = null;
  /** half_open → open since the circuit was last closed; feeds the backoff. */
  reopens = 0;
  readonly failures = new Failures();

  constructor(
    public policy: Policy,
    clock: Clock,
    private readonly random: RandomSource,
    notifier: Notifier,
  ) {
    super(clock, notifier);
    this.circuit = this.entered(
      entryTo(policy.initialState, () => this.newWindow()),
      clock.now(),
    );
    this.watch();
  }

  /** Failures in a row in this state. */
  get failureStreak(): number {
    const { circuit } = this;
    return 'failureStreak' in circuit ? circuit.failureStreak : 0;
  }

  toClosed(cause: TransitionCause, atMs: number): void {
    const from = this.circuit;
    const explanation = cause === 'tripper' ? this.explanation(atMs) : null;
    this.move(from, closedWith(this.nextWindow()), cause, atMs, explanation);
  }

  toOpen(cause: TransitionCause, atMs: number): void {
    const from = this.circuit;
    const reopens = from.state === 'half_open' ? this.reopens + 1 : this.reopens;
    const { waitMs, waitSource } = this.wait(reopens);
    const endsAtMs = instantAfter(atMs, waitMs);
    const explanation = this.explanation(atMs, cause === 'tripper');
    this.move(from, { state: 'open', endsAtMs, waitSource, explanation }, cause, atMs, explanation);
  }

  toHalfOpen(cause: TransitionCause, atMs: number): void {
    const tally = new Tally(this.policy.tripper.slowThresholdsMs);
    const endsAtMs = instantAfter(atMs, this.policy.maxHalfOpenMs);
    this.move(this.circuit, halfOpenWith(tally, endsAtMs), cause, atMs);
  }

  toMetricsOnly(atMs: number): void {
    this.move(this.circuit, metricsOnlyWith(this.nextWindow()), 'operator', atMs);
  }

  toDisabled(atMs: number): void {
    this.move(this.circuit, { state: 'disabled' }, 'operator', atMs);
  }

  toForcedOpen(atMs: number, forMs: number, operatorReason: string | undefined): void {
    const endsAtMs = instantAfter(atMs, forMs);
    const entry = { state: 'forced_open', endsAtMs, operatorReason } as const;
    this.move(this.circuit, entry, 'operator', atMs);
  }

  /** The figures of the state the circuit is in; states that record nothing have none. */
  figures(nowMs: number): MetricSnapshot {
    const { circuit } = this;
    const { slowThresholdsMs } = this.policy.tripper;
    if (circuit.state === 'half_open') return circuit.tally.toJSON();
    const figures =
      'window' in circuit
        ? this.guard('window', () => metricSnapshot(circuit.window.metric(nowMs), slowThresholdsMs))
        : undefined;
    return figures ?? new Tally(slowThresholdsMs).toJSON();
  }

  /** What the rule says of the state the circuit is in, and why. Asks the user's trippers. */
  explanation(nowMs: number, isProbeBad = false): Why {
    return explainCircuit(this.policy.tripper, this, nowMs, isProbeBad);
  }

  /** `Name: message` of the last failure since the circuit was last closed, on one line. */
  lastFailureText(): string | null {
    return this.failures.text((error) => this.show(error));
  }

  /**
   * The rules from now on. The state stays, and so does what it remembers where that fits.
   *
   * @throws what a window at fault throws; then nothing has changed.
   */
  adopt(policy: Policy, isWindowKept: boolean): void {
    const { circuit } = this;
    const { slowThresholdsMs } = policy.tripper;
    if ('window' in circuit && !isWindowKept) circuit.window = policy.window.create(slowThresholdsMs);
    if (circuit.state === 'half_open' && !isSameList(circuit.tally.slowThresholdsMs, slowThresholdsMs)) {
      circuit.tally = new Tally(slowThresholdsMs);
    }
    this.policy = policy;
    if (circuit.state === 'closed') circuit.timed = undefined; // Those under way keep the limit they began with.
    this.watch();
    this.askAnew();
  }

  /** What was asked once for many calls of a state may be true no more. */
  askAnew(): void {
    const { circuit } = this;
    if (circuit.state !== 'closed') return;
    circuit.period++;
    circuit.isCalm = false;
    circuit.untilTimed = 1;
  }

  /** Goes on where another one stopped; listeners hear of it if that is another state. */
  goOnFrom({ circuit, reopens, lastError: savedError }: Past, atMs: number): void {
    const { circuit: from, failures } = this;
    const lastError = failures.error;
    const metric = this.figures(atMs);
    this.enter(circuit);
    this.reopens = reopens;
    failures.recall(savedError);
    this.cause = 'restore';
    if (from.state !== circuit.state) this.tellMoved(from, 'restore', metric, lastError, atMs, null);
  }

  /** metrics_only: tells each crossing of the tripper's verdict; nothing moves. */
  judgedOnly(circuit: MetricsOnly, isTooBad: boolean, atMs: number): void {
    if (circuit.wouldTrip === isTooBad) return;
    const explanation = this.explanation(atMs);
    // It asked the user's tripper, which may have called the breaker.
    if (this.circuit !== circuit || circuit.wouldTrip === isTooBad) return;
    circuit.wouldTrip = isTooBad;
    this.notifier.tell('wouldTrip', () => ({
      at: this.wallAt(atMs),
      wouldTrip: isTooBad,
      rule: this.policy.rules.tripper,
      explanation,
      metric: this.figures(atMs),
      lastError: this.failures.error,
    }));
  }

  private move(from: Circuit, entry: Entry, cause: TransitionCause, atMs: number, why: Why = null): void {
    // A part of the user's that was asked meanwhile may have moved the circuit itself.
    if (this.circuit !== from || !mayMove(from.state, entry.state, cause)) return;
    const lastError = this.failures.error;
    const metric = this.figures(atMs);
    if (from.state === 'half_open' && entry.state === 'open') this.reopens++;
    if (entry.state === 'closed') this.reopens = 0;
    this.failures.leave(entry.state === 'closed');
    this.cause = cause;
    this.enter(this.entered(entry, atMs));
    this.tellMoved(from, cause, metric, lastError, atMs, why);
  }

  private tellMoved(
    from: Circuit,
    cause: TransitionCause,
    metric: MetricSnapshot,
    lastError: unknown,
    atMs: number,
    why: Why,
  ): void {
    const { circuit: to, policy, reopens } = this;
    const { operatorReason, waitSource } = to as Partial<ForcedOpen & Open>;
    this.notifier.tell('transition', () => ({
      at: cause === 'restore' ? this.wallAt(atMs) : to.changedAt,
      from: from.state,
      to: to.state,
      cause,
      rule: cause === 'retry' ? policy.rules.retry : policy.rules.tripper,
      explanation: why,
      metric,
      lastError,
      reopens,
      retryAt: waitOf(to, atMs).retryAt,
      ...(operatorReason !== undefined && { operatorReason }),
      ...(waitSource !== undefined && { waitSource }),
    }));
  }

  private enter(circuit: Circuit): void {
    this.askAnew(); // The lanes of the state that is over.
    const { circuit: from } = this;
    this.circuit = circuit;
    this.watch();
    if (from.state === 'half_open') for (const probe of from.probes) probe.leave();
  }

  /** Keeps the calls under way in view where the rule looks for those that hang, and no longer than that. */
  private watch(): void {
    const { circuit } = this;
    const isWatched = this.policy.tripper.sees.leastHungMs < Infinity;
    if ('underWay' in circuit)
      circuit.underWay = isWatched ? (circuit.underWay ?? new PendingCalls()) : undefined;
  }

  private entered(entry: Entry, sinceMs: number): Circuit {
    return enteredAt(entry, { sinceMs, changedAt: this.wallAt(sinceMs) });
  }

  private newWindow(): WindowStore {
    return this.policy.window.create(this.policy.tripper.slowThresholdsMs);
  }

  /** While calls run a window at fault cannot be refused any more: the default one stands in for it. */
  private nextWindow(): WindowStore {
    const made = this.guard('window', () => this.newWindow());
    return made ?? DEFAULT_WINDOW.create(this.policy.tripper.slowThresholdsMs);
  }

  private wait(reopens: number): DrawnWait {
    const { random, policy, failures, clock } = this;
    const { error: lastError, result: lastResult } = failures;
    const context = { reopens, random, lastError, lastResult, wallNow: clock.wallNow() };
    return drawWait(policy.retry, context, (source, run) => this.guard(source, run));
  }
}
