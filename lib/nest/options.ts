import type { LoggerService, ModuleMetadata, Provider, Type } from '@nestjs/common';

import {
  at,
  breakerProblems,
  FailureStreak,
  listenerProblems,
  messageOf,
  mustBe,
  nameProblems,
  oneLine,
  readPolicy,
  TimeWindow,
  toTracker,
  unknownKeys,
  type BreakerOptions,
  type Clock,
  type KeyedBreakerOptions,
  type Listener,
  type RandomSource,
  type TrackerLike,
} from '../core/index.js';
import { CREATES_UNKNOWN } from './tokens.js';

/** What `FluxgateModule.forRoot` takes. */
export interface FluxgateModuleOptions {
  /** What stands in for options that a breaker does not give. */
  readonly defaults?: BreakerOptions;
  /** The breakers, by name. One with `keys` is a group: a breaker per key. */
  readonly breakers?: Readonly<Record<string, BreakerOptions | KeyedBreakerOptions>>;
  /** Who hears of every breaker, besides the logger. */
  readonly listeners?: readonly Listener[];
  /**
   * Where transitions and faults are logged: open = error, half-open = warn, closed = log.
   * Default: a Nest `Logger` called `Fluxgate`. `false` turns it off.
   */
  readonly logger?: LoggerService | false;
  /** Set a `Retry-After` header on rejected HTTP requests. Default true. */
  readonly retryAfterHeader?: boolean;
  /** Default: the real clock. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: RandomSource;
  /** @internal */
  readonly [CREATES_UNKNOWN]?: boolean;
}

/** What has to be known before the options are. */
export interface FluxgateStaticOptions {
  /**
   * Set `Retry-After` for the whole app. Default true. With `false` it is set only where you use
   * `CircuitBreakerInterceptor` yourself (`@UseInterceptors`, `useGlobalInterceptors`); methods stay guarded.
   */
  readonly globalInterceptor?: boolean;
}

/** Makes the options of `forRootAsync`. */
export interface FluxgateOptionsFactory {
  createFluxgateOptions(): FluxgateModuleOptions | Promise<FluxgateModuleOptions>;
}

/** What `FluxgateModule.forRootAsync` takes: one of `useFactory`, `useClass`, `useExisting`. */
export interface FluxgateModuleAsyncOptions extends FluxgateStaticOptions, Pick<ModuleMetadata, 'imports'> {
  // oxlint-disable-next-line typescript/no-explicit-any -- as in Nest's own FactoryProvider
  readonly inject?: any[];
  // oxlint-disable-next-line typescript/no-explicit-any -- as in Nest's own FactoryProvider
  readonly useFactory?: (...args: any[]) => FluxgateModuleOptions | Promise<FluxgateModuleOptions>;
  readonly useClass?: Type<FluxgateOptionsFactory>;
  readonly useExisting?: Type<FluxgateOptionsFactory>;
  /**
   * The names of the breakers, when they are known: then `app.get(getBreakerToken(name))` works, and
   * bootstrap checks that the options have them all.
   */
  readonly names?: readonly string[];
  /** Providers that the options are made of, where no module exports them. */
  readonly extraProviders?: Provider[];
}

/** What `FluxgateModule.forFeature` takes; it is for the decorated classes of the module that imports it. */
export interface FluxgateFeatureOptions {
  /** Which errors count as failures in this module, whatever the breaker. */
  readonly tracker?: TrackerLike;
  /** The same for calls through one breaker; goes before `tracker`. */
  readonly trackers?: Readonly<Record<string, TrackerLike>>;
  /** Which errors say nothing about the dependency in this module, whatever the breaker? Asked before any tracker. */
  readonly ignore?: TrackerLike;
  /** The same for calls through one breaker; goes before `ignore`. */
  readonly ignores?: Readonly<Record<string, TrackerLike>>;
  /** Breakers this feature owns; they are registered with those of the root. */
  readonly breakers?: Readonly<Record<string, BreakerOptions | KeyedBreakerOptions>>;
}

const ROOT_KEYS = ['defaults', 'breakers', 'listeners', 'logger', 'retryAfterHeader', 'clock', 'random'];

/** Everything that is wrong with the options of `forRoot`. */
export function rootProblems(options: FluxgateModuleOptions, ...extraKeys: string[]): string[] {
  const unknown = unknownKeys(options, [...ROOT_KEYS, ...extraKeys], 'options');
  if (!isObject(options)) return unknown;
  const { defaults = {}, breakers = {}, listeners = [], logger, retryAfterHeader } = options;
  const problems = [...unknown, ...readPolicy(defaults, {}, 'defaults').problems];
  problems.push(...breakersProblems(breakers, Object(defaults) as BreakerOptions));
  if (!Array.isArray(listeners)) problems.push(mustBe('listeners', 'an array of listeners', listeners));
  else listeners.forEach((one, i) => problems.push(...listenerProblems(`listeners[${i}]`, one)));
  if (logger !== undefined && logger !== false && !has(logger, ['log', 'warn', 'error'])) {
    problems.push(mustBe('logger', 'false or a LoggerService with log(), warn() and error()', logger));
  }
  if (retryAfterHeader !== undefined && typeof retryAfterHeader !== 'boolean') {
    problems.push(mustBe('retryAfterHeader', 'true or false', retryAfterHeader));
  }
  return [...problems, ...environmentProblems(options)];
}

