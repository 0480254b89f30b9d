import { NO_INVOCATION, type Invocation } from '../call-site.js';
import { askedCall, Call, start, startFunction, type CallContext, type Callee } from './call.js';
import { givenKind } from './given.js';
import { isSpecialPromise } from './kind.js';
import { failed, goesOn, settleError, succeeded, type Lane } from './lane.js';
import { passGiven, passLimited, passLimitedFunction } from './limited.js';
import { recoverSync } from './recover.js';
import { endOfThenable } from './stand-in.js';
import { standForBegun } from './thenable.js';

// A closed circuit lets every call pass, and a call without limits ends once: when its promise settles, or in
// the same tick. So it needs no ticket and no async frame, only the lane it goes by. That is the walk of nearly
// all calls there ever are; with tickets they took four times as long.

/** The promise door of a closed circuit: one reaction on the task's own promise. */
export function passPromise<T>(
  lane: Lane,
  task: (call: CallContext) => PromiseLike<T> | T,
  invocation: Invocation,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (lane.isWatched || signal !== undefined) {
    return passLimited(lane, task, invocation, signal) as Promise<T>;
  }
  const startedMs = lane.start();
  const call = new Call();
  let given: Promise<unknown>;
  try {
    // What is no promise of this realm becomes one here.
    given = Promise.resolve(start(call, task));
  } catch (error) {
    return Promise.resolve(failed(lane, startedMs, error, invocation, call.askedSignal)) as Promise<T>;
  }
  // One reaction for all knows of no signal: a task that asks for it later than that is not known to have one.
  const askedFor = call.askedSignal === undefined ? undefined : call;
  return lane.follow(given, startedMs, invocation, askedFor) as Promise<T>;
}

/** The same for a function with its own `this` and arguments. */
export function passFunction(
  lane: Lane,
  fn: Callee,
  self: unknown,
  args: unknown[],
  signal?: AbortSignal,
): Promise<unknown> {
  // What invocationOf() says, in line: through it request-scoped calls were up to 12 % dearer.
  const invocation = lane.hasFallback ? { self, args } : NO_INVOCATION;
  if (lane.isWatched || signal !== undefined) {
    return passLimitedFunction(lane, fn, self, args, invocation, signal);
  }
  const startedMs = lane.start();
  let given: unknown;
  try {
    given = startFunction(fn, self, args);
  } catch (error) {
    return Promise.resolve(failed(lane, startedMs, error, invocation, askedCall()?.askedSignal));
  }
  const call = askedCall();
  if (lane.mayGiveSpecial && isSpecialPromise(given)) {
    return goesOn(lane, startedMs, 'promise', given, invocation, call) as Promise<unknown>;
  }
  // What is no promise of this realm becomes one here.
  return lane.follow(Promise.resolve(given), startedMs, invocation, call);
}

/** The sync door of a closed circuit. What turns out to be more than a value goes on as the call. */
export function passSync<T>(lane: Lane, task: () => T, invocation: Invocation): T {
  const { gate, site } = lane;
  const startedMs = !lane.isWatched ? gate.stopwatch.startSync() : gate.clock.now();
  // A limit may end what it gives: its task may have the signal of that.
  const call = lane.isLimited || lane.isWatched ? new Call() : undefined;
  let value: T;
  try {
    value = call === undefined ? task() : start(call, task);
  } catch (error) {
    return recoverSync(gate, site, error, settleError(lane, startedMs, error, call?.askedSignal), invocation);
  }
  const kind = givenKind(site, value);
  if (kind === 'value') return succeeded(lane, startedMs, value) as T;
  if (kind === 'promise' && !isSpecialPromise(value))
    return followGiven(lane, value as Promise<unknown>, startedMs, invocation, call) as T;
  if (kind === 'thenable' && site.method === undefined) {
    const end = endOfThenable(value as PromiseLike<unknown>);
    return standForBegun(value as object, followGiven(lane, end, startedMs, invocation, call)) as T;
  }
  return goesOn(lane, startedMs, kind, value, invocation, call) as T;
}

function followGiven(
  lane: Lane,
  given: PromiseLike<unknown>,
  startedMs: number | undefined,
  invocation: Invocation,
  call: Call | undefined,
): Promise<unknown> {
  return !lane.isWatched
    ? lane.follow(
        Promise.resolve(given),
        startedMs,
        invocation,
        call?.askedSignal === undefined ? undefined : call,
      )
    : passGiven(lane, given, startedMs!, invocation, call!);
}
