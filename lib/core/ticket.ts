import type { Clock, Timer } from './base/clock.js';
import type { Deadlines } from './base/deadlines.js';
import type { CallSite, Ending, Invocation, Lost } from './call-site.js';
import type { Classifier } from './classifier.js';
import type { CallNotPermittedException } from './model/exceptions.js';
import type { Settlement } from './model/outcome.js';
import type { TrackedCall } from './model/part.js';
import type { BreakerState } from './model/state.js';
import { Pending, type PendingCalls } from './pending.js';
import type { Stopwatch } from './stopwatch.js';

/**
 * One admitted call: settle it exactly once, whatever happens.
 *
 * Each method answers whether the outcome was recorded; `false` means it came too late (settled before,
 * or the state that admitted it is over), that the state records nothing, or that the call was made by a probe of
 * the same breaker, which decides for both. A probe that is never settled counts as failed when its lease is over.
 */
export interface Ticket {
  /** The call returned; the call site's `trackResult` may still make it a failure. */
  succeed(value?: unknown): boolean;
  /** The call threw; the call site's trackers decide whether that counts. */
  fail(error: unknown): boolean;
  /** The call was given up: it is ignored, and its slot is free. */
  release(): boolean;
}

/** The state that let a call in, as far as tickets and doors need it: is it over? */
export interface Admitter {
  readonly state: BreakerState;
  /** Its calls that are under way, where somebody looks for those that hang. */
  readonly underWay?: PendingCalls | undefined;
}

/** How nearly every call ends. */
export const SUCCESS: Settlement = Object.freeze({ outcome: 'success' });

/** The breaker, as tickets and doors see it. */
export interface Gate {
  readonly name: string;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly timeoutMs: number | undefined;
  /** How long a stream may be silent between two values. */
  readonly idleTimeoutMs: number | undefined;
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
  /** A call of its own: what an await of a thenable begins. */
  run(site: CallSite, begin: () => PromiseLike<unknown>, invocation: Invocation): Promise<unknown>;
  readonly counts: { admitted: number };
  /** It was no call after all. */
  withdraw(ticket: CallTicket): void;
  /** It gave an Observable: ignored, unless somebody subscribes. @returns takes that back, for the first who does. */
  shelve(ticket: CallTicket): () => void;
  /** Says that a fallback is about to stand in for a call that ended so. */
  tellFallback(outcome: Lost, error: unknown): void;
}

/** The ticket as the engine sees it. */
export class CallTicket extends Pending implements Ticket {
  isSettled = false;
  /** It keeps its slot while it probes, and is not among the calls in flight. */
  isParked = false;
  /** How it ends when its lease is over, if not as a failure. */
  atLapse: Settlement | undefined;
  /** How the call's own limits ended it, if they did. */
  ending: Ending | undefined;
  /** What may end the call, where something may: it knows whether a signal of it has aborted. */
  limits: { readonly known: TrackedCall | undefined } | undefined;
  /** It is settled, or the state that let it in is over. */
  isOver = false;
  /** Called once, when it is over. */
  onOver: (() => void) | undefined;

  constructor(
    protected readonly gate: Gate,
    readonly site: CallSite,
    /** The state that admitted it: its generation. */
    readonly circuit: Admitter,
    /** `undefined`: nobody times it. */
    readonly admittedAtMs: number | undefined,
    /** From when on a probe counts as failed. */
    public leaseEndsAtMs: number,
  ) {
    super(admittedAtMs!); // Where nobody times calls, nobody looks for those that hang.
  }

  /** What trackers are told of the call. */
  get known(): TrackedCall | undefined {
    return this.limits?.known;
  }

  /** A stream gave a value: it lives, so its lease starts anew. Not while a timer ends the call: it has none then. */
  renew(): void {
    this.unlist();
    if (this.circuit.state !== 'half_open' || this.leaseEndsAtMs === Infinity) return;
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

  /** How long the call has taken until now; `undefined` where nobody times it. */
  sofarMs(): number | undefined {
    return this.admittedAtMs === undefined ? undefined : this.gate.clock.now() - this.admittedAtMs;
  }

  succeed(value?: unknown): boolean {
    return this.succeedAfter(undefined, value);
  }

  /** The same for a call that took so long, whatever the time is now. */
  succeedAfter(durationMs: number | undefined, value?: unknown): boolean {
    if (this.isSettled) return false;
    const { classifier } = this.gate;
    const isJudged = classifier.judgesValues(this.site);
    if (!isJudged && durationMs === undefined) return this.settle(SUCCESS);
    const outcome = isJudged ? classifier.value(value, this.site) : 'success';
    return this.settle({ outcome, value, durationMs });
  }

  fail(error: unknown): boolean {
    if (this.isSettled) return false;
    return this.settle({ outcome: this.gate.classifier.error(error, this.site, this.known), error });
  }

  release(): boolean {
    return this.settle({ outcome: 'ignored', isCancelled: true });
  }

  /** Nothing it does decides anything any more. */
  leave(): void {
    this.unlist();
    if (this.isOver) return;
    this.isOver = true;
    this.onOver?.();
  }

  /** Its limits or its caller end it: whatever the task does now is dropped. */
  cut(settlement: Settlement): void {
    this.ending = settlement.isCancelled === true ? 'cancelled' : settlement.outcome;
    this.settle(settlement);
  }

  settle(settlement: Settlement): boolean {
    return this.gate.settle(this, settlement);
  }

  /** Nobody has begun to await or read what the call gave: it is no call until somebody does. */
  park(atLapse: Settlement): void {
    this.atLapse = atLapse;
    if (this.isSettled || this.isParked) return;
    this.isParked = true;
    this.unlist();
    this.gate.counts.admitted--;
  }

  /** Somebody has, or it is settled after all. */
  unpark(): void {
    this.atLapse = undefined;
    if (!this.isParked) return;
    this.isParked = false;
    this.gate.counts.admitted++;
    const { underWay } = this.circuit;
    if (underWay === undefined) return;
    this.sinceMs = this.gate.clock.now();
    underWay.add(this);
  }

  /** It does not hang: it is over, it gave a value, or nobody waits for it. */
  private unlist(): void {
    if (this.isListed) this.circuit.underWay?.remove(this);
  }

  /** See `Gate.withdraw`. */
  withdraw(): void {
    this.gate.withdraw(this);
  }

  /** See `Gate.shelve`. */
  shelve(): () => void {
    return this.gate.shelve(this);
  }
}

/** Lets nobody in. */
const NO_STATE: Admitter = Object.freeze({ state: 'disabled' });

/** Of a call that a probe of the same breaker makes: it takes no place and leaves no record. */
export class CompanionTicket extends CallTicket {
  constructor(gate: Gate, site: CallSite, nowMs: number) {
    super(gate, site, NO_STATE, nowMs, Infinity);
  }

  override renew(): void {}

  override settle(): boolean {
    this.isSettled = true;
    return false;
  }

  override park(): void {}

  override unpark(): void {}

  override withdraw(): void {}

  override shelve(): () => void {
    return () => undefined;
  }
}
