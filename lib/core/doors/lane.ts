import type { Clock } from '../base/clock.js';
import { NO_INVOCATION, type CallSite, type Ending, type Invocation } from '../call-site.js';
import { knownBy } from '../classifier.js';
import { era } from '../era.js';
import { isRejectionOf } from '../model/exceptions.js';
import type { Settlement } from '../model/outcome.js';
import type { Mover } from '../mover.js';
import type { Seat } from '../seat.js';
import type { Closed } from '../states.js';
import type { Stopwatch } from '../stopwatch.js';
import { CallTicket, SUCCESS, type Admitter, type Gate } from '../ticket.js';
import type { Call } from './call.js';
import { goOn, resolvedKind } from './given.js';
import type { Kind } from './kind.js';
import { Limits } from './limits.js';
import { recover, rejecting } from './recover.js';
import type { PendingCalls, TimedCalls } from '../pending.js';

/** The breaker, as calls see it that need no ticket. */
export interface OpenGate extends Gate {
  readonly seat: Seat | undefined;
  /** Lets a call pass a closed circuit without a ticket; `undefined` where it needs one. */
  pass(site: CallSite): Lane | undefined;
  /** Such a call is over. The times are there where somebody looks at them. */
  passed(admitter: Admitter, settlement: Settlement, startedMs?: number, atMs?: number): void;
}

const { then } = Promise.prototype;

/**
 * The way of one place of call through a closed circuit: what every call would have to ask is asked once, when it is
 * opened. Its calls differ in nothing but their start, so they share their reactions. It has itself what a call
 * touches: in a server nothing is in the caches any more when the next request comes.
 */
export class Lane {
  private readonly era = era.current;
  private readonly period: number;
  private readonly seat: Seat | undefined;
  private readonly clock: Clock;
  /** May its method give a promise that has methods of its own? */
  readonly mayGiveSpecial: boolean;
  readonly hasFallback: boolean;
  private readonly stopwatch: Stopwatch;
  /** Is each call timed, not one now and then? */
  private readonly isTimed: boolean;
  /** A value that is no stream is a success, whatever it says. */
  private readonly takesValues: boolean;
  /** Those under way that a time limit may end. */
  readonly timed: TimedCalls | undefined;
  /** Those under way, where the rule looks for calls that hang. */
  readonly underWay: PendingCalls | undefined;
  /** May a time limit end what its sync calls give? */
  readonly isLimited: boolean;

  constructor(
    readonly gate: OpenGate,
    readonly site: CallSite,
    /** The state that lets its calls in. */
    readonly circuit: Closed,
    private readonly mover: Pick<Mover, 'policy' | 'failures'>,
    readonly counts: { admitted: number; success: number; failure: number },
  ) {
    this.period = circuit.period;
    this.seat = gate.seat;
    this.clock = gate.clock;
    this.mayGiveSpecial = site.method?.isAsync === false;
    this.hasFallback = site.fallback !== undefined;
    this.stopwatch = gate.stopwatch;
    this.isTimed = gate.stopwatch.isNeeded;
    this.takesValues = !gate.classifier.judgesValues(site);
    this.timed = circuit.timed;
    this.underWay = circuit.underWay;
    this.isLimited = gate.timeoutMs !== undefined || gate.idleTimeoutMs !== undefined;
  }

  /** Does something else than its task need to know of each call that is under way? */
  get isWatched(): boolean {
    return this.timed !== undefined || this.underWay !== undefined;
  }

  /** May calls still go by it: is all that was asked for it still true? */
  get isOpen(): boolean {
    return this.period === this.circuit.period && this.era === era.current;
  }

  /** May there be somebody to tell how long a call took? */
  get mayBeHeard(): boolean {
    return this.isTimed || !this.isOpen;
  }

  /** The time at which a call starts; `undefined` when it is not timed. */
  start(): number | undefined {
    if (this.isTimed) return this.clock.now();
    // Not by the stopwatch: a call that is not timed does without it.
    return --this.circuit.untilTimed > 0 ? undefined : this.stopwatch.start(this.circuit);
  }

  /** What the caller gets of a call that gave this promise. The call is there where its signal was asked for. */
  follow(
    given: Promise<unknown>,
    startedMs: number | undefined,
    invocation: Invocation,
    call?: Call,
  ): Promise<unknown> {
    if (startedMs !== undefined || invocation !== NO_INVOCATION || call !== undefined) {
      return followAlone(this, given, startedMs, invocation, call);
    }
    // Not given.then(): a promise may have a method of its own.
    return then.call(given, this.onValue, this.onError);
  }

  private readonly onValue = (value: unknown): unknown => {
    const isPlain = this.takesValues && this.isOpen && resolvedKind(this.site, value) === 'value';
    return isPlain && this.succeedsAgain() ? value : resolved(this, undefined, value, NO_INVOCATION);
  };

