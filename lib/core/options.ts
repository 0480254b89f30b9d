import { FluxgateConfigError } from './base/errors.js';
import { minutes, seconds } from './base/duration.js';
import { messageOf, showError } from './base/error-text.js';
import { oneLine } from './base/text.js';
import { at, COUNT, DURATION_MS, isOptions, mustBe, numberProblems, unknownKeys } from './base/validate.js';
import { listenerProblems, type Listener } from './listeners/index.js';
import type { Part, ResultTracker } from './model/part.js';
import type { BreakerSnapshot } from './model/snapshot.js';
import { RampUp, toPermit, type Permit, type PermitLike } from './permits/index.js';
import { Cooldown, toRetry, type Retry, type RetryLike } from './retries/index.js';
import { All, resultTrackerProblems, toTracker, type Tracker, type TrackerLike } from './trackers/index.js';
import {
  DEFAULT_TRIPPER,
  toTripper,
  tripperProblems,
  type Tripper,
  type TripperLike,
} from './trippers/index.js';
import { CountWindow, toWindow, type Window, type WindowLike } from './windows/index.js';

/** How one breaker behaves. Everything has a default; every number is checked. */
export interface BreakerOptions {
  /** Which recent calls are remembered? Default `CountWindow(100)`. */
  readonly window?: WindowLike;
  /** Which errors count as failures, where the call site does not say? Default `All()`. */
  readonly tracker?: TrackerLike;
  /** Which errors say nothing about the dependency? Asked before `tracker`. Default: none. `All().not()` says so over `defaults`. */
  readonly ignore?: TrackerLike;
  /** Is it bad enough to open? Default: 50 % of at least 100 calls; half-open 50 % of at least 10 probes. */
  readonly tripper?: TripperLike;
  /** When may an open circuit be probed? Default `Cooldown(seconds(60))`. */
  readonly retry?: RetryLike;
  /** Which calls may probe in half-open? Default `RampUp(0.1, 1, seconds(60))`. */
  readonly permit?: PermitLike;
  /** Who wants to know? Default none (in Nest: the module's logger listener). */
  readonly listeners?: readonly Listener[];
  /** Most probes in flight at once, a whole number from 1; more are rejected. Default 10. */
  readonly maxHalfOpenCalls?: number;
  /** Longest time in half_open before it opens again, in ms. Default: no limit; `'none'` says so over `defaults`. */
  readonly maxHalfOpenMs?: number | 'none';
  /** After this many ms a probe that has not ended (a stream: has given no value) counts as failed. Default: `timeoutMs` (a stream: to its first value), by its timer where the call has one; else 60 000. */
  readonly probeLeaseMs?: number;
  /** After this many ms a call is rejected with `CallTimeoutException`, and counts as a failure. Default: no limit; `'none'` says so over `defaults`. */
  readonly timeoutMs?: number | 'none';
  /** After this many ms without a value a stream that gave one already is cut with `CallTimeoutException`, and counts as a failure: an Observable, an async generator, an iterable that was returned. Default: no limit; `'none'` says so over `defaults`. */
  readonly idleTimeoutMs?: number | 'none';
  /** What is an error that neither `ignore` nor `tracker` matches: nothing, or proof of life? Default `'ignored'`. */
  readonly untracked?: 'ignored' | 'success';
  /** Is this *returned* value a failure? It is recorded as one and still returned. */
  readonly trackResult?: ResultTracker;
  /** Give rejections a stack trace. Default false: they are hot in an outage. */
  readonly rejectionStackTraces?: boolean;
  /** The state it starts in; `reset()` closes it. `'metrics_only'` tries a rule out in production. Default `'closed'`. */
  readonly initialState?: InitialState;
}

/** A state a breaker can start in. */
export type InitialState = 'closed' | 'metrics_only' | 'disabled' | 'forced_open';

