import type { LoggerService, ModuleMetadata, Provider, Type } from '@nestjs/common';

import {
  at,
  listenerProblems,
  mustBe,
  nameProblems,
  readPolicy,
  toTracker,
  unknownKeys,
  type BreakerOptions,
  type Clock,
  type Listener,
  type RandomSource,
  type TrackerLike,
} from '../core/index.js';
import { CREATES_UNKNOWN } from './tokens.js';

/** What `FluxgateModule.forRoot` takes. */
export interface FluxgateModuleOptions {
  /** What stands in for options that a breaker does not give. */
  readonly defaults?: BreakerOptions;
  /** The breakers, by name. */
  readonly breakers?: Readonly<Record<string, BreakerOptions>>;
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
   * Register the interceptor for the whole app: it sets `Retry-After`. Default true. Methods stay guarded
   * without it.
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
  readonly extraProviders?: Provider[];
}

/** What `FluxgateModule.forFeature` takes; it is for the decorated classes of the module that imports it. */
export interface FluxgateFeatureOptions {
  /** Which errors count as failures in this module, whatever the breaker. */
  readonly tracker?: TrackerLike;
  /** The same for calls through one breaker; goes before `tracker`. */
  readonly trackers?: Readonly<Record<string, TrackerLike>>;
  /** Breakers this feature owns; they are registered with those of the root. */
  readonly breakers?: Readonly<Record<string, BreakerOptions>>;
}

const ROOT_KEYS = ['defaults', 'breakers', 'listeners', 'logger', 'retryAfterHeader', 'clock', 'random'];

/** Everything that is wrong with the options of `forRoot`. */
export function rootProblems(options: FluxgateModuleOptions, extraKeys: readonly string[] = []): string[] {
  const unknown = unknownKeys(options, [...ROOT_KEYS, ...extraKeys], 'options');
  if (typeof options !== 'object' || options === null) return unknown;
  const { defaults = {}, breakers = {}, listeners = [], logger, retryAfterHeader } = options;
  const problems = [...unknown, ...readPolicy(defaults, {}, 'defaults').problems];
  problems.push(...breakersProblems(breakers, defaults));
  if (!Array.isArray(listeners)) problems.push(mustBe('listeners', 'an array of listeners', listeners));
  else listeners.forEach((one, i) => problems.push(...listenerProblems(`listeners[${i}]`, one)));
  if (
    logger !== undefined &&
    logger !== false &&
    typeof (logger as { warn?: unknown } | null)?.warn !== 'function'
  ) {
    problems.push(mustBe('logger', 'a Nest LoggerService or false', logger));
  }
  if (retryAfterHeader !== undefined && typeof retryAfterHeader !== 'boolean') {
    problems.push(mustBe('retryAfterHeader', 'true or false', retryAfterHeader));
  }
  return [...problems, ...environmentProblems(options)];
}

function environmentProblems({ clock, random }: FluxgateModuleOptions): string[] {
  const problems: string[] = [];
  const hasClock = (['now', 'wallNow', 'setTimer'] as const).every(
    (key) => typeof clock?.[key] === 'function',
  );
  if (clock !== undefined && !hasClock) {
    problems.push(mustBe('clock', 'a clock with now(), wallNow() and setTimer()', clock));
  }
  if (random !== undefined && typeof random !== 'function') {
    problems.push(mustBe('random', 'a function that gives numbers in [0, 1)', random));
  }
  return problems;
}

/** Everything that is wrong with the options of `forFeature`, as far as it shows without the root's. */
export function featureProblems(options: FluxgateFeatureOptions): string[] {
  const problems = unknownKeys(options, ['tracker', 'trackers', 'breakers'], 'options');
  if (typeof options !== 'object' || options === null) return problems;
  const { tracker, trackers = {}, breakers = {} } = options;
  if (tracker !== undefined) problems.push(...trackerProblems('tracker', tracker));
  if (typeof trackers !== 'object' || trackers === null) {
    problems.push(mustBe('trackers', 'an object of trackers by breaker name', trackers));
  } else {
    for (const [name, one] of Object.entries(trackers))
      problems.push(...trackerProblems(`trackers.${name}`, one));
  }
  return [...problems, ...breakersProblems(breakers, {})];
}

function trackerProblems(place: string, given: unknown): string[] {
  try {
    toTracker(given);
    return [];
  } catch (error) {
    return at(place, [(error as Error).message]);
  }
}

function breakersProblems(breakers: unknown, defaults: BreakerOptions): string[] {
  if (typeof breakers !== 'object' || breakers === null || Array.isArray(breakers)) {
    return [mustBe('breakers', 'an object of options by breaker name', breakers)];
  }
  return Object.entries(breakers as Record<string, BreakerOptions>).flatMap(([name, options]) => [
    ...at('breakers', nameProblems(name)),
    ...readPolicy(options, defaults, `breakers.${name}`).problems,
  ]);
}
