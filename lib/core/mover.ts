import type { Clock } from './base/clock.js';
import { minutes } from './base/duration.js';
import { showError } from './base/text.js';
import type { RandomSource } from './base/random.js';
import { explainCircuit } from './explain.js';
import type { Explanation } from './model/explanation.js';
import type { CallNotPermittedException } from './model/exceptions.js';
import { metricSnapshot, Tally, type MetricSnapshot } from './model/metric.js';
import type { WindowStore } from './model/part.js';
import type { FaultSignal } from './model/signal.js';
import type { BreakerState, TransitionCause } from './model/state.js';
import type { Notifier } from './notifier.js';
import { DEFAULT_WINDOW, type Policy } from './options.js';
import {
  entryTo,
  mayMove,
  waitOf,
  type Circuit,
  type Entry,
  type ForcedOpen,
  type MetricsOnly,
} from './states.js';
import type { Settlement } from './ticket.js';

type Why = Explanation | null;

/** The wait when a user's retry gives none. */
const FAULTY_RETRY_WAIT_MS = minutes(1);

/**
 * move: which state now?
 *
 * Holds the state the circuit is in and what outlives a state. What a state decides once (its wait with
 * jitter, its end) is decided here, on entering it.
 */
export class Mover {
  circuit: Circuit;
  /** What moved it last; `null` as it was made. */
  cause: TransitionCause | null = null;
  /** half_open → open since the circuit was last closed; feeds the backoff. */
  reopens = 0;
  /** Failures in a row in this state. */
  failureStreak = 0;
  /** The last failure of this state. Told with the transition, then only its text is kept: an error can hold much. */
  lastFailure: Settlement | undefined;
  private olderFailureText: string | null = null;

  constructor(
    private readonly policy: Policy,
    private readonly clock: Clock,
    private readonly random: RandomSource,
    private readonly notifier: Notifier,
  ) {
    this.circuit = this.entered(
      entryTo(policy.initialState, () => this.newWindow()),
      clock.now(),
    );
  }

  toClosed(cause: TransitionCause, atMs: number): void {
    const from = this.circuit;
    const explanation = cause === 'tripper' ? this.explanation(atMs) : null;
    this.move(from, { state: 'closed', window: this.nextWindow() }, cause, atMs, explanation);
  }

  toOpen(cause: TransitionCause, atMs: number): void {
    const from = this.circuit;
    const reopens = from.state === 'half_open' ? this.reopens + 1 : this.reopens;
    const endsAtMs = atMs + this.waitMs(reopens);
    const explanation = this.explanation(atMs, from.state === 'half_open' && cause === 'tripper');
    this.move(from, { state: 'open', endsAtMs, explanation }, cause, atMs, explanation);
  }

  toHalfOpen(cause: TransitionCause, atMs: number): void {
    const tally = new Tally(this.policy.tripper.slowThresholdsMs);
    const endsAtMs = atMs + this.policy.maxHalfOpenMs;
    this.move(this.circuit, { state: 'half_open', tally, probes: [], endsAtMs }, cause, atMs);
  }

  toMetricsOnly(atMs: number): void {
    const from = this.circuit;
    const entry = { state: 'metrics_only', window: this.nextWindow(), wouldTrip: false } as const;
    this.move(from, entry, 'operator', atMs);
  }

  toDisabled(atMs: number): void {
    this.move(this.circuit, { state: 'disabled' }, 'operator', atMs);
  }

  toForcedOpen(atMs: number, forMs: number, operatorReason: string | undefined): void {
    const entry = { state: 'forced_open', endsAtMs: atMs + forMs, operatorReason } as const;
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
    const { lastFailure } = this;
    if (lastFailure === undefined) return this.olderFailureText;
    return 'error' in lastFailure ? showError(lastFailure.error) : 'a returned value (trackResult)';
  }

  /** A window at fault remembers nothing; no call feels it. */
  remember(window: WindowStore, atMs: number, durationMs: number, isFailure: boolean): void {
    try {
      window.record(atMs, durationMs, isFailure);
    } catch (error) {
      this.fault('window', error);
    }
  }

