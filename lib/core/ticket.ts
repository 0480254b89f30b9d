import type { Clock, Timer } from './base/clock.js';
import type { Deadlines } from './base/deadlines.js';
import type { CallSite, Ending, Lost } from './call-site.js';
import type { Classifier } from './classifier.js';
import type { CallNotPermittedException } from './model/exceptions.js';
import type { Settlement } from './model/outcome.js';
import type { BreakerState } from './model/state.js';
import type { Stopwatch } from './stopwatch.js';

/**
 * One admitted call: settle it exactly once, whatever happens.
 *
 * Each method answers whether the outcome was recorded; `false` means it came too late (settled before,
 * or the state that admitted it is over) or that the state records nothing. A probe that is never
 * settled counts as failed when its lease is over.
 */
export interface Ticket {
  /** The call returned; the call site's `trackResult` may still make it a failure. */
  succeed(value?: unknown): boolean;
  /** The call threw; the call site's tracker decides whether that counts. */
  fail(error: unknown): boolean;
  /** The call was given up: it is ignored, and its slot is free. */
  release(): boolean;
}

/** The state that let a call in, as far as tickets and doors need it: is it over? */
export interface Admitter {
  readonly state: BreakerState;
}

/** How nearly every call ends. */
export const SUCCESS: Settlement = Object.freeze({ outcome: 'success' });

/** The breaker, as tickets and doors see it. */
export interface Gate {
  readonly name: string;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly timeoutMs: number | undefined;
  /** How long a probe may take that no timer ends. */
  readonly leaseMs: number;
  /** The same, where the user gave it: then a timer changes nothing about it. */
  readonly probeLeaseMs: number | undefined;
  /** How long a stream may be silent while it probes. */
  readonly streamLeaseMs: number;
  /** @throws CallNotPermittedException */
  admit(site: CallSite): CallTicket;
  /** The same, but the error is returned. */
  ask(site: CallSite): CallTicket | CallNotPermittedException;
  readonly stopwatch: Stopwatch;
  readonly classifier: Classifier;
  settle(ticket: CallTicket, settlement: Settlement): boolean;
  /** Says that a fallback is about to stand in for a call that ended so. */
  tellFallback(outcome: Lost, error: unknown): void;
}

/** The ticket as the engine sees it. */
export class CallTicket implements Ticket {
  isSettled = false;
  /** How the call's own limits ended it, if they did. */
  ending: Ending | undefined;

  constructor(
    private readonly gate: Gate,
    readonly site: CallSite,
    /** The state that admitted it: its generation. */
    readonly circuit: Admitter,
    /** `undefined`: nobody times it. */
    readonly admittedAtMs: number | undefined,
    /** From when on a probe counts as failed. */
    public leaseEndsAtMs: number,
  ) {}

  /** A stream gave a value: it lives, so its lease starts anew. */
  renew(): void {
    if (this.circuit.state !== 'half_open') return;
    const nowMs = this.gate.clock.now();
    if (nowMs < this.leaseEndsAtMs) this.leaseEndsAtMs = nowMs + this.gate.streamLeaseMs;
  }

  /**
   * Calls `run`, which ends the call, `delayMs` from now. While it is set, a probe ends by it, and not by a lease that
   * stands in for a time-out: its answer may be there, and a blocked loop has not read it yet.
   */
  setTimer(run: () => void, delayMs: number): Timer {
    const { gate } = this;
    const timer = gate.deadlines.set(gate.clock, run, delayMs);
    if (this.circuit.state !== 'half_open' || gate.probeLeaseMs !== undefined) return timer;
    this.leaseEndsAtMs = Infinity;
    const cancel = (): void => {
      timer.cancel();
      this.leaseEndsAtMs = gate.clock.now() + gate.leaseMs;
    };
    return { cancel };
  }

  succeed(value?: unknown): boolean {
    if (this.isSettled) return false;
    const { classifier } = this.gate;
    return this.settle(
      !classifier.judgesValues(this.site) ? SUCCESS : { outcome: classifier.value(value, this.site) },
    );
  }

  /** A stream is over: judged by its last value, if it had one. */
  end(last: { readonly value: unknown } | undefined): void {
    if (last === undefined) this.settle({ outcome: 'success' });
    else this.succeed(last.value);
  }

  fail(error: unknown): boolean {
    if (this.isSettled) return false;
    return this.settle({ outcome: this.gate.classifier.error(error, this.site), error });
  }

  release(): boolean {
    return this.settle({ outcome: 'ignored', isCancelled: true });
  }

  /** Its timeout or its caller ends it: whatever the task does now is dropped. */
  cut(settlement: Settlement): void {
    this.ending = settlement.isCancelled === true ? 'cancelled' : settlement.outcome;
    this.settle(settlement);
  }

  settle(settlement: Settlement): boolean {
    return this.gate.settle(this, settlement);
  }
}
