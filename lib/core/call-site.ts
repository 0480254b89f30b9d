import { types } from 'node:util';

import { FluxgateConfigError } from './base/errors.js';
import { isOptions, mustBe, unknownKeys } from './base/validate.js';
import type { Outcome } from './model/outcome.js';
import type { ResultTracker } from './model/part.js';
import { part } from './options.js';
import type { Kind, SpecialTraits } from './doors/kind.js';
import { resultTrackerProblems, toTracker, type Tracker, type TrackerLike } from './trackers/index.js';

/** Stands in for a call that was rejected or failed. Gets the error, then the call's arguments. */
// oxlint-disable-next-line typescript/no-explicit-any -- the arguments are those of any function
export type Fallback<T = unknown> = (error: unknown, ...args: any[]) => T | PromiseLike<T>;

/** When the fallback runs: for rejections and counted failures (default), rejections alone, or any error. */
export type FallbackWhen = 'failure' | 'rejected' | 'any';

/** What belongs to the place of the call; window, state and rules belong to the breaker. */
export interface SiteOptions<T = unknown, F = T> {
  /** Which errors count as failures here? Default: the breaker's tracker. */
  readonly tracker?: TrackerLike;
  /** Which errors say nothing about the dependency here? Asked before the tracker. Default: the breaker's. */
  readonly ignore?: TrackerLike;
  /** Is this returned value a failure? It is recorded as one and still returned. */
  readonly trackResult?: (value: Awaited<T>) => boolean;
  /** Gives what the call gives; for streams also one value, or a promise of it. */
  readonly fallback?: Fallback<F>;
  /** Default `'failure'`. */
  readonly fallbackWhen?: FallbackWhen;
}

/** The same for a call that its caller can give up. */
export interface CallOptions<T = unknown, F = T> extends SiteOptions<T, F> {
  /**
   * The caller gives up: the call rejects with its reason at once. It is ignored; where the reason is a `TimeoutError`
   * (`AbortSignal.timeout()`) it is a failure, unless `ignore` matches. A stream that was given stays linked to it.
   */
  readonly signal?: AbortSignal;
}

const KEYS = ['tracker', 'ignore', 'trackResult', 'fallback', 'fallbackWhen', 'signal'];
const readTracker = part<Tracker, undefined>(toTracker, undefined);
const WHEN: readonly unknown[] = ['failure', 'rejected', 'any'];

/** How a call ended that a fallback may stand in for. */
export type Lost = Outcome | 'rejected';

/** How a call ended that may want a fallback. */
export type Ending = Lost | 'cancelled';

/** A place of call, worked out once: trackers and fallback. */
export interface CallSite {
  /** Its own, if it has one; else the breaker's. */
  readonly tracker: Tracker | undefined;
  /** The same. */
  readonly ignore: Tracker | undefined;
  readonly trackResult: ResultTracker | undefined;
  readonly fallback: Fallback | undefined;
  readonly fallbackWhen: FallbackWhen;
  /** What is known of the method that is called there; `undefined` for a task of `execute` and the like. */
  readonly method: MethodTraits | undefined;
  /** What the first call gave that was more than a value; rejections have that shape from then on. */
  learned: Exclude<Kind, 'value' | 'body'> | undefined;
  /** What its promises are like, where they have methods of their own: rejections have them too. */
  special: SpecialTraits | undefined;
  /** Methods of a thenable given there that begin something: they are asked for first. */
  beginners: Set<PropertyKey> | undefined;
  /** Do calls of it go through several breakers, one per key? */
  readonly isShared: boolean;
  /** Its way through a closed circuit, for doors/lane.ts. */
  lane: object | undefined;
}

/** What a guarded method is like. */
export interface MethodTraits {
  /** An async function: its promise has no methods of its own. */
  readonly isAsync: boolean;
  /** The stream inside of what the method gave, where that is in a wrapper (`StreamableFile`); else the value. */
  readonly bodyOf: (value: object) => object;
}

/**
 * A place of call, from options that are checked.
 *
 * @throws FluxgateConfigError naming every option that is wrong.
 */
