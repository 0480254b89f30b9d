import { invocationOf, type CallSite, type Invocation } from '../call-site.js';
import { CallTicket } from '../ticket.js';
import {
  assertCallable,
  Call,
  endOf,
  start,
  taskOf,
  withinLimits,
  type CallContext,
  type Callee,
} from './call.js';
import type { OpenGate } from './lane.js';
import { finish } from './observable.js';
import { passFunction, passPromise } from './passing.js';
import { recover } from './recover.js';

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
  if (callerSignal === undefined && typeof task === 'function') {
    const lane = gate.pass(site);
    if (lane !== undefined) return passPromise(lane, task, invocation);
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
  if (callerSignal === undefined) {
    const lane = gate.pass(site);
    if (lane !== undefined) return passFunction(lane, fn, self, args);
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
    const asked = gate.ask(site);
    return asked instanceof CallTicket
      ? runAdmitted(gate, asked, task, invocation, callerSignal)
      : recover<T>(gate, site, asked, 'rejected', invocation);
  } catch (error) {
    return Promise.reject(error);
  }
}

async function runAdmitted<T>(
  gate: OpenGate,
  ticket: CallTicket,
  task: Task<T>,
  invocation: Invocation,
  callerSignal: AbortSignal | undefined,
): Promise<T> {
  const call = new Call();
  let value: T;
  try {
    value = await withinLimits(gate, ticket, call, callerSignal, () => start(call, task));
  } catch (error) {
    return recover<T>(gate, ticket.site, error, endOf(gate, ticket, error), invocation);
  }
  return finish(gate, ticket, value, invocation);
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
