import { listOf, read } from '../base/read.js';
import { show } from '../base/text.js';
import { mustBe } from '../base/validate.js';
import { declareFactories } from '../model/adopt.js';
import type { TrackedCall } from '../model/part.js';
import { statusRange } from './evidence/status.js';
import { nearestStatus } from './evidence/walk.js';
import { leaf, refuse, toTracker, type Tracker, type TrackerLike } from './tracker.js';

/**
 * Is this error a failure? Your own function decides.
 *
 * Use it for what the error contains; for classes, codes and HTTP statuses `TypeOf`, `ErrorCode` and
 * `HttpStatusIn` say the same in fewer words and read better in logs.
 *
 * @param predicate is given whatever was thrown, as `unknown`: narrow it before reading fields. Anything
 * truthy is a yes. Its second argument is what only the breaker knows of the call (`TrackedCall`), or `undefined`.
 * @param text what logs show between the brackets. Default: the function's name, else `…`.
 * @throws TypeError, at once, when it is not a function (a class belongs in `TypeOf`) or the text is not one.
 *
 * Gotcha: it must answer at once. A promise would be truthy, so it is refused with a TypeError; that, and
 * anything the predicate throws, counts the call as a failure and goes to `onFault`. The caller still gets
 * the original error.
 * Source: `Custom` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Custom } from 'nestjs-fluxgate';
 *
 * const isDeadlock = Custom((error) => String(error).includes('deadlock'), 'deadlock');
 * assert.equal(isDeadlock.isFailure(new Error('deadlock detected')), true);
 * ```
 */
export function Custom(predicate: (error: unknown, call?: TrackedCall) => boolean, text?: string): Tracker {
  if (typeof predicate !== 'function') {
    refuse(`Custom(${show(predicate)})`, [mustBe('predicate', 'a function of the error', predicate)]);
  }
  if (text !== undefined && typeof text !== 'string') {
    refuse(`Custom(…, ${show(text)})`, [mustBe('text', 'a string', text)]);
  }
  const adopted = toTracker(predicate);
  return text === undefined ? adopted : leaf(`Custom(${text})`, predicate);
}

/**
 * Is the error's `code` one of these?
 *
 * For codes that mean something to you alone. For an ill dependency as a whole there is `TransientErrors()`, for connection
 * trouble `NetworkErrors()`, for deadlocks `ContentionErrors()`, for HTTP statuses `HttpStatusIn`.
 *
 * @param codes one or more strings or numbers, compared with `===`: `'11000'` is not `11000`.
 * @throws TypeError, at once, for no code and for any other type.
 *
 * Gotcha: it looks at the error itself only; for what is below it use `CausedBy(ErrorCode(…))`. An error
 * that cannot be read has no code.
 * Source: `error.code` of Node.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { ErrorCode } from 'nestjs-fluxgate';
 *
 * const busy = Object.assign(new Error('too many clients'), { code: '53300' });
 * assert.equal(ErrorCode('53300', '40P01').isFailure(busy), true);
 * ```
 */
export function ErrorCode(...codes: readonly (string | number)[]): Tracker {
  const text = `ErrorCode(${codes.map(show).join(', ')})`;
  if (codes.length === 0) {
    refuse(text, [
      "codes must be one or more strings or numbers, got none. Name one, ErrorCode('ECONNRESET'), or use NetworkErrors().",
    ]);
  }
  const isCode = (one: unknown): boolean =>
    typeof one === 'string' || (typeof one === 'number' && !Number.isNaN(one));
  refuse(
    text,
    codes.filter((one) => !isCode(one)).map((one) => mustBe('each code', 'a string or a number', one)),
  );
  const known = new Set<unknown>(codes);
  return leaf(text, (error) => known.has(read(error, 'code')));
}

/**
 * Is the error an HTTP answer with a status from `from` to `to`?
 *
 * For `HttpException`, axios, got, AWS, SDKs, wrappers of fetch that throw. Most breakers want `TransientErrors()`, which
 * sees 500 to 599, 429 and requests without an answer: a 4xx says that the caller was wrong, not that the dependency is
 * ill. Use this one for a rule of your own, `TransientErrors().and(HttpStatusIn(501).not())`.
 *
 * @param from the lowest status, a whole number from 100 to 599.
 * @param to the highest, at least `from`. Default: `from`, so that `HttpStatusIn(503)` is one status.
 * @throws TypeError, at once, for any other number.
 *
 * Gotcha: of several the nearest status counts: the error's own, then those below it (`cause`, `errors`, `lastError`). A
 * status beside a `request` without a `response` is none (octokit gives 500 to a request that failed on its way); a number
 * in `code` is one only beside a response; a string is none. Plain `fetch` does not throw for a 503: use `trackResult`.
 * Source: where some hundred clients put it, `docs/clients.md`.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { HttpStatusIn } from 'nestjs-fluxgate';
 *
 * const tracker = HttpStatusIn(500, 599);
 * assert.deepEqual([503, 404].map((status) => tracker.isFailure({ response: { status } })), [true, false]);
 * ```
 */
export function HttpStatusIn(from: number, to: number = from): Tracker {
  const text = statusRange('HttpStatusIn', from, to);
  return leaf(text, (error) => {
    const status = nearestStatus(error);
    return status >= from && status <= to;
  });
}

/** How many errors of one chain are looked at: enough for any real one, and an end to any made-up one. */
const MOST_CAUSES = 100;

/**
 * Is the error, or anything below it, a failure for that tracker?
 *
 * For wrapped errors: `new Error('payment failed', { cause })`, the errors of an `AggregateError`. Not needed for
 * `TransientErrors()`, its parts and `HttpStatusIn`, which look below by themselves.
 *
 * @param tracker a tracker, a predicate or an object with `isFailure`.
 * @throws TypeError, at once, when it is none of these.
 *
 * Gotcha: it looks at the error, then along `cause` and arrays of `errors`, nearest first, each once (cycles
 * end), at most 100 in all. `CausedBy(X).not()` means that X is nowhere below.
 * Source: `Error.cause` and `AggregateError.errors` of ECMAScript.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { CausedBy, TypeOf } from 'nestjs-fluxgate';
 *
 * const error = new Error('payment failed', { cause: new RangeError('amount') });
 * assert.equal(CausedBy(TypeOf(RangeError)).isFailure(error), true);
 * ```
 */
export function CausedBy(tracker: TrackerLike): Tracker {
  const inner = toTracker(tracker);
  return leaf(`CausedBy(${inner})`, (error, call) => someCause(error, (one) => inner.isFailure(one, call)));
}

/** Does any error of the chain pass the test? Breadth first, each once. */
export function someCause(error: unknown, test: (error: unknown) => boolean): boolean {
  const found = new Set([error]);
  // A Set is walked in the order of insertion, what is added on the way included.
  for (const one of found) {
    if (test(one)) return true;
    for (const below of [read(one, 'cause'), ...listOf(read(one, 'errors'), MOST_CAUSES)]) {
      if (below != null && found.size < MOST_CAUSES) found.add(below);
    }
  }
  return false;
}

declareFactories(Custom, ErrorCode, HttpStatusIn, CausedBy);