  /** A call that takes the place of one that ended alike changes no count, so no verdict: 60 ns saved, 100 of a failure. */
  again(ending: Settlement, durationMs?: number, atMs?: number): boolean {
    if (ending.outcome === 'success') return this.succeedsAgain(durationMs, atMs);
    return ending.outcome === 'failure' && this.failsAgain(ending, durationMs, atMs);
  }

  private succeedsAgain(durationMs?: number, atMs?: number): boolean {
    const { circuit } = this;
    if (!circuit.isCalm || circuit.window.repeat?.(false, durationMs) !== true) return false;
    circuit.failureStreak = 0;
    this.counts.success++;
    this.tellSeat(atMs);
    return true;
  }

  private failsAgain(ending: Settlement, durationMs?: number, atMs?: number): boolean {
    const { circuit, mover } = this;
    if (!circuit.isCalm || circuit.failureStreak + 1 >= mover.policy.tripper.sees.leastStreak) return false;
    if (circuit.window.repeat?.(true, durationMs) !== true) return false;
    circuit.failureStreak++;
    mover.failures.note(ending);
    this.counts.failure++;
    this.tellSeat(atMs);
    return true;
  }

  private tellSeat(atMs?: number): void {
    this.seat?.touch(atMs ?? this.clock.now());
  }

  private readonly onError = (error: unknown): unknown => failed(this, undefined, error, NO_INVOCATION);
}

/** The lane that was opened last for this place of call. */
export const lastLaneOf = (site: CallSite): Lane | undefined => site.lane as Lane | undefined;

/** For a call that is timed, has a signal, or a fallback that wants what it was given. */
function followAlone(
  lane: Lane,
  given: Promise<unknown>,
  startedMs: number | undefined,
  invocation: Invocation,
  call: Call | undefined,
): Promise<unknown> {
  return then.call(
    given,
    (value) => resolved(lane, startedMs, value, invocation, call),
    (error) => failed(lane, startedMs, error, invocation, call?.askedSignal),
  );
}

/** What the promise of a call gave: a stream goes on as the call, anything else is its end. */
export function resolved(
  lane: Lane,
  startedMs: number | undefined,
  value: unknown,
  invocation: Invocation,
  call?: Call,
  signal?: AbortSignal,
): unknown {
  const kind = resolvedKind(lane.site, value);
  return kind === 'value'
    ? succeeded(lane, startedMs, value)
    : goesOn(lane, startedMs, kind, value, invocation, call, signal);
}

/** What was given goes on as the call: with a ticket, since it may end otherwise than the others. */
export function goesOn(
  lane: Lane,
  startedMs: number | undefined,
  kind: Exclude<Kind, 'value'>,
  value: unknown,
  invocation: Invocation,
  call?: Call,
  signal?: AbortSignal,
): unknown {
  const { gate, site, circuit } = lane;
  const ticket = new CallTicket(gate, site, circuit, startedMs, Infinity);
  circuit.underWay?.add(ticket);
  const limits = new Limits(gate, ticket, signal, call);
  limits.heed();
  return goOn(gate, limits, kind, value, invocation);
}

export function succeeded(lane: Lane, startedMs: number | undefined, value: unknown): unknown {
  const { classifier } = lane.gate;
  const { site } = lane;
  const isJudged = classifier.judgesValues(site);
  settle(lane, startedMs, isJudged ? { outcome: classifier.value(value, site), value } : SUCCESS);
  return value;
}

export function failed(
  lane: Lane,
  startedMs: number | undefined,
  error: unknown,
  invocation: Invocation,
  signal?: AbortSignal,
): PromiseLike<unknown> {
  const { gate, site } = lane;
  const ending = settleError(lane, startedMs, error, signal);
  return lane.hasFallback ? recover(gate, site, error, ending, invocation) : rejecting(error);
}

/**
 * @param signal that of the caller, or the one that the task asked for
 * @returns how the call ended, for the fallback.
 */
export function settleError(
  lane: Lane,
  startedMs: number | undefined,
  error: unknown,
  signal?: AbortSignal,
): Ending {
  const { gate, site } = lane;
  const outcome = gate.classifier.error(error, site, knownBy(signal));
  settle(lane, startedMs, { outcome, error });
  // A nested call of the same breaker that was not let in: for the fallback this one was not either.
  return outcome === 'ignored' && isRejectionOf(gate.name, error) ? 'rejected' : outcome;
}

export function settle(lane: Lane, startedMs: number | undefined, ending: Settlement): void {
  const { gate, circuit } = lane;
  const atMs = gate.stopwatch.end(startedMs, circuit);
  const timedMs = gate.stopwatch.measured(startedMs, atMs, ending, circuit);
  const durationMs = timedMs === undefined ? undefined : atMs! - timedMs;
  const isTold = durationMs !== undefined && lane.mayBeHeard;
  if (isTold || !lane.again(ending, durationMs, atMs)) gate.passed(circuit, ending, timedMs, atMs);
}
