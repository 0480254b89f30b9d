import { showError } from './base/error-text.js';
import type { Clock } from './base/clock.js';
import type { CallNotPermittedException } from './model/exceptions.js';
import type { WindowStore } from './model/part.js';
import type { FallbackSignal, FaultSignal } from './model/signal.js';
import type { BreakerState } from './model/state.js';
import type { Notifier } from './notifier.js';
import type { Settlement } from './model/outcome.js';

/** What is told of calls, and of parts of the user's that misbehave: no call feels those. */
export class Teller {
  /** Told once, until it works again: whoever hears of it may ask for what fails. */
  private isRedactAtFault = false;

  constructor(
    protected readonly clock: Clock,
    protected readonly notifier: Notifier,
  ) {}

  /** An instant of the interval clock as people read it: whole epoch ms. */
  wallAt(atMs: number): number {
    return Math.round(this.clock.wallNow() - (this.clock.now() - atMs));
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

  tellFallback(state: BreakerState, outcome: FallbackSignal['outcome'], error: unknown): void {
    this.notifier.tell('fallback', () => ({ at: this.clock.wallNow(), state, outcome, error }));
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

  /** Something of the user's misbehaved: told, never felt by a call. */
  fault(source: FaultSignal['source'], error: unknown): void {
    this.notifier.tell('fault', () => ({ at: this.clock.wallNow(), source, error }));
  }

  /** An error as text, as far as it may be shown. Never throws. */
  show(error: unknown): string {
    const wasAtFault = this.isRedactAtFault;
    this.isRedactAtFault = false;
    return showError(error, this.notifier.redact, (fault) => {
      this.isRedactAtFault = true;
      if (!wasAtFault) this.fault('redact', fault);
    });
  }

  /** A window at fault remembers nothing; no call feels it. */
  remember(window: WindowStore, atMs: number, durationMs: number, isFailure: boolean): void {
    try {
      window.record(atMs, durationMs, isFailure);
    } catch (error) {
      this.fault('window', error);
    }
  }
}
