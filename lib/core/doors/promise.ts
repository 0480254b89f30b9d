import {
  hasFallbackFor,
  runFallback,
  withCause,
  type CallSite,
  type Ending,
  type Invocation,
} from '../call-site.js';
import type { CallTicket, Gate } from '../ticket.js';
import { assertCallable, Call, endOf, start, withinLimits, type CallContext } from './call.js';
import { finish } from './observable.js';

/** A task as `execute` takes it. */
export type Task<T> = (call: CallContext) => PromiseLike<T> | T;

/** The promise door: `execute`, `wrap` and async methods. */
export async function runPromise<T>(
  gate: Gate,
  site: CallSite,
  task: Task<T>,
  invocation: Invocation,
  callerSignal?: AbortSignal,
): Promise<T> {
  assertCallable(gate, task);
  if (callerSignal?.aborted === true) throw callerSignal.reason;
  let ticket: CallTicket;
  try {
    ticket = gate.admit(site);
  } catch (error) {
    return recover<T>(site, error, 'rejected', invocation);
  }
  const call = new Call();
  let value: T;
  try {
    value = await withinLimits(gate, ticket, call, callerSignal, () => start(call, task));
  } catch (error) {
    return recover<T>(site, error, endOf(gate, ticket, error), invocation);
  }
  return finish(gate, ticket, value, invocation);
}

/** The same function behind its breaker: same `this`, arguments, `name` and `length`. */
// oxlint-disable-next-line typescript/no-explicit-any -- any function's arguments
export function wrapFunction<F extends (...args: any[]) => Promise<any>>(
  gate: Gate,
  site: CallSite,
  fn: F,
  callerSignal: AbortSignal | undefined,
): F {
  assertCallable(gate, fn);
  const wrapped = function (this: unknown, ...args: Parameters<F>): Promise<unknown> {
    return runPromise(gate, site, () => fn.apply(this, args), { self: this, args }, callerSignal);
  };
  Object.defineProperty(wrapped, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(wrapped, 'length', { value: fn.length, configurable: true });
  return wrapped as F;
}

/** The fallback's value, or the original error. */
export async function recover<T>(
  site: CallSite,
  error: unknown,
  ending: Ending,
  invocation: Invocation,
): Promise<T> {
  if (!hasFallbackFor(site, ending)) throw error;
  try {
    return (await runFallback(site, error, invocation)) as T;
  } catch (failed) {
    throw withCause(failed, error);
  }
}
