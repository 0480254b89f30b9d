import { mustBe } from '../base/validate.js';
import { declareFactories, isFactory } from '../model/adopt.js';
import type { ResultTracker } from '../model/part.js';
import { read } from '../base/read.js';
import { statusRange } from './evidence/status.js';
import { toTracker, Tracker, type TrackerLike } from './tracker.js';

/**
 * Is the returned value an HTTP answer with a status from `from` to `to`? For the `trackResult` option.
 *
 * For clients that return a 503 instead of throwing it: `fetch`, undici, got and ky with `throwHttpErrors: false`,
 * axios with `validateStatus`, supabase, openapi-fetch. Most breakers want `ResponseStatusIn(500, 599)`. For errors
 * that are thrown `HttpStatusIn` is the same as a tracker.
 *
 * @param from the lowest status, a whole number from 100 to 599.
 * @param to the highest, at least `from`. Default: `from`, so that `ResponseStatusIn(503)` is one status.
 * @throws TypeError, at once, for any other number.
 *
 * Gotcha: the status is the first number of `status`, `statusCode`, and the same two of `response`; a string is none.
 * A value that cannot be read has no status. The caller still gets the value.
 * Source: the answers of fetch, axios, got and undici.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Breaker, ResponseStatusIn } from 'nestjs-fluxgate';
 *
 * const breaker = new Breaker('api', { trackResult: ResponseStatusIn(500, 599) });
 * await breaker.execute(async () => new Response('try later', { status: 503 }));
 * assert.equal(breaker.snapshot().calls.failure, 1);
 * ```
 */
export function ResponseStatusIn(from: number, to: number = from): ResultTracker {
  const text = statusRange('ResponseStatusIn', from, to);
  return named(text, (value) => {
    const status = statusIn(value) ?? statusIn(read(value, 'response'));
    return status! >= from && status! <= to;
  });
}

function statusIn(value: unknown): number | undefined {
  const status = read(value, 'status');
  const known = typeof status === 'number' ? status : read(value, 'statusCode');
  return typeof known === 'number' ? known : undefined;
}

/**
 * Did the call return `{ error }` instead of throwing it? For the `trackResult` option.
 *
 * For clients that put their failure into the result: supabase, resend, openapi-fetch, GraphQL clients of your own. With a
 * tracker only errors that this one tracks are failures: a row that was not found is no ill database.
 *
 * @param tracker a tracker, a predicate or an object with `isFailure`, which is given the `error`. Default: every
 * error that is there.
 * @throws TypeError, at once, when it is none of these.
 *
 * Gotcha: an `error` of `null`, `undefined`, `false`, `0` or `''` is none. A status beside the error (supabase) is not
 * the error's: `ResponseStatusIn(500, 599)` reads it. What the tracker throws counts the call as a failure and goes to
 * `onFault`.
 * Source: the results of supabase-js and resend.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { ErrorCode, ResultError } from 'nestjs-fluxgate';
 *
 * const isFull = ResultError(ErrorCode('53300'));
 * assert.deepEqual(['53300', '23505'].map((code) => isFull({ data: null, error: { code } })), [true, false]);
 * assert.equal(ResultError()({ data: [], error: null }), false);
 * ```
 */
export function ResultError(tracker?: TrackerLike): ResultTracker {
  if (tracker === undefined) return named('ResultError()', (value) => Boolean(read(value, 'error')));
  const inner = toTracker(tracker);
  return named(`ResultError(${inner})`, (value) => {
    const error = read(value, 'error');
    return Boolean(error) && inner.isFailure(error);
  });
}

/** What is wrong with what was given as `trackResult`: a function, but none that has to be called first. */
export function resultTrackerProblems(given: unknown, what: string): string[] {
  if (typeof given === 'function' && !isFactory(given)) return [];
  return [mustBe(what, 'a function (value) => boolean', given, remedyFor(given))];
}

function remedyFor(given: unknown): string {
  if (typeof given === 'function') return `Call it: ${given.name}(…).`;
  return given instanceof Tracker ? 'For a tracker of errors use ResponseStatusIn(…) or ResultError(…).' : '';
}

/** The same function, which says in texts what it does. */
function named(text: string, test: ResultTracker): ResultTracker {
  Object.defineProperty(test, 'name', { value: text });
  Object.defineProperty(test, 'toString', { value: () => text });
  return Object.freeze(test);
}

declareFactories(ResponseStatusIn, ResultError);
