import {
  hasFallbackFor,
  runFallback,
  withCause,
  type CallSite,
  type Ending,
  type Invocation,
} from '../call-site.js';

/** The fallback's value, or the original error. */
export function recover<T>(
  site: CallSite,
  error: unknown,
  ending: Ending,
  invocation: Invocation,
): Promise<T> {
  return hasFallbackFor(site, ending) ? standIn<T>(site, error, invocation) : rejected(error);
}

/** The same in this tick. */
export function recoverSync<T>(site: CallSite, error: unknown, ending: Ending, invocation: Invocation): T {
  if (!hasFallbackFor(site, ending)) throw error;
  try {
    return runFallback(site, error, invocation) as T;
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

async function standIn<T>(site: CallSite, error: unknown, invocation: Invocation): Promise<T> {
  try {
    return (await runFallback(site, error, invocation)) as T;
  } catch (failed) {
    throw withCause(failed, error);
  }
}
