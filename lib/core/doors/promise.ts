import { invocationOf, type CallSite, type Invocation } from '../call-site.js';
import { CallTicket, type Gate } from '../ticket.js';
import { assertCallable, endOf, start, taskOf, type CallContext, type Callee } from './call.js';
import { finish, goOn } from './given.js';
import { isSpecialPromise } from './kind.js';
import type { OpenGate } from './lane.js';
import { Limits } from './limits.js';
import { passFunction, passPromise } from './passing.js';
import { enterProbe } from './probe.js';
import { recover } from './recover.js';
import { refuseSpecial } from './special-promise.js';

/** A task as `execute` takes it. */
export type Task<T> = (call: CallContext) => PromiseLike<T> | T;

/** The promise door: `execute`, `wrap` and async methods. Never throws. */
export function runPromise<T>(
  gate: OpenGate,
  site: CallSite,
  task: Task<T>,
  invocation: Invocation,
  callerSignal?: AbortSignal,
): Promise<T> {
  if (typeof task === 'function' && callerSignal?.aborted !== true) {
    const lane = gate.pass(site);
    if (lane !== undefined) return passPromise(lane, task, invocation, callerSignal);
  }
  return runAsked(gate, site, task, invocation, callerSignal);
}

/** The same door for a function with its own `this` and arguments: a closure per call takes 20 ns. */
export function runFunction(
  gate: OpenGate,
  site: CallSite,
  fn: Callee,
  self: unknown,
  args: unknown[],
  callerSignal?: AbortSignal,
): Promise<unknown> {
  if (callerSignal?.aborted !== true) {
    const lane = gate.pass(site);
    if (lane !== undefined) return passFunction(lane, fn, self, args, callerSignal);
  }
  return runAsked(gate, site, taskOf(fn, self, args), invocationOf(site, self, args), callerSignal);
}

/** The way with a ticket: the call asks for one, and may be refused. */
function runAsked<T>(
  gate: OpenGate,
  site: CallSite,
  task: Task<T>,
  invocation: Invocation,
  callerSignal: AbortSignal | undefined,
): Promise<T> {
  try {
    assertCallable(gate, task);
    if (callerSignal?.aborted === true) return Promise.reject(callerSignal.reason);
    const ticket = gate.ask(site);
    if (!(ticket instanceof CallTicket)) return refuse<T>(gate, site, ticket, invocation);
    const limits = new Limits(gate, ticket, callerSignal);
    const begin = (): PromiseLike<T> | T => enterProbe(gate, ticket, () => start(limits.call, task));
    return site.method?.isAsync === false
      ? keep(gate, limits, begin, invocation)
      : follow(gate, limits, begin, invocation);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** A call that is not let in: the promise has the methods that those of this place of call were seen to have. */
export function refuse<T>(gate: Gate, site: CallSite, error: unknown, invocation: Invocation): Promise<T> {
  const instead = (): Promise<T> => recover<T>(gate, site, error, 'rejected', invocation);
  return site.special === undefined ? instead() : (refuseSpecial(site.special, error, instead) as Promise<T>);
}

/** Of a method that may give a promise with methods of its own: the caller gets it with them. */
function keep<T>(
  gate: Gate,
  limits: Limits,
  begin: () => PromiseLike<T> | T,
  invocation: Invocation,
): Promise<T> {
  let given: PromiseLike<T> | T;
  try {
    given = begin();
  } catch (error) {
    given = Promise.reject(error);
  }
  return isSpecialPromise(given)
    ? (goOn(gate, limits, 'promise', given, invocation) as Promise<T>)
    : follow(gate, limits, () => given, invocation);
}

/** Waits for the end of an admitted call, or for what cuts it. */
export async function follow<T>(
  gate: Gate,
  limits: Limits,
  begin: () => PromiseLike<T> | T,
  invocation: Invocation,
): Promise<T> {
  const { ticket } = limits;
  let value: T;
  try {
    value = await limits.run(begin);
  } catch (error) {
    limits.release();
    return recover<T>(gate, ticket.site, error, endOf(gate, ticket, error), invocation);
  }
  return finish(gate, limits, value, invocation);
}

/** The same function behind its breaker: same `this`, arguments, `name` and `length`. */
// oxlint-disable-next-line typescript/no-explicit-any -- any function's arguments
export function wrapFunction<F extends (...args: any[]) => Promise<any>>(
  gate: OpenGate,
  site: CallSite,
  fn: F,
  callerSignal: AbortSignal | undefined,
): F {
  assertCallable(gate, fn);
  const wrapped = function (this: unknown, ...args: Parameters<F>): Promise<unknown> {
    return runFunction(gate, site, fn, this, args, callerSignal);
  };
  Object.defineProperty(wrapped, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(wrapped, 'length', { value: fn.length, configurable: true });
  return wrapped as F;
}
