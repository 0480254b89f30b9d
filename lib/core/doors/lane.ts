import type { CallSite, Ending, Invocation } from '../call-site.js';
import { NO_INVOCATION } from '../call-site.js';
import { era } from '../era.js';
import { isRejectionOf } from '../model/exceptions.js';
import type { Settlement } from '../model/outcome.js';
import type { Closed } from '../states.js';
import { CallTicket, SUCCESS, type Gate } from '../ticket.js';
import { continueAsStream, isStream } from './observable.js';
import { recover, rejecting } from './recover.js';

/** Sees how a call ends, and gives nothing. */
interface Witness {
  readonly onValue: (value: unknown) => void;
  readonly onError: (error: unknown) => void;
}

const { then } = Promise.prototype;

/**
 * The way of one place of call through a closed circuit: what every call would have to ask is asked once, when it is
 * opened. Its calls differ in nothing but their start, so they share their reactions.
 */
export class Lane {
  private readonly era = era.current;
  /** Is each call timed, not one now and then? */
  private readonly isTimed: boolean;
  /** A value that is no stream is a success, whatever it says. */
  private readonly takesValues: boolean;
  /** Looks on while the next call's end goes to the caller by itself; there after a failure, until a success. */
  private witness: Witness | undefined;

  constructor(
    readonly gate: Gate,
    readonly site: CallSite,
    /** The state that lets its calls in. */
    readonly circuit: Closed,
    private readonly mover: { readonly calm: Closed | undefined },
    private readonly counts: { success: number },
  ) {
    this.isTimed = gate.stopwatch.isNeeded;
    this.takesValues = !gate.classifier.judgesValues(site);
  }

  /** Was anything asked for it that may have changed, but for the state? */
  get isOfThisEra(): boolean {
    return this.era === era.current;
  }

  /** The time at which a call starts; `undefined` when it is not timed. */
  start(): number | undefined {
    const { clock, stopwatch } = this.gate;
    if (this.isTimed) return clock.now();
    return stopwatch.isDue() ? stopwatch.start() : undefined;
  }

  /** What the caller gets of a call that gave this promise. */
  follow(given: Promise<unknown>, startedMs: number | undefined, invocation: Invocation): Promise<unknown> {
    if (startedMs !== undefined || invocation !== NO_INVOCATION) {
      return followAlone(this, given, startedMs, invocation);
    }
    // Not given.then(): a promise may have a method of its own.
    if (this.witness === undefined) return then.call(given, this.onValue, this.onError);
    return followBeside(given, this.witness);
  }

  private readonly onValue = (value: unknown): unknown => {
    const isPlain = this.takesValues && this.isOfThisEra && !(this.site.followsStreams && isStream(value));
    return isPlain && this.again() ? value : succeeded(this, undefined, value, NO_INVOCATION);
  };

  /** A success that takes the place of another changes no figure, so no verdict: 60 ns saved. */
  again(): boolean {
    const { circuit, gate } = this;
    if (this.mover.calm !== circuit || circuit.window.repeat?.() !== true) return false;
    gate.seat?.touch(gate.clock.now());
    this.counts.success++;
    return true;
  }

  private readonly onError = (error: unknown): unknown => {
    this.witness = this.newWitness();
    return failed(this, undefined, error, NO_INVOCATION);
  };

  /** Where something else than the task's own end may be the caller's, a look is not enough. */
  private newWitness(): Witness | undefined {
    if (this.site.fallback !== undefined || this.site.followsStreams) return undefined;
    return {
      onValue: (value) => {
        this.witness = undefined;
        succeeded(this, undefined, value, NO_INVOCATION);
      },
      onError: (error) => {
        settleError(this, undefined, error);
      },
    };
  }
}

/** A second reaction on every call costs less than to reject anew after each failure. */
function followBeside(given: Promise<unknown>, { onValue, onError }: Witness): Promise<unknown> {
  void then.call(given, onValue, onError);
  return then.call(given);
}

/** For a call that is timed, or has a fallback that wants what it was given. */
function followAlone(
  lane: Lane,
  given: Promise<unknown>,
  startedMs: number | undefined,
  invocation: Invocation,
): Promise<unknown> {
  return then.call(
    given,
    (value) => succeeded(lane, startedMs, value, invocation),
    (error) => failed(lane, startedMs, error, invocation),
  );
}

/** The stream that was returned is the call; anything else is its end. */
export function succeeded(
  lane: Lane,
  startedMs: number | undefined,
  value: unknown,
  invocation: Invocation,
): unknown {
  const { gate, site, circuit } = lane;
  if (site.followsStreams && isStream(value)) {
    const ticket = new CallTicket(gate, site, circuit, startedMs, Infinity);
    return continueAsStream(gate, ticket, value, invocation);
  }
  if (gate.classifier.judgesValues(site)) {
    settle(lane, startedMs, { outcome: gate.classifier.value(value, site) });
    return value;
  }
  const timedMs = gate.stopwatch.measured(startedMs, SUCCESS);
  if (timedMs !== undefined || !lane.again()) gate.passed(circuit, SUCCESS, timedMs);
  return value;
}

export function failed(
  lane: Lane,
  startedMs: number | undefined,
  error: unknown,
  invocation: Invocation,
): PromiseLike<unknown> {
  const { gate, site } = lane;
  const ending = settleError(lane, startedMs, error);
  return site.fallback === undefined ? rejecting(error) : recover(gate, site, error, ending, invocation);
}

/** @returns how the call ended, for the fallback. */
export function settleError(lane: Lane, startedMs: number | undefined, error: unknown): Ending {
  const { gate, site } = lane;
  const outcome = gate.classifier.error(error, site);
  settle(lane, startedMs, { outcome, error });
  // A nested call of the same breaker that was not let in: for the fallback this one was not either.
  return outcome === 'ignored' && isRejectionOf(gate.name, error) ? 'rejected' : outcome;
}

function settle({ gate, circuit }: Lane, startedMs: number | undefined, settlement: Settlement): void {
  gate.passed(circuit, settlement, gate.stopwatch.measured(startedMs, settlement));
}
