import { minutes } from '../base/duration.js';
import { leaveAlone } from '../base/promise.js';
import {
  at,
  DURATION_MS,
  JITTER,
  mustBe,
  numberProblems,
  showMs,
  showOptions,
  unknownKeys,
  type NumberRule,
} from '../base/validate.js';
import { adopt, assertUsable, declareFactories, type Family } from '../model/adopt.js';
import type { Part, RetryContext } from '../model/part.js';

/**
 * When may an open circuit be probed? (It retries no call.)
 *
 * Asked once, when the circuit opens, so that the wait is known from then on. To write your own, give an
 * object with `waitMs` or a function. For the `Retry-After` of a server there is `ServerRetryAfter`.
 */
export interface Retry extends Part {
  /** Milliseconds to wait before the first probe, ≥ 0; `Infinity` for never. */
  waitMs(context: RetryContext): number;
}

/** What is taken where a retry is wanted: a retry, a function of the context, or an object with `waitMs`. */
export type RetryLike =
  | Retry
  | ((context: RetryContext) => number)
  | { waitMs(context: RetryContext): number; toString?(): string };

const FAMILY: Family = { noun: 'a retry', method: 'waitMs', argument: 'context' };

/** A retry of this package, or one taken over. */
export class MadeRetry implements Retry {
  constructor(
    private readonly text: string,
    readonly problems: readonly string[],
    private readonly wait: (context: RetryContext) => number,
  ) {
    Object.freeze(problems);
    Object.freeze(this);
  }

  waitMs(context: RetryContext): number {
    assertUsable(this.problems);
    return this.wait(context);
  }

  toString(): string {
    return this.text;
  }
}

export interface CooldownOptions {
  /** How far the wait may stray to either side, as a share of it, in [0, 1). Default 0. */
  readonly jitter?: number;
}

/**
 * Wait the same time after each opening.
 *
 * The default, with 60 s. For dependencies that are restarted or fail over in a known time. For outages of
 * unknown length use `Backoff`, which asks less and less often.
 *
 * @param ms milliseconds, > 0: `seconds(30)`. 30 is 30 ms.
 * @param options.jitter in [0, 1), default 0: 0.1 waits between 90 % and 110 %, on average `ms`. Give some
 * where many processes share the dependency, so that they do not probe at the same instant.
 * A bad number or an unknown option is a problem of the part, thrown by whoever is handed it.
 *
 * Gotcha: the jitter is drawn once per opening. No timer: the first call after the wait is the first probe.
 * Source: `Cooldown` of the Python library (seconds, jitter drawn at every question).
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Cooldown, seconds } from 'nestjs-fluxgate';
 *
 * const retry = Cooldown(seconds(10), { jitter: 0.1 });
 * assert.equal(retry.waitMs({ reopens: 0, random: () => 0, lastError: undefined, wallNow: 0 }), 9000);
 * ```
 */
export function Cooldown(ms: number, options: CooldownOptions = {}): Retry {
  const shown = showOptions(options);
  const text = `Cooldown(${showMs(ms)}${shown === '' ? '' : `, ${shown}`})`;
  const { jitter = 0 } = Object(options) as CooldownOptions;
  const wrong = [
    ...numberProblems('ms', ms, DURATION_MS),
    ...unknownKeys(options, ['jitter'], 'options'),
    ...numberProblems('jitter', jitter, JITTER),
  ];
  return new MadeRetry(text, at(text, wrong), ({ random }) => jittered(ms, jitter, random));
}

export interface BackoffOptions {
  /** The first wait, in milliseconds, > 0. */
  readonly initialMs: number;
  /** How many times longer each further wait is, > 1. Default 2. */
  readonly multiplier?: number;
  /** The longest wait, at least `initialMs`. Default 5 minutes, or `initialMs` when that is longer. */
  readonly maxMs?: number;
  /** How far a wait may stray to either side, as a share of it, in [0, 1). Default 0. */
  readonly jitter?: number;
}

const BACKOFF_KEYS = ['initialMs', 'multiplier', 'maxMs', 'jitter'] as const;
const DEFAULT_MULTIPLIER = 2;
const DEFAULT_MAX_MS = minutes(5);

const MULTIPLIER: NumberRule = {
  allowed: 'a finite number > 1',
  accepts: (value) => Number.isFinite(value) && value > 1,
  remedy: (value) => (value === 1 ? 'For equal waits use Cooldown(initialMs).' : undefined),
};