/** Options with every default filled in and every part checked. */
interface Settings {
  readonly window: Window;
  readonly tracker: Tracker;
  readonly ignore: Tracker | undefined;
  readonly tripper: Tripper;
  readonly retry: Retry;
  readonly permit: Permit;
  readonly listeners: readonly Listener[];
  readonly maxHalfOpenCalls: number;
  readonly maxHalfOpenMs: number;
  readonly probeLeaseMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly idleTimeoutMs: number | undefined;
  readonly untracked: 'ignored' | 'success';
  readonly trackResult: ResultTracker | undefined;
  readonly rejectionStackTraces: boolean;
  readonly initialState: InitialState;
}

export interface Policy extends Settings {
  /** How long a probe may take before it counts as failed. */
  readonly leaseMs: number;
  /** How long a probing stream may be silent. */
  readonly streamLeaseMs: number;
  /** The parts as text, read once: nobody's `toString` runs in a call. */
  readonly rules: BreakerSnapshot['rules'];
}

export const DEFAULT_WINDOW = CountWindow(100);
const DEFAULT_LEASE_MS = minutes(1);

/** One option: how what was given is read, and what is wrong with it. */
type Reader<T> = (given: unknown, what: string, problems: string[]) => T;

export const part =
  <P extends Part, F extends P | undefined = P>(adopt: (like: never) => P, fallback: F): Reader<P | F> =>
  (given, what, problems) => {
    if (given === undefined) return fallback;
    try {
      const made = adopt(given as never);
      problems.push(...at(what, made.problems));
      return made;
    } catch (error) {
      problems.push(`${what}: ${messageOf(error)}`);
      return fallback;
    }
  };

const number =
  (rule: typeof COUNT, fallback: number | undefined): Reader<number | undefined> =>
  (given, what, problems) => {
    if (given === undefined) return fallback;
    problems.push(...numberProblems(what, given, rule));
    return given as number;
  };

const LIMIT_MS: typeof DURATION_MS = {
  ...DURATION_MS,
  remedy: (value) => (value === Infinity ? "Say 'none' for no limit." : undefined),
};

/** A limit of time, which `'none'` takes away. */
const limit =
  (none: number | undefined): Reader<number | undefined> =>
  (given, what, problems) => {
    if (given === undefined || given === 'none') return none;
    problems.push(...numberProblems(what, given, LIMIT_MS));
    return given as number;
  };

const checked =
  <T>(allowed: string, accepts: (given: unknown) => boolean, fallback: T): Reader<T> =>
  (given, what, problems) => {
    if (given === undefined) return fallback;
    if (!accepts(given)) problems.push(mustBe(what, allowed, given));
    return given as T;
  };

const readResultTracker: Reader<ResultTracker | undefined> = (given, what, problems) => {
  if (given !== undefined) problems.push(...resultTrackerProblems(given, what));
  return given as ResultTracker | undefined;
};

export const readListeners: Reader<readonly Listener[]> = (given = [], what, problems) => {
  if (!Array.isArray(given)) {
    problems.push(mustBe(what, 'an array of listeners', given));
    return given as never;
  }
  given.forEach((one, i) => problems.push(...listenerProblems(`${what}[${i}]`, one)));
  return [...(given as Listener[])];
};

const READERS: { readonly [Key in keyof Settings]: Reader<unknown> } = {
  window: part<Window>(toWindow, DEFAULT_WINDOW),
  tracker: part<Tracker>(toTracker, All()),
  ignore: part<Tracker, undefined>(toTracker, undefined),
  tripper: part<Tripper>(toTripper, DEFAULT_TRIPPER),
  retry: part<Retry>(toRetry, Cooldown(seconds(60))),
  permit: part<Permit>(toPermit, RampUp(0.1, 1, seconds(60))),
  listeners: readListeners,
  maxHalfOpenCalls: number(COUNT, 10),
  maxHalfOpenMs: limit(Infinity),
  probeLeaseMs: number(DURATION_MS, undefined),
  timeoutMs: limit(undefined),
  idleTimeoutMs: limit(undefined),
  untracked: checked(
    "'ignored' or 'success'",
    (given) => given === 'ignored' || given === 'success',
    'ignored',
  ),
  trackResult: readResultTracker,
  initialState: checked(
    "'closed', 'metrics_only', 'disabled' or 'forced_open'",
    (given) => ['closed', 'metrics_only', 'disabled', 'forced_open'].includes(given as string),
    'closed',
  ),
  rejectionStackTraces: checked('true or false', (given) => typeof given === 'boolean', false),
};

