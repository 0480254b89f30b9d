import { whenAborted } from '../base/abort.js';
import { leaveAlone } from '../base/promise.js';
import type { Invocation } from '../call-site.js';
import type { Settlement } from '../model/outcome.js';
import { Pending, TimedCall } from '../pending.js';
import { askedCall, Call, start, startFunction, type CallContext, type Callee } from './call.js';
import { isSpecialPromise } from './kind.js';
import { failed, goesOn, resolved, settle, type Lane } from './lane.js';
import { abortedBy, timedOut } from './limits.js';
import { recover, rejecting } from './recover.js';

const { then } = Promise.prototype;

/** The function that resolves the promise that is being made: one closure less per call. */
let taken: ((value: unknown) => void) | undefined;
const takeResolve = (resolve: (value: unknown) => void): void => {
  taken = resolve;
};

/**
 * A call through a closed circuit that something else than its task may end first: the time limit, or the signal of
 * its caller. What the task does after that is dropped.
 */
class LimitedCall extends TimedCall {
  /** The call as its task knows it; there where the task may ask for its signal, or has. */
  call: Call | undefined;
  /** What the caller gets instead, where the call was ended before its task gave anything. */
  private instead: PromiseLike<unknown> | undefined;
  private isOver = false;
  private letGo: (() => void) | undefined;
  private resolve: ((value: unknown) => void) | undefined;

  private readonly beganMs: number;
  /** Its place among those that may hang. */
  private hanging: Pending | undefined;

  /**
   * Its limit runs from now on, also while the task starts.
   *
   * @param beganMs when the call began, if that was before
   */
  constructor(
    private readonly lane: Lane,
    private readonly invocation: Invocation,
    private readonly signal?: AbortSignal,
    beganMs?: number,
  ) {
    super(lane.gate.clock.now());
    this.beganMs = beganMs ?? this.sinceMs;
    lane.timed?.add(this);
    if (lane.underWay !== undefined) lane.underWay.add((this.hanging = new Pending(this.sinceMs)));
    if (signal !== undefined) this.letGo = whenAborted(signal, () => this.abort(signal.reason));
  }

  timeOut(): void {
    const { gate, timed } = this.lane;
    this.cut(timedOut(gate, timed!.limitMs));
  }

  /** What the caller gets of a task that gave this. */
  follow(given: unknown): Promise<unknown> {
    const { instead } = this;
    if (instead !== undefined) {
      leaveAlone(given);
      return Promise.resolve(instead);
    }
    const followed = new Promise(takeResolve);
    const resolve = (this.resolve = taken!);
    taken = undefined; // It holds what the call gives.
    void then.call(
      Promise.resolve(given), // What is no promise of this realm becomes one here.
      (value) => {
        if (this.leave()) resolve(this.resolved(value));
      },
      (error) => {
        if (this.leave()) resolve(this.failed(error));
      },
    );
    return followed;
  }

  threw(error: unknown): Promise<unknown> {
    return Promise.resolve(this.leave() ? this.failed(error) : this.instead);
  }

  /** A promise with methods of its own has limits of its own: its time runs when somebody awaits it. */
  special(given: Promise<unknown>): Promise<unknown> {
    const { lane, beganMs, invocation, call, signal } = this;
    if (!this.leave()) return this.follow(given);
    return goesOn(lane, beganMs, 'promise', given, invocation, call, signal) as Promise<unknown>;
  }

  private resolved(value: unknown): unknown {
    return resolved(this.lane, this.beganMs, value, this.invocation, this.call, this.signal);
  }

  private failed(error: unknown): PromiseLike<unknown> {
    const { lane, beganMs, invocation, signal, call } = this;
    return failed(lane, beganMs, error, invocation, signal ?? call?.askedSignal);
  }

  private abort(reason: unknown): void {
    const { gate, site } = this.lane;
    this.cut(abortedBy(reason, gate, site));
  }

  private cut(settlement: Settlement): void {
    this.leave();
    const { lane, invocation } = this;
    const { error, outcome, isCancelled } = settlement;
    settle(lane, this.beganMs, settlement);
    this.call?.abort(error);
    const ending = isCancelled === true ? 'cancelled' : outcome;
    const end = lane.hasFallback
      ? recover(lane.gate, lane.site, error, ending, invocation)
      : rejecting(error);
    if (this.resolve === undefined) this.instead = end;
    else this.resolve(end);
  }

  /** @returns false when it was over by then. */
  private leave(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    const { timed, underWay } = this.lane;
    timed?.remove(this);
    if (this.hanging !== undefined) underWay!.remove(this.hanging);
    this.letGo?.();
    return true;
  }
}

/** Runs a task that its time limit or its caller may end. */
export function passLimited(
  lane: Lane,
  task: (call: CallContext) => unknown,
  invocation: Invocation,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const limited = new LimitedCall(lane, invocation, signal);
  const call = (limited.call = new Call());
  try {
    return limited.follow(start(call, task));
  } catch (error) {
    return limited.threw(error);
  }
}

/** The same for a promise that a sync call gave: it began then, and its limit runs from now on. */
export function passGiven(
  lane: Lane,
  given: PromiseLike<unknown>,
  beganMs: number,
  invocation: Invocation,
  call: Call,
): Promise<unknown> {
  const limited = new LimitedCall(lane, invocation, undefined, beganMs);
  limited.call = call;
  return limited.follow(given);
}

/** The same for a function with its own `this` and arguments. */
export function passLimitedFunction(
  lane: Lane,
  fn: Callee,
  self: unknown,
  args: unknown[],
  invocation: Invocation,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const limited = new LimitedCall(lane, invocation, signal);
  let given: unknown;
  try {
    given = startFunction(fn, self, args);
  } catch (error) {
    limited.call = askedCall();
    return limited.threw(error);
  }
  limited.call = askedCall();
  return lane.mayGiveSpecial && isSpecialPromise(given) ? limited.special(given) : limited.follow(given);
}