/**
 * Wait longer each time the probes fail, up to a maximum.
 *
 * For outages of unknown length: quick to notice a short one, sparing in a long one. The n-th wait is
 * `initialMs · multiplier^reopens`: with `{ initialMs: 1000 }` 1, 2, 4, … 256, 300, 300 seconds. Closing the
 * circuit starts anew.
 *
 * @param options milliseconds and shares, as described at each. A bad number or an unknown option is a problem
 * of the part, thrown by whoever is handed it.
 *
 * Gotcha: `maxMs` also limits the jitter, so waits at the maximum stray to the shorter side only.
 * Source: `Backoff` of the Python library (seconds, there without that limit and with an overflow).
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Backoff } from 'nestjs-fluxgate';
 *
 * const retry = Backoff({ initialMs: 1000, maxMs: 60_000 });
 * const at = { random: Math.random, lastError: undefined, wallNow: 0 };
 * const waits = [0, 1, 9].map((reopens) => retry.waitMs({ ...at, reopens }));
 * assert.deepEqual(waits, [1000, 2000, 60_000]);
 * ```
 */
export function Backoff(options: BackoffOptions): Retry {
  const text = `Backoff(${showOptions(options) || '{}'})`;
  const wrong = unknownKeys(options, BACKOFF_KEYS, 'options');
  const {
    initialMs,
    multiplier = DEFAULT_MULTIPLIER,
    jitter = 0,
    ...rest
  } = Object(options) as BackoffOptions;
  const initial = numberProblems('initialMs', initialMs, DURATION_MS);
  const { maxMs = initial.length === 0 ? Math.max(DEFAULT_MAX_MS, initialMs) : DEFAULT_MAX_MS } = rest;
  wrong.push(...initial, ...numberProblems('multiplier', multiplier, MULTIPLIER));
  if (initial.length === 0) wrong.push(...numberProblems('maxMs', maxMs, atLeast(initialMs)));
  wrong.push(...numberProblems('jitter', jitter, JITTER));
  return new MadeRetry(text, at(text, wrong), ({ reopens, random }) => {
    // The power may well be Infinity: the minimum comes before anything else is done with it.
    const waitMs = Math.min(initialMs * multiplier ** reopens, maxMs);
    return Math.min(jittered(waitMs, jitter, random), maxMs);
  });
}

const atLeast = (initialMs: number): NumberRule => ({
  allowed: `a finite number of milliseconds ≥ initialMs (${initialMs})`,
  accepts: (value) => Number.isFinite(value) && value >= initialMs,
});

/**
 * Wait not at all: the next call probes.
 *
 * For tests, and where the permit alone should limit the probes. In production each opening is followed at
 * once by probes of a dependency that has just failed: rather a short `Cooldown`. Takes nothing.
 * Source: `Always` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Always } from 'nestjs-fluxgate';
 *
 * assert.equal(Always().waitMs({ reopens: 3, random: Math.random, lastError: undefined, wallNow: 0 }), 0);
 * ```
 */
export function Always(): Retry {
  return new MadeRetry('Always()', [], () => 0);
}

/**
 * Never probe: once open, the circuit stays open until an operator calls `reset()`.
 *
 * For dependencies where one more call does harm and a person has to look first. Takes nothing.
 *
 * Gotcha: `retryAfterMs` and `retryAt` are `null` then, and there is no `Retry-After` header.
 * Source: `Never` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Never } from 'nestjs-fluxgate';
 *
 * assert.equal(Never().waitMs({ reopens: 0, random: Math.random, lastError: undefined, wallNow: 0 }), Infinity);
 * ```
 */
export function Never(): Retry {
  return new MadeRetry('Never()', [], () => Infinity);
}

/**
 * Reads what was given as a retry: one of this package stays itself, a function or an object with `waitMs` is
 * taken over, and its answers are checked. Anything else becomes a retry that only has problems.
 */
export function toRetry(like: unknown): Retry {
  if (like instanceof MadeRetry) return like;
  const { text, problems, call } = adopt(like, FAMILY);
  return new MadeRetry(text, [...problems], (context) => {
    const wait = call(context);
    if (typeof wait === 'number' && wait >= 0) return wait;
    leaveAlone(wait);
    throw new TypeError(mustBe(`${text}: waitMs`, 'a number of milliseconds ≥ 0 (Infinity: never)', wait));
  });
}

/** Drawn evenly from both sides, so that the mean is the nominal wait. */
function jittered(ms: number, jitter: number, random: () => number): number {
  return jitter === 0 ? ms : ms * (1 + jitter * (2 * random() - 1));
}

declareFactories(Cooldown, Backoff, Always, Never);
