import { at, DURATION_MS, JITTER, numberProblems, showMs, unknownKeys } from '../base/validate.js';
import { show } from '../base/text.js';
import { declareFactories } from '../model/adopt.js';
import { askedWait } from './asked-wait.js';
import { MadeRetry, toRetry, type Retry, type RetryLike } from './retries.js';

export interface ServerRetryAfterOptions {
  /** The wait where the server asks for none: `Backoff({ initialMs: seconds(1) })`. Not limited by `maxMs`. */
  readonly otherwise: RetryLike;
  /** The longest wait that a server may ask for, in milliseconds, > 0. */
  readonly maxMs: number;
  /** By what share at most the wait is longer than asked for, in [0, 1). Default 0.1. It never is shorter. */
  readonly jitter?: number;
}

const DEFAULT_JITTER = 0.1;

/**
 * Wait as long as the server asks.
 *
 * For APIs that say when to come back: `Retry-After` (seconds or a date), `retry-after-ms`, `RateLimit-Reset` and
 * `RateLimit` of the failure that opens the circuit. That is an error or, with `trackResult`, the returned answer, and
 * the headers are found wherever the client keeps them: on it, on its `response`, below its `cause`, and so on.
 *
 * @param options.otherwise what decides where the server asks for nothing: a retry, or what is taken for one.
 * @param options.maxMs milliseconds, > 0: no server makes the circuit wait longer.
 * @param options.jitter in [0, 1), default 0.1: the wait is drawn between what was asked for and 10 % more, so that not
 * all processes come back at the same instant. `maxMs` limits that too.
 * A bad number or an unknown option is a problem of the part, thrown by whoever is handed it.
 *
 * Gotcha: 0, a date that is over and nonsense ask for nothing. A date is read by this machine's clock. What opens the
 * circuit counts: with a rule such as `FailureRate` it is the last failure, whatever the ones before it said. The
 * snapshot shows the source of the wait: `waitSource: 'Retry-After: 7'`.
 * Source: RFC 9110 (10.2.3), the IETF draft of RateLimit fields, `retry-after-ms` of OpenAI and Azure.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Backoff, Breaker, FailureStreak, minutes, seconds, ServerRetryAfter } from 'nestjs-fluxgate';
 *
 * const otherwise = Backoff({ initialMs: seconds(1) });
 * const retry = ServerRetryAfter({ otherwise, maxMs: minutes(5) });
 * const breaker = new Breaker('api', { tripper: FailureStreak(1), retry });
 *
 * breaker.acquire().fail({ status: 429, headers: { 'retry-after': '7' } });
 * assert.equal(breaker.snapshot().waitSource, 'Retry-After: 7');
 * ```
 */
export function ServerRetryAfter(options: ServerRetryAfterOptions): Retry {
  const wrong = unknownKeys(options, ['otherwise', 'maxMs', 'jitter'], 'options');
  const { otherwise: given, maxMs, jitter = DEFAULT_JITTER } = Object(options) as ServerRetryAfterOptions;
  const otherwise = toRetry(given);
  const shown = jitter === DEFAULT_JITTER ? '' : `, jitter: ${show(jitter)}`;
  const text = `ServerRetryAfter({ otherwise: ${otherwise}, maxMs: ${showMs(maxMs)}${shown} })`;
  wrong.push(
    ...at('otherwise', otherwise.problems),
    ...numberProblems('maxMs', maxMs, DURATION_MS),
    ...numberProblems('jitter', jitter, JITTER),
  );
  return new MadeRetry(text, at(text, wrong), (context) => {
    const { lastError, lastResult, wallNow, random, explain } = context;
    const asked = askedWait([lastError, lastResult], wallNow);
    if (asked === undefined) return otherwise.waitMs(context);
    const { waitMs, source } = asked;
    explain?.(waitMs > maxMs ? `${source} (cut to ${maxMs} ms)` : source);
    return Math.min(jitter === 0 ? waitMs : waitMs * (1 + jitter * random()), maxMs);
  });
}

declareFactories(ServerRetryAfter);