  /** Remembers a success of `admitter`, if that changes no figure; else does nothing. */
  repeatSuccess(admitter: object): boolean {
    const { circuit } = this;
    if (admitter !== circuit || circuit.state !== 'closed' || this.failureStreak > 0) return false;
    return circuit.window.repeat?.() === true;
  }

  /** An instant of the interval clock as people read it: whole epoch ms. */
  wallAt(atMs: number): number {
    return Math.round(this.clock.wallNow() - (this.clock.now() - atMs));
  }

  /** Something of the user's misbehaved: told, never felt by a call. */
  fault(source: FaultSignal['source'], error: unknown): void {
    this.notifier.tell('fault', () => ({ at: this.clock.wallNow(), source, error }));
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
      lastError: this.lastFailure?.error,
    }));
  }

  /** A call has ended, the `seq`th. One literal, because some listen to every call. */
  tellCall(
    seq: number,
    state: BreakerState,
    { outcome, error, isCancelled = false }: Settlement,
    durationMs: number,
    atMs: number,
    isRecorded: boolean,
  ): void {
    const at = this.wallAt(atMs);
    this.notifier.send({
      kind: 'call',
      ...this.notifier.origin,
      seq,
      at,
      state,
      outcome,
      durationMs,
      error,
      isCancelled,
      isRecorded,
    });
  }

  tellRejected(seq: number, { state, reason, retryAfterMs }: CallNotPermittedException): void {
    const { notifier, clock } = this;
    if (!notifier.hears('rejected')) return;
    notifier.send({
      kind: 'rejected',
      ...notifier.origin,
      seq,
      at: clock.wallNow(),
      state,
      reason,
      retryAfterMs,
    });
  }

  /** Runs something of the user's; `undefined` when it threw, and the fault is told. */
  guard<T>(source: FaultSignal['source'], run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.fault(source, error);
      return undefined;
    }
  }

  private move(from: Circuit, entry: Entry, cause: TransitionCause, atMs: number, why: Why = null): void {
    // A part of the user's that was asked meanwhile may have moved the circuit itself.
    if (this.circuit !== from || !mayMove(from.state, entry.state, cause)) return;
    const { policy, lastFailure } = this;
    const metric = this.figures(atMs);
    if (from.state === 'half_open' && entry.state === 'open') this.reopens++;
    if (entry.state === 'closed') this.reopens = 0;
    this.failureStreak = 0;
    this.olderFailureText = entry.state === 'closed' ? null : this.lastFailureText();
    this.lastFailure = undefined;
    this.cause = cause;
    const to = (this.circuit = this.entered(entry, atMs));
    const { operatorReason } = to as Partial<ForcedOpen>;
    this.notifier.tell('transition', () => ({
      at: to.changedAt,
      from: from.state,
      to: to.state,
      cause,
      rule: cause === 'retry' ? policy.rules.retry : policy.rules.tripper,
      explanation: why,
      metric,
      lastError: lastFailure?.error,
      reopens: this.reopens,
      retryAt: waitOf(to, atMs).retryAt,
      ...(operatorReason !== undefined && { operatorReason }),
    }));
  }

  private entered(entry: Entry, sinceMs: number): Circuit {
    return { ...entry, sinceMs, changedAt: this.wallAt(sinceMs) };
  }

  private newWindow(): WindowStore {
    return this.policy.window.create(this.policy.tripper.slowThresholdsMs);
  }

  /** While calls run a window at fault cannot be refused any more: the default one stands in for it. */
  private nextWindow(): WindowStore {
    const made = this.guard('window', () => this.newWindow());
    return made ?? DEFAULT_WINDOW.create(this.policy.tripper.slowThresholdsMs);
  }

  /** Drawn once, on opening; whole ms, so that the instant it ends can be told exactly. */
  private waitMs(reopens: number): number {
    const { random, policy, lastFailure } = this;
    const context = { reopens, random, lastError: lastFailure?.error };
    const waitMs = this.guard('retry', () => policy.retry.waitMs(context));
    // Nothing of one that threw, NaN of a random source gone astray: the circuit would be open for no time at all.
    return waitMs! >= 0 ? Math.ceil(waitMs!) : FAULTY_RETRY_WAIT_MS;
  }
}
