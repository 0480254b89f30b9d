import {
  mustBe,
  nameProblems,
  resultTrackerProblems,
  show,
  toTracker,
  unknownKeys,
  type CallShape,
  type Fallback,
  type FallbackWhen,
  type ResultTracker,
  type Tracker,
  type TrackerLike,
  messageOf,
} from '../../core/index.js';
import type { GuardConfig } from '../member.js';
import { CLASS_BREAKER, classNameOf, memberName } from '../tokens.js';
import { refuseBoth, trackWhenOn } from '../tracking.js';
import { guardMethod } from './guard.js';
import { handlersOf } from './handlers.js';
import { isTrackerLike } from './tracker-like.js';

/** Stands in for a call of the method, with its instance as `this`; type error and arguments as narrowly as you like. */
// A method's parameters are compared both ways, so `(error: HttpException, id: string) => …` fits.
// oxlint-disable-next-line typescript/no-explicit-any -- any instance, any arguments
export type MethodFallback = { standIn(this: any, error: unknown, ...args: any[]): unknown }['standIn'];

/** What `@CircuitBreaker` takes. */
export interface CircuitBreakerOptions {
  /** The breaker's name. Default: `Class.method`, made from the module's defaults; one for each class of objects, subclasses too. */
  readonly breaker?: string;
  /** Which errors count as failures here? Not together with `@TrackWhen` on the same method. */
  readonly tracker?: TrackerLike;
  /** Which errors say nothing about the dependency here? Asked before any tracker. Not together with the `ignore` of `@TrackWhen` on the same method. */
  readonly ignore?: TrackerLike;
  /** Is this returned value a failure? It is recorded as one and still returned. */
  readonly trackResult?: ResultTracker;
  /** Stands in: a function `(error, ...args)` or the name of a method of the class; `this` is kept. */
  readonly fallback?: MethodFallback | string;
  /** When: `'failure'` (rejections and counted failures, the default), `'rejected'` or `'any'` error. */
  readonly fallbackWhen?: FallbackWhen;
  /**
   * What the method returns, where its declaration does not tell (a union, an interface, nothing; or a compiler that
   * emits no metadata: esbuild, tsx, Vitest). Without it the first promise, thenable or stream that it gives tells.
   */
  readonly returns?: CallShape;
}

