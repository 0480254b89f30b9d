import { minutes } from '../base/duration.js';
import { FluxgateConfigError } from '../base/errors.js';
import {
  DURATION_MS,
  isOptions,
  mustBe,
  numberProblems,
  unknownKeys,
  type NumberRule,
} from '../base/validate.js';
import { readPolicy, type BreakerOptions, type Policy } from '../options.js';
import type { BreakerEnvironment } from '../environment.js';
import type { RegistryWatcher } from '../watcher.js';

/** What a group takes from outside. */
export interface KeyedEnvironment extends Pick<BreakerEnvironment, 'clock' | 'random'> {
  /** @internal */ readonly deadlines?: BreakerEnvironment['deadlines'];
  /** @internal */ readonly audience?: BreakerEnvironment['audience'];
  /** @internal */ readonly defaults?: BreakerEnvironment['defaults'];
  /** A registry's own: told of every breaker of the group. @internal */
  readonly watchers?: Iterable<Required<RegistryWatcher>>;
}

/** Where calls of a new key go when there are as many keys as there may be, and none can be dropped. */
export type WhenFull =
  /** Straight to the dependency: unguarded and unjudged, but counted. */
  | 'passthrough'
  /** Nowhere: `CallNotPermittedException` with the reason `'keys_full'`. */
  | 'reject';

/** How many breakers of one policy there may be, one per key. */
export interface KeysOptions {
  /** Most keys with a breaker of their own at once, a whole number from 1 to 1 000 000. Default 10 000. */
  readonly max?: number;
  /** A breaker without a call for so many ms may be dropped to save its memory. Default 10 minutes. */
  readonly idleMs?: number;
  /** What becomes of the calls of a new key when all are in use. Default `'passthrough'`. */
  readonly whenFull?: WhenFull;
}

/** One policy for many breakers: the options of a breaker, and `keys`. */
export interface KeyedBreakerOptions extends BreakerOptions {
  /** One breaker per key; `{}` takes every default. */
  readonly keys: KeysOptions;
}

export type Keys = Required<KeysOptions>;

const MAX: NumberRule = {
  allowed: 'a whole number from 1 to 1 000 000',
  accepts: (value) => Number.isSafeInteger(value) && value >= 1 && value <= 1_000_000,
};

const WHEN_FULL: readonly unknown[] = ['passthrough', 'reject'];

/** Are these options of a group, one breaker per key? */
export function hasKeys(options: unknown): options is KeyedBreakerOptions {
  return isOptions(options) && (options as Partial<KeyedBreakerOptions>).keys !== undefined;
}

/** What is wrong with the options of a breaker, or of a group of them; `place` is put before each. */
export function breakerProblems(
  options: BreakerOptions | KeyedBreakerOptions,
  defaults: BreakerOptions,
  place: string,
): string[] {
  return hasKeys(options)
    ? readGroup(options, defaults, place).problems
    : readPolicy(options, defaults, place).problems;
}

/** Reads the options of a group: its policy, once for all its breakers, and its keys. */
export function readGroup(
  options: KeyedBreakerOptions,
  defaults: BreakerOptions,
  place: string,
): { policy: Policy; keys: Keys; problems: string[] } {
  const { keys, ...own } = options;
  const { policy, problems } = readPolicy(own, defaults, place);
  const what = place === '' ? 'keys' : `${place}.keys`;
  problems.push(...keysProblems(keys, what));
  const { max = 10_000, idleMs = minutes(10), whenFull = 'passthrough' } = Object(keys) as KeysOptions;
  return { policy, keys: { max, idleMs, whenFull }, problems };
}

function keysProblems(keys: KeysOptions, what: string): string[] {
  const problems = unknownKeys(keys, ['max', 'idleMs', 'whenFull'], what);
  const { max, idleMs, whenFull } = Object(keys) as KeysOptions;
  if (max !== undefined) problems.push(...numberProblems(`${what}.max`, max, MAX));
  if (idleMs !== undefined) problems.push(...numberProblems(`${what}.idleMs`, idleMs, DURATION_MS));
  if (whenFull !== undefined && !WHEN_FULL.includes(whenFull)) {
    problems.push(mustBe(`${what}.whenFull`, "'passthrough' or 'reject'", whenFull));
  }
  return problems;
}

/** The policy and the keys, or every problem in one `FluxgateConfigError`. */
export function resolveGroup(
  where: string,
  options: KeyedBreakerOptions,
  defaults: BreakerOptions,
): { policy: Policy; keys: Keys } {
  const { problems, ...group } = readGroup(Object(options) as KeyedBreakerOptions, defaults, '');
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
  return group;
}

/** Longer keys are none: whoever sends them wants our memory. */
const MAX_KEY_LENGTH = 256;

/** What is wrong with a key, if anything. The empty string is a key like any other. */
export function keyProblem(key: unknown): string | undefined {
  const allowed = `a string of at most ${MAX_KEY_LENGTH} characters`;
  if (typeof key !== 'string') return mustBe('a key', allowed, key, remedyFor(key));
  if (key.length <= MAX_KEY_LENGTH) return undefined;
  return `a key must be ${allowed}, got one of ${key.length}. Hash it, or take less of it.`;
}

function remedyFor(key: unknown): string {
  if (typeof key === 'number' || typeof key === 'bigint') return `Make it a string: String(${key}).`;
  if (key === undefined || key === null) return 'Is what it is read from there?';
  return '';
}

/** What a page of keys is made of; keys are in the order in which they were created. */
export interface PageOptions {
  /** The `next` of the page before. Default: from the beginning. */
  readonly after?: number;
  /** Most items, a whole number from 1 to 1000. Default 100. */
  readonly limit?: number;
}

const LIMIT: NumberRule = {
  allowed: 'a whole number from 1 to 1000',
  accepts: (value) => Number.isSafeInteger(value) && value >= 1 && value <= 1000,
};

const AFTER: NumberRule = {
  allowed: 'the next of the page before',
  accepts: (value) => Number.isSafeInteger(value) && value >= 0,
};

/** @throws FluxgateConfigError naming every option that is wrong. */
export function readPage(where: string, options: PageOptions): Required<PageOptions> {
  const problems = unknownKeys(options, ['after', 'limit'], 'options');
  const { after = 0, limit = 100 } = Object(options) as PageOptions;
  problems.push(...numberProblems('after', after, AFTER), ...numberProblems('limit', limit, LIMIT));
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
  return { after, limit };
}

/** How long what is remembered counts after the last use: windows that do not forget by time have `idleMs`. */
export const evidenceMsOf = ({ window }: Policy, { idleMs }: Keys): number =>
  Number.isFinite(window.maxAgeMs) ? window.maxAgeMs : idleMs;