function environmentProblems({ clock, random }: FluxgateModuleOptions): string[] {
  const problems: string[] = [];
  if (clock !== undefined && !has(clock, ['now', 'wallNow', 'setTimer'])) {
    problems.push(mustBe('clock', 'a clock with now(), wallNow() and setTimer()', clock));
  }
  if (random !== undefined && typeof random !== 'function') {
    problems.push(mustBe('random', 'a function that gives numbers in [0, 1)', random));
  }
  return problems;
}

/** What is wrong with the options that have to be known before the others. */
export function staticProblems(options: FluxgateStaticOptions): string[] {
  const { globalInterceptor } = Object(options) as FluxgateStaticOptions;
  const isFine = globalInterceptor === undefined || typeof globalInterceptor === 'boolean';
  return isFine ? [] : [mustBe('globalInterceptor', 'true or false', globalInterceptor)];
}

const WAYS = ['useFactory', 'useClass', 'useExisting'] as const;
const ASYNC_KEYS = ['imports', 'inject', ...WAYS, 'names', 'extraProviders', 'globalInterceptor'];

/** Everything that is wrong with how the options of `forRootAsync` are to be made. */
export function asyncProblems(options: FluxgateModuleAsyncOptions): string[] {
  const problems = unknownKeys(options, ASYNC_KEYS, 'options');
  if (!isObject(options)) return problems;
  const { useFactory, useClass, useExisting, names } = options;
  const given = WAYS.filter((way) => options[way] !== undefined);
  if (given.length !== 1) {
    problems.push(
      `exactly one of ${WAYS.join(', ')} is needed, got ${given.length === 0 ? 'none' : given.join(' and ')}.`,
    );
  }
  if (useFactory !== undefined && typeof useFactory !== 'function') {
    problems.push(mustBe('useFactory', 'a function that gives the options', useFactory));
  }
  if (useClass !== undefined && typeof useClass !== 'function') {
    problems.push(mustBe('useClass', 'a class with createFluxgateOptions()', useClass));
  }
  if (useExisting === null) problems.push(mustBe('useExisting', 'the token of a provider', useExisting));
  return [...problems, ...namesProblems(names), ...staticProblems(options)];
}

function namesProblems(names: unknown): string[] {
  if (names === undefined) return [];
  if (!Array.isArray(names)) return [mustBe('names', 'an array of breaker names', names)];
  return names.flatMap((name, i) => at(`names[${i}]`, nameProblems(name)));
}

const FEATURE_KEYS = ['tracker', 'trackers', 'ignore', 'ignores', 'breakers'];

/** Everything that is wrong with the options of `forFeature`, as far as it shows without the root's. */
export function featureProblems(options: FluxgateFeatureOptions): string[] {
  const problems = unknownKeys(options, FEATURE_KEYS, 'options');
  if (!isObject(options)) return problems;
  const { tracker, trackers, ignore, ignores, breakers = {} } = options;
  if (tracker !== undefined) problems.push(...trackerProblems('tracker', tracker));
  problems.push(...trackersProblems('trackers', trackers));
  if (ignore !== undefined) problems.push(...trackerProblems('ignore', ignore));
  problems.push(...trackersProblems('ignores', ignores));
  return [...problems, ...breakersProblems(breakers, ANY_DEFAULTS)];
}

/** Where the root's defaults are not known yet: parts that go together with any other. */
const ANY_DEFAULTS: BreakerOptions = { window: TimeWindow(1000), tripper: FailureStreak(1) };

function trackersProblems(place: string, given: unknown = {}): string[] {
  if (!isRecord(given)) return [mustBe(place, 'an object of trackers by breaker name', given)];
  return Object.entries(given).flatMap(([name, one]) =>
    trackerProblems(`${place}.${oneLine(name, 80)}`, one),
  );
}

function trackerProblems(place: string, given: unknown): string[] {
  try {
    toTracker(given);
    return [];
  } catch (error) {
    return at(place, [messageOf(error)]);
  }
}

function breakersProblems(breakers: unknown, defaults: BreakerOptions): string[] {
  if (!isRecord(breakers)) return [mustBe('breakers', 'an object of options by breaker name', breakers)];
  return Object.entries(breakers).flatMap(([name, options]) => [
    ...at('breakers', nameProblems(name)),
    ...breakerProblems(options as BreakerOptions, defaults, `breakers.${oneLine(name, 80)}`),
  ]);
}

const isObject = (given: unknown): given is object => typeof given === 'object' && given !== null;

/** Arrays and maps have no options by name: they would count as empty. */
const isRecord = (given: unknown): given is Record<string, unknown> =>
  isObject(given) && !Array.isArray(given) && !(given instanceof Map);

const has = (given: unknown, methods: readonly string[]): boolean =>
  isObject(given) && methods.every((key) => typeof (given as Record<string, unknown>)[key] === 'function');
