import { declareFactories } from '../model/adopt.js';
import { CONTENTION, ILL, NETWORK, OVERLOAD, SLOW, TIMEOUT } from './evidence/kinds.js';
import { leaf, type Tracker } from './tracker.js';
import { tells } from './evidence/walk.js';

/**
 * Is the dependency ill, by whatever its client says? What most breakers want.
 *
 * `NetworkErrors()`, answers of 500 to 599, `OverloadErrors()` and `TimeoutErrors()` in one look: of HTTP clients, SDKs,
 * databases, queues, gRPC and Nest's own proxies. The caller's mistakes are none (other 4xx, broken constraints, syntax
 * errors), nor are wrong certificates and passwords, an abort of the caller, or contention (`ContentionErrors()`). Takes
 * nothing, throws nothing.
 *
 * Gotcha: clients that return a 503 instead of throwing it (`fetch`, undici) need `trackResult` as well; see
 * `docs/clients.md` for each client.
 * Source: what some hundred clients throw, `docs/clients.md`.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { TransientErrors } from 'nestjs-fluxgate';
 *
 * const tracker = TransientErrors();
 * const pg = (code: string) => Object.assign(new Error('made up'), { code });
 * assert.deepEqual(
 *   [{ response: { status: 503 } }, pg('57P01'), pg('53300'), pg('23505'), { status: 404 }].map((e) => tracker.isFailure(e)),
 *   [true, true, true, false, false],
 * );
 * ```
 */
export function TransientErrors(): Tracker {
  return leaf('TransientErrors()', (error, call) =>
    tells(error, NETWORK | TIMEOUT | SLOW | OVERLOAD | ILL, call),
  );
}

/**
 * Does the dependency say that it has too much to do, or is not ready yet?
 *
 * HTTP 429 and 529; SQLSTATE 53 and MySQL's 1040; Redis that is LOADING, BUSY, READONLY, out of memory or without its
 * master; gRPC's 8 and 14; MongoDB's labels; AWS throttling; the error events of LLM streams (`overloaded_error`,
 * `rate_limit_error`, `server_error`, `ThrottlingException`), which have no status. Part of `TransientErrors()`; by itself
 * for a breaker that only backs off. Takes nothing, throws nothing.
 *
 * Gotcha: a 503 is not one, for its server may be ill in any way. `insufficient_quota` is none: it does not pass by
 * waiting.
 * Source: what some hundred clients throw, `docs/clients.md`.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { OverloadErrors } from 'nestjs-fluxgate';
 *
 * assert.equal(OverloadErrors().isFailure(new Error('LOADING Redis is loading the dataset in memory')), true);
 * assert.equal(OverloadErrors().isFailure({ status: 429, code: 'insufficient_quota' }), false);
 * ```
 */
export function OverloadErrors(): Tracker {
  return leaf('OverloadErrors()', (error, call) => tells(error, OVERLOAD, call));
}

/**
 * Was the time over?
 *
 * Clients' own time-outs by code, class, name or text, `AbortSignal.timeout()`, gRPC's 4, and databases that ended a
 * statement by its time limit. In a call whose signal the breaker knows (the option `signal`, `callSignal()`), an
 * `AbortError` while that signal had not aborted is the client's time-out too. Part of `TransientErrors()`; by itself with
 * `not()`, for a breaker that leaves slow calls to `SlowRate`. Takes nothing, throws nothing.
 *
 * Gotcha: the breaker's own `timeoutMs` needs no tracker, it always is a failure. An `AbortError` in a call without a known
 * signal stays unseen: the method may have had a signal of its own.
 * Source: what some hundred clients throw, `docs/clients.md`.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { TimeoutErrors } from 'nestjs-fluxgate';
 *
 * const aborted = new DOMException('This operation was aborted', 'AbortError');
 * assert.equal(TimeoutErrors().isFailure(aborted, { isAborted: false }), true);
 * assert.equal(TimeoutErrors().isFailure(aborted), false);
 * ```
 */
export function TimeoutErrors(): Tracker {
  return leaf('TimeoutErrors()', (error, call) => tells(error, TIMEOUT | SLOW, call));
}

/**
 * Did others hold the same rows?
 *
 * Serialization failures, deadlocks and lock time-outs: SQLSTATE 40001, 40P01, 55P03, MySQL's 1205 and 1213, write
 * conflicts of MongoDB and Prisma, gRPC's 10. Not part of `TransientErrors()`: a hot row is no ill database, and what helps
 * is to try that transaction again. Takes nothing, throws nothing.
 *
 * Source: the codes of PostgreSQL, MySQL and MongoDB.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { ContentionErrors, TransientErrors } from 'nestjs-fluxgate';
 *
 * const deadlock = Object.assign(new Error('deadlock detected'), { code: '40P01' });
 * assert.equal(ContentionErrors().isFailure(deadlock), true);
 * assert.equal(TransientErrors().isFailure(deadlock), false);
 * ```
 */
export function ContentionErrors(): Tracker {
  return leaf('ContentionErrors()', (error, call) => tells(error, CONTENTION, call));
}

declareFactories(TransientErrors, OverloadErrors, TimeoutErrors, ContentionErrors);