/** The same for a breaker that there is one of per key. */
// oxlint-disable-next-line typescript/no-explicit-any -- any arguments
export interface KeyedCircuitBreakerOptions<Args extends any[] = any[]> extends CircuitBreakerOptions {
  /**
   * Which of them? Gets the call's arguments, `this` is the instance. What throws or gives no string of at most
   * 256 characters fails no call: it goes through the group's shared breaker, and `onFault` is told.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- any instance
  readonly key: (this: any, ...args: Args) => string;
}

type GuardDecorator = MethodDecorator & ClassDecorator;

/** For methods that take at least what the key is read from. */
// oxlint-disable-next-line typescript/no-explicit-any -- any further arguments, any result
type KeyedDecorator<Args extends any[]> = <M extends (...args: [...Args, ...any[]]) => unknown>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

const KEYS = ['breaker', 'key', 'tracker', 'ignore', 'trackResult', 'fallback', 'fallbackWhen', 'returns'];
const SHAPES: readonly unknown[] = ['promise', 'sync', 'thenable', 'observable', 'iterator'];
const WHEN: readonly unknown[] = ['failure', 'rejected', 'any'];

/**
 * Which breaker do calls of this method go through?
 *
 * On a method of any class that Nest makes: provider, controller, resolver, gateway. On a controller,
 * resolver or gateway *class* it covers every handler. Async stays async, sync stays sync, an Observable
 * is admitted per subscription, an async generator per iteration, a query at each await. A stream that the method gives
 * is the call until its iteration ends.
 *
 * With `key` every call goes through the breaker of its key, where the breaker has `keys` (without a name: one that
 * is made with them).
 *
 * Calls from inside the class (`this.status()`) are guarded too. A subclass that overrides the method
 * without calling `super` is not: decorate it again.
 *
 * @throws TypeError at once, for arguments it cannot use, a static method, an accessor or a property.
 * @throws FluxgateConfigError at bootstrap, for the name of an unknown breaker or fallback method.
 * @example
 * ```ts
 * import { HttpException, Injectable } from '@nestjs/common';
 * import { CircuitBreaker, TransientErrors } from 'nestjs-fluxgate';
 *
 * @Injectable()
 * export class PaymentsService {
 *   @CircuitBreaker('payments', { tracker: TransientErrors(), fallback: 'unknown' })
 *   async status(id: string): Promise<string> {
 *     const response = await fetch(`http://payments.local/${id}`);
 *     if (!response.ok) throw new HttpException('payments', response.status); // fetch throws for no status
 *     return response.text();
 *   }
 *   unknown(): string {
 *     return 'unknown';
 *   }
 * }
 * ```
 */
export function CircuitBreaker(): GuardDecorator;
// oxlint-disable-next-line typescript/no-explicit-any -- any arguments
export function CircuitBreaker<Args extends any[]>(
  breaker: string,
  options: KeyedCircuitBreakerOptions<Args>,
): KeyedDecorator<Args>;
// oxlint-disable-next-line typescript/no-explicit-any -- any arguments
export function CircuitBreaker<Args extends any[]>(
  options: KeyedCircuitBreakerOptions<Args>,
): KeyedDecorator<Args>;
export function CircuitBreaker(
  breaker: string,
  tracker?: TrackerLike | CircuitBreakerOptions,
): GuardDecorator;
export function CircuitBreaker(tracker: TrackerLike): GuardDecorator;
export function CircuitBreaker(options: CircuitBreakerOptions): GuardDecorator;
export function CircuitBreaker(...given: readonly unknown[]): GuardDecorator {
  const config = readArguments(given);
  return ((target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (key !== undefined) guardOne(target, key, descriptor, config);
    else guardHandlers(target as NewableFunction, config);
  }) as GuardDecorator;
}

function guardOne(
  owner: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  config: GuardConfig,
): void {
  const where = memberName(typeof owner === 'function' ? (owner.prototype as object) : owner, key);
  refuseBoth(where, config, trackWhenOn(owner, key));
  guardMethod(owner, key, descriptor, config);
}

/** Guards what Nest routes calls to; a method's own decorator goes before that of its class. */
function guardHandlers(type: NewableFunction, config: GuardConfig): void {
  if (config.key !== undefined) {
    throw new TypeError(
      `@CircuitBreaker on class ${classNameOf(type)}: it has a key, and each handler has arguments of its own. Put it on the methods.`,
    );
  }
  refuseBoth(classNameOf(type), config, trackWhenOn(type));
  Reflect.defineMetadata(CLASS_BREAKER, config, type);
  for (const { key, descriptor } of handlersOf(type)) {
    guardMethod(type.prototype as object, key, descriptor, config);
    Object.defineProperty(type.prototype, key, descriptor);
  }
}

function readArguments(given: readonly unknown[]): GuardConfig {
  const [first, second] = given;
  if (given.length > 2)
    throw refused(`it takes (name?, tracker or options?), got ${given.length} arguments.`);
  if (first === undefined && second === undefined) return {};
  if (typeof first !== 'string') {
    if (second !== undefined) throw refused(mustBe('the first of two arguments', "a breaker's name", first));
    return readOptions(isTrackerLike(first) ? { tracker: first } : first);
  }
  if (second === undefined) return readOptions({ breaker: first });
  if (isTrackerLike(second)) return readOptions({ breaker: first, tracker: second });
  const config = readOptions(second);
  if (config.breaker !== undefined)
    throw refused(`the breaker is named twice: ${show(first)} and ${show(config.breaker)}.`);
  return { ...config, ...readName(first) };
}

function readName(breaker: string): Pick<GuardConfig, 'breaker'> {
  const problems = nameProblems(breaker);
  if (problems.length > 0) throw refused(...problems);
  return { breaker };
}

function readOptions(options: unknown): GuardConfig {
  const problems = unknownKeys(options, KEYS, 'options');
  if (problems.length > 0) throw refused(...problems);
  const { breaker, key, tracker, ignore, trackResult, fallback, fallbackWhen, returns } =
    options as Partial<KeyedCircuitBreakerOptions>;
  if (breaker !== undefined) problems.push(...nameProblems(breaker));
  if (key !== undefined && typeof key !== 'function') {
    problems.push(mustBe('key', 'a function (...args) => string', key));
  }
  if (trackResult !== undefined) problems.push(...resultTrackerProblems(trackResult, 'trackResult'));
  if (fallback !== undefined && typeof fallback !== 'function' && typeof fallback !== 'string') {
    problems.push(mustBe('fallback', 'a function (error, ...args) or the name of a method', fallback));
  }
  if (fallbackWhen !== undefined && !WHEN.includes(fallbackWhen)) {
    problems.push(mustBe('fallbackWhen', "'failure', 'rejected' or 'any'", fallbackWhen));
  }
  if (returns !== undefined && !SHAPES.includes(returns)) {
    problems.push(mustBe('returns', "'promise', 'sync', 'thenable', 'observable' or 'iterator'", returns));
  }
  const made = {
    tracker: readTracker(tracker, '', problems),
    ignore: readTracker(ignore, 'ignore: ', problems),
  };
  if (problems.length > 0) throw refused(...problems);
  return {
    breaker,
    key,
    ...made,
    trackResult,
    fallback: fallback as Fallback | string | undefined,
    fallbackWhen,
    returns,
  };
}

function readTracker(like: unknown, place: string, problems: string[]): Tracker | undefined {
  if (like === undefined) return undefined;
  try {
    return toTracker(like);
  } catch (error) {
    problems.push(`${place}${messageOf(error)}`);
    return undefined;
  }
}

const refused = (...problems: string[]): TypeError => new TypeError(`@CircuitBreaker: ${problems.join(' ')}`);