/** Every option of a breaker. */
export const OPTION_NAMES: readonly string[] = Object.keys(READERS);

const RULES = ['window', 'tracker', 'ignore', 'tripper', 'retry', 'permit'] as const;

/** What is read of options, and everything that is wrong with them. */
export interface Reading {
  readonly policy: Policy;
  readonly problems: string[];
}

/** Reads options over defaults; `place` is put before each problem. */
export function readPolicy(options: BreakerOptions, defaults: BreakerOptions, place: string): Reading {
  // What is wrong with the defaults is told once, where they are given.
  return compose(options, place, (key) => READERS[key](defaults[key], key, []));
}

/** Reads a change of options over a policy: what is not named stays. */
export function readChange(change: BreakerOptions, policy: Policy): Reading {
  return compose(change, '', (key) => policy[key]);
}

function compose(
  options: BreakerOptions,
  place: string,
  insteadOf: (key: keyof Settings) => unknown,
): Reading {
  const problems = unknownKeys(options, OPTION_NAMES, place === '' ? 'options' : place);
  const given = Object(options) as BreakerOptions;
  const pathOf = (key: string): string => (place === '' ? key : `${place}.${key}`);
  const read = (key: keyof Settings): unknown => {
    const own = given[key];
    return own === undefined ? insteadOf(key) : READERS[key](own, pathOf(key), problems);
  };
  const settings = Object.fromEntries(
    (Object.keys(READERS) as (keyof Settings)[]).map((key) => [key, read(key)]),
  ) as unknown as Settings;
  const { tripper, window, probeLeaseMs, timeoutMs } = settings;
  if (tripper.problems.length === 0) {
    problems.push(...at(pathOf('tripper'), tripperProblems(tripper, window.capacity)));
  }
  const textOf = (key: keyof Policy['rules']): string => {
    try {
      return oneLine(settings[key]!.toString(), Infinity);
    } catch (error) {
      problems.push(`${pathOf(key)}: its toString() failed: ${showError(error)}`);
      return key;
    }
  };
  const told = RULES.filter((key) => settings[key] !== undefined);
  const rules = Object.fromEntries(told.map((key) => [key, textOf(key)])) as unknown as Policy['rules'];
  // Not a spread: V8 gives each of its results a shape of its own, and reads many of those slowly.
  const policy = Object.assign(settings, {
    leaseMs: probeLeaseMs ?? timeoutMs ?? DEFAULT_LEASE_MS,
    streamLeaseMs: probeLeaseMs ?? DEFAULT_LEASE_MS,
    rules,
  });
  return { policy, problems };
}

/** Breakers of nothing but the same defaults have one policy: 1 KiB less for each. */
const bare = new WeakMap<BreakerOptions, Policy>();

/** The policy, or every problem in one `FluxgateConfigError`. */
export function resolvePolicy(where: string, options: BreakerOptions, defaults: BreakerOptions): Policy {
  // Nothing at all, and still an object: null and [] are to be refused each time.
  const isBare = isOptions(options) && Object.keys(options).length === 0;
  const known = isBare ? bare.get(defaults) : undefined;
  if (known !== undefined) return known;
  const { policy, problems } = readPolicy(options, defaults, '');
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
  if (isBare) bare.set(defaults, policy);
  return policy;
}