export function callSite<T>(
  where: string,
  options: CallOptions<T, unknown>,
  method?: MethodTraits,
  isShared = false,
): CallSite {
  const problems = unknownKeys(options, KEYS, 'options');
  const given = Object(options) as CallOptions;
  const { trackResult, fallback, fallbackWhen = 'failure', signal } = given;
  const tracker = readTracker(given.tracker, 'tracker', problems);
  const ignore = readTracker(given.ignore, 'ignore', problems);
  if (trackResult !== undefined) problems.push(...resultTrackerProblems(trackResult, 'trackResult'));
  if (fallback !== undefined && typeof fallback !== 'function') {
    problems.push(mustBe('fallback', 'a function (error, ...args)', fallback));
  }
  if (!WHEN.includes(fallbackWhen)) {
    problems.push(mustBe('fallbackWhen', "'failure', 'rejected' or 'any'", fallbackWhen));
  }
  if (signal !== undefined && !isAbortSignal(signal))
    problems.push(mustBe('signal', 'an AbortSignal', signal));
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
  return newSite({
    tracker,
    ignore,
    trackResult: trackResult as ResultTracker | undefined,
    fallback,
    fallbackWhen,
    method,
    isShared,
  });
}

/** One literal for all: V8 looks faster into places that all have one shape. */
const newSite = (given: Partial<CallSite>): CallSite => ({
  tracker: given.tracker,
  ignore: given.ignore,
  trackResult: given.trackResult,
  fallback: given.fallback,
  fallbackWhen: given.fallbackWhen ?? 'failure',
  method: given.method,
  isShared: given.isShared ?? false,
  learned: undefined,
  special: undefined,
  beginners: undefined,
  lane: undefined,
});

/**
 * The place of a call whose options are made anew each time, as far as they are what nearly all are: a signal, a
 * fallback. `undefined` where there is more to read, or something is wrong.
 */
export function simpleSite(options: CallOptions<never, unknown>, own: CallSite): CallSite | undefined {
  for (const key in options) if (key !== 'signal' && key !== 'fallback') return undefined;
  const { signal, fallback } = Object(options) as CallOptions;
  if (signal !== undefined && !isAbortSignal(signal)) return undefined;
  if (typeof fallback === 'function') return newSite({ fallback });
  return fallback === undefined && isOptions(options) ? own : undefined;
}

/** Polyfills and other realms have their own class. */
function isAbortSignal(given: unknown): boolean {
  const { aborted, addEventListener } = Object(given) as Partial<AbortSignal>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}

/** Who made the call and with what: a fallback gets the same. */
export interface Invocation {
  readonly self: unknown;
  readonly args: readonly unknown[];
}

/** The invocation of a task that closes over what it needs, or has no fallback that asks. */
export const NO_INVOCATION: Invocation = { self: undefined, args: [] };

/** Who called, and with what: kept only where a fallback will ask. */
export function invocationOf({ fallback }: CallSite, self: unknown, args: readonly unknown[]): Invocation {
  return fallback === undefined ? NO_INVOCATION : { self, args };
}

/** Does the fallback stand in for a call that ended so? */
export function hasFallbackFor(site: CallSite, ending: Ending): ending is Lost {
  if (site.fallback === undefined || ending === 'cancelled') return false;
  if (ending === 'rejected' || site.fallbackWhen === 'any') return true;
  return ending === 'failure' && site.fallbackWhen === 'failure';
}

/** What was given to which error as its cause, as long as the error lives. */
const given = new WeakMap<object, unknown>();

/**
 * A fallback's own error, with what it was to stand in for as its cause.
 *
 * One error for many calls gets none: which call would it be of? That shows when it comes a second time; what it was
 * given is taken back then. A cause of the user's own is left alone.
 */
export function withCause(error: unknown, cause: unknown): unknown {
  try {
    const isError = error instanceof Error || types.isNativeError(error);
    if (!isError || error === cause) return error;
    if (given.has(error)) takeBack(error);
    else if (error.cause === undefined) {
      Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
      given.set(error, cause);
    }
  } catch {
    // A frozen or a hostile error goes out as it is.
  }
  return error;
}

function takeBack(error: Error): void {
  if (error.cause === given.get(error)) delete error.cause;
  given.set(error, undefined);
}
