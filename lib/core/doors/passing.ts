import { types } from 'node:util';

import {
  invocationOf,
  NO_INVOCATION,
  type CallSite,
  type Ending,
  type Invocation,
  type Lane,
  type Witness,
} from '../call-site.js';
import { isRejectionOf } from '../model/exceptions.js';
import type { Settlement } from '../model/outcome.js';
import { CallTicket, SUCCESS, type Admitter, type Gate } from '../ticket.js';
import { Call, start, startFunction, type CallContext, type Callee } from './call.js';
import { continueAsStream, isStream } from './observable.js';
import { recover, recoverSync, rejecting } from './recover.js';

// A closed circuit lets every call pass, and a call without limits ends once: when its promise settles, or in
// the same tick. So it needs no ticket and no async frame, only the state that let it in. That is the walk
// of nearly all calls there ever are; with tickets they took four times as long.

const { then } = Promise.prototype;

/** The promise door of a closed circuit: one reaction on the task's own promise. */
export function passPromise<T>(
  gate: Gate,
  site: CallSite,
  circuit: Admitter,
  task: (call: CallContext) => PromiseLike<T> | T,
  invocation: Invocation,
): Promise<T> {
  const startedMs = gate.stopwatch.start();
  let given: Promise<unknown>;
  try {
    // What is no promise of this realm becomes one here.
    given = Promise.resolve(start(new Call(), task));
  } catch (error) {
    return Promise.resolve(failed(gate, site, circuit, startedMs, error, invocation)) as Promise<T>;
  }
  return follow(gate, site, circuit, given, startedMs, invocation) as Promise<T>;
}

/** The same for a function with its own `this` and arguments. */
export function passFunction(
  gate: Gate,
  site: CallSite,
  circuit: Admitter,
  fn: Callee,
  self: unknown,
  args: unknown[],
): Promise<unknown> {
  const startedMs = gate.stopwatch.start();
  const invocation = invocationOf(site, self, args);
  let given: Promise<unknown>;
  try {
    given = Promise.resolve(startFunction(fn, self, args));
  } catch (error) {
    return Promise.resolve(failed(gate, site, circuit, startedMs, error, invocation));
  }
  return follow(gate, site, circuit, given, startedMs, invocation);
}

/** The sync door of a closed circuit. A promise that is returned after all is the call. */
export function passSync<T>(
  gate: Gate,
  site: CallSite,
  circuit: Admitter,
  task: () => T,
  invocation: Invocation,
): T {
  const startedMs = gate.stopwatch.startSync();
  let value: T;
  try {
    value = task();
  } catch (error) {
    return recoverSync(gate, site, error, settleError(gate, site, circuit, startedMs, error), invocation);
  }
  if (typeof value === 'object' && types.isPromise(value)) {
    return follow(gate, site, circuit, Promise.resolve(value), startedMs, invocation) as T;
  }
  return succeeded(gate, site, circuit, startedMs, value, invocation) as T;
}

function follow(
  gate: Gate,
  site: CallSite,
  circuit: Admitter,
  given: Promise<unknown>,
  startedMs: number | undefined,
  invocation: Invocation,
): Promise<unknown> {
  if (invocation !== NO_INVOCATION) {
    return followAlone(gate, site, circuit, given, startedMs, invocation);
  }
  const known = site.lane;
  const lane = known?.circuit === circuit ? known : openLane(gate, site, circuit);
  // Not given.then(): a promise may have a method of its own.
  if (startedMs !== undefined) return followTimed(lane, given, startedMs);
  const { witness } = lane;
  if (witness === undefined) return then.call(given, lane.onValue, lane.onError);
  // A second reaction on every call costs less than to reject anew after each failure.
  void then.call(given, witness.onValue, witness.onError);
  return then.call(given);
}

/** A function of its own: what closures need is allocated where a function begins, and the other way needs none. */
function followTimed(
  { onValue, onError }: Lane,
  given: Promise<unknown>,
  startedMs: number,
): Promise<unknown> {
  return then.call(
    given,
    (value) => onValue(value, startedMs),
    (error) => onError(error, startedMs),
  );
}

/** For a fallback that wants what the call was given. */
function followAlone(
  gate: Gate,
  site: CallSite,
  circuit: Admitter,
  given: Promise<unknown>,
  startedMs: number | undefined,
  invocation: Invocation,
): Promise<unknown> {
  return then.call(
    given,
    (value) => succeeded(gate, site, circuit, startedMs, value, invocation),
    (error) => failed(gate, site, circuit, startedMs, error, invocation),
  );
}

/** Calls of one place differ in nothing but their start: they share their reactions, while the state lasts. */
function openLane(gate: Gate, site: CallSite, circuit: Admitter): Lane {
  const lane: Lane = {
    circuit,
    onValue: (value, startedMs) => succeeded(gate, site, circuit, startedMs, value, NO_INVOCATION),
    onError: (error, startedMs) => {
      lane.witness = witness;
      return failed(gate, site, circuit, startedMs, error, NO_INVOCATION);
    },
    witness: undefined,
  };
  // Where something else than the task's own end may be the caller's, a look is not enough.
  const isOwnEnd = site.fallback === undefined && !site.followsStreams;
  const witness = isOwnEnd ? witnessOf(gate, site, lane) : undefined;
  return (site.lane = lane);
}

function witnessOf(gate: Gate, site: CallSite, lane: Lane): Witness {
  const circuit = lane.circuit as Admitter;
  return {
    onValue: (value) => {
      lane.witness = undefined;
      succeeded(gate, site, circuit, undefined, value, NO_INVOCATION);
    },
    onError: (error) => {
      settleError(gate, site, circuit, undefined, error);
    },
  };
}

/** The stream that was returned is the call; anything else is its end. */
function succeeded(
  gate: Gate,
  site: CallSite,
  circuit: Admitter,
  startedMs: number | undefined,
  value: unknown,
  invocation: Invocation,
): unknown {
  if (site.followsStreams && isStream(value)) {
    const ticket = new CallTicket(gate, site, circuit, startedMs, Infinity);
    return continueAsStream(gate, ticket, value, invocation);
  }
  if (gate.classifier.judgesValues(site)) {
    settle(gate, circuit, startedMs, { outcome: gate.classifier.value(value, site) });
    return value;
  }
  const timedMs = gate.stopwatch.measured(startedMs, SUCCESS);
  if (timedMs !== undefined || !gate.passedAgain(circuit)) gate.passed(circuit, SUCCESS, timedMs);
  return value;
}

function failed(
  gate: Gate,
  site: CallSite,
  circuit: Admitter,
  startedMs: number | undefined,
  error: unknown,
  invocation: Invocation,
): PromiseLike<unknown> {
  const ending = settleError(gate, site, circuit, startedMs, error);
  return site.fallback === undefined ? rejecting(error) : recover(gate, site, error, ending, invocation);
}

/** @returns how the call ended, for the fallback. */
function settleError(
  gate: Gate,
  site: CallSite,
  circuit: Admitter,
  startedMs: number | undefined,
  error: unknown,
): Ending {
  const outcome = gate.classifier.error(error, site);
  settle(gate, circuit, startedMs, { outcome, error });
  // A nested call of the same breaker that was not let in: for the fallback this one was not either.
  return outcome === 'ignored' && isRejectionOf(gate.name, error) ? 'rejected' : outcome;
}

function settle(gate: Gate, circuit: Admitter, startedMs: number | undefined, settlement: Settlement): void {
  gate.passed(circuit, settlement, gate.stopwatch.measured(startedMs, settlement));
}
