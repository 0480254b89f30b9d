import {
  hasFallbackFor,
  withCause,
  type CallSite,
  type Ending,
  type Invocation,
  type Lost,
} from '../call-site.js';
import type { Gate } from '../ticket.js';

/** Tells of the fallback, then runs it. */
export function runFallback(
  gate: Gate,
  site: CallSite,
  error: unknown,
  outcome: Lost,
  { self, args }: Invocation,
): unknown {
  gate.tellFallback(outcome, error);
  return site.fallback!.call(self, error, ...args);
}

/** The fallback's value, or the original error. */
export function recover<T>(
  gate: Gate,
  site: CallSite,
  error: unknown,
  ending: Ending,
  invocation: Invocation,
): Promise<T> {
  return hasFallbackFor(site, ending) ? standIn<T>(gate, site, error, ending, invocation) : rejected(error);
}

/** The same in this tick. */
export function recoverSync<T>(
  gate: Gate,
  site: CallSite,
  error: unknown,
  ending: Ending,
  invocation: Invocation,
): T {
  if (!hasFallbackFor(site, ending)) throw error;
  try {
    return runFallback(gate, site, error, ending, invocation) as T;
  } catch (failed) {
    throw withCause(failed, error);
  }
}

/**
 * A promise that rejects one turn of the queue later, when its caller has taken it over.
 *
 * One that is rejected at once makes Node note an unhandled rejection, and take that back: 650 ns.
 */
const rejected = (reason: unknown): Promise<never> => Promise.resolve(rejecting(reason));

/** To return from a promise's reaction: rejects the promise it makes. A `throw` there costs 200 ns more. */
export const rejecting = (error: unknown): PromiseLike<never> =>
  new Rejecting(error) as unknown as PromiseLike<never>;

class Rejecting {
  constructor(private readonly error: unknown) {}

  then(_resolve: unknown, reject: (error: unknown) => void): void {
    reject(this.error);
  }
}

async function standIn<T>(
  gate: Gate,
  site: CallSite,
  error: unknown,
  outcome: Lost,
  invocation: Invocation,
): Promise<T> {
  try {
    return (await runFallback(gate, site, error, outcome, invocation)) as T;
  } catch (failed) {
    throw withCause(failed, error);
  }
}
