import {
  All,
  Custom,
  isClass,
  mustBe,
  or,
  show,
  toTracker,
  TypeOf,
  unknownKeys,
  type Class,
  type Tracker,
  messageOf,
} from '../../core/index.js';
import { addToList, ownMembers } from '../member.js';
import { CLASS_BREAKER, classNameOf, memberName, TRACK_WHEN, TRACKED_MEMBERS } from '../tokens.js';
import { bothTrackers } from './circuit-breaker.js';
import { isTrackerLike } from './tracker-like.js';

/** A question about an error; its parameter may be typed as narrowly as you like. */
// A method's parameter is compared both ways, so `(error: AxiosError) => boolean` fits.
export type ErrorPredicate = { matches(error: unknown): boolean }['matches'];

/** What makes an error count: its class, a question about it, or a tracker. */
export type TrackRule = Class | ErrorPredicate | Tracker | { isFailure(error: unknown): boolean };

/** What narrows the rules before it. */
export interface TrackNarrowing {
  /** These do not count, whatever the rules say. */
  readonly except?: readonly TrackRule[];
  /** Only errors for which this is true count. */
  readonly when?: ErrorPredicate;
}

type TrackDecorator = MethodDecorator & ClassDecorator;

/**
 * Which errors of this method count as failures?
 *
 * Rules are joined by *or*; a last `{ except, when }` narrows them. On a class it holds for every guarded
 * method that has no rule of its own. Above or below `@CircuitBreaker` means the same.
 *
 * It builds trackers and nothing else: `@TrackWhen()` is `All()`, `@TrackWhen(A, B)` is `TypeOf(A, B)`,
 * `@TrackWhen(A, fn)` is `TypeOf(A).or(Custom(fn))`, `@TrackWhen({ except: [A] })` is
 * `All().and(TypeOf(A).not())`.
 *
 * @throws TypeError at once, for what is neither class, predicate nor tracker.
 * @throws FluxgateConfigError at bootstrap, on a method without `@CircuitBreaker`.
 * @example
 * ```ts
 * import { BadGatewayException, Injectable, UnauthorizedException } from '@nestjs/common';
 * import { CircuitBreaker, NetworkErrors, TrackWhen } from 'nestjs-fluxgate';
 *
 * @Injectable()
 * export class PaymentsService {
 *   @CircuitBreaker()
 *   @TrackWhen(BadGatewayException, NetworkErrors(), { except: [UnauthorizedException] })
 *   async pay(): Promise<void> {}
 * }
 * ```
 */
export function TrackWhen(...rules: readonly (TrackRule | TrackNarrowing)[]): TrackDecorator {
  const tracker = trackerOf(rules);
  return ((target: object, key?: string | symbol): void => {
    if (key === undefined) trackClass(target as NewableFunction, tracker);
    else trackMember(target, key, tracker);
  }) as TrackDecorator;
}

/** The tracker that the rules of `@TrackWhen` stand for. */
export function trackerOf(rules: readonly unknown[]): Tracker {
  const last = rules.at(-1);
  const narrowing = isNarrowing(last) ? last : undefined;
  const counted = narrowing === undefined ? rules : rules.slice(0, -1);
  const base = counted.length === 0 ? All() : joined(counted);
  return narrowing === undefined ? base : narrowed(base, narrowing);
}

function joined(rules: readonly unknown[]): Tracker {
  const classes = rules.filter(isErrorClass);
  const others = rules.filter((rule) => !isErrorClass(rule)).map(otherRule);
  const [first, ...rest] = classes.length === 0 ? others : [TypeOf(...classes), ...others];
  return or(first!, ...rest);
}

/** Not a tracker's own class: of that an instance is needed. */
const isErrorClass = (rule: unknown): rule is Class => isClass(rule) && !isTrackerLike(rule.prototype);

function otherRule(rule: unknown): Tracker {
  if (isNarrowing(rule)) throw refused('{ except, when } goes last, and once.');
  if (!isTrackerLike(rule)) {
    const remedy = rule === undefined ? 'A circular import leaves a class undefined.' : '';
    throw refused(
      mustBe('a rule', 'an exception class, a predicate (error) => boolean or a tracker', rule, remedy),
    );
  }
  try {
    return toTracker(rule);
  } catch (error) {
    throw refused(messageOf(error));
  }
}

function narrowed(base: Tracker, narrowing: TrackNarrowing): Tracker {
  const problems = unknownKeys(narrowing, ['except', 'when'], 'the narrowing');
  const { except, when } = narrowing;
  if (except !== undefined && (!Array.isArray(except) || except.length === 0)) {
    problems.push(mustBe('except', 'a list of classes, predicates or trackers', except));
  }
  if (when !== undefined && (typeof when !== 'function' || isClass(when))) {
    problems.push(mustBe('when', 'a predicate (error) => boolean', when));
  }
  if (problems.length > 0) throw refused(...problems);
  const spared = except === undefined ? base : base.and(joined(except).not());
  return when === undefined ? spared : spared.and(Custom(when));
}

/** A plain object: an error, a list or a promise is a mistake, and must not count as an empty narrowing. */
function isNarrowing(rule: unknown): rule is TrackNarrowing {
  if (typeof rule !== 'object' || rule === null || isTrackerLike(rule)) return false;
  const prototype: unknown = Object.getPrototypeOf(rule);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function trackClass(type: NewableFunction, tracker: Tracker): void {
  refuseSecond(classNameOf(type), Reflect.hasOwnMetadata(TRACK_WHEN, type));
  const own = Reflect.getOwnMetadata(CLASS_BREAKER, type) as { tracker?: Tracker } | undefined;
  if (own?.tracker !== undefined) throw new TypeError(bothTrackers(classNameOf(type)));
  Reflect.defineMetadata(TRACK_WHEN, tracker, type);
}

function trackMember(owner: object, key: string | symbol, tracker: Tracker): void {
  const where = memberName(owner, key);
  if (typeof owner === 'function') {
    throw refused(`${show(String(key))} is static. Put @TrackWhen on a class or an instance method.`);
  }
  refuseSecond(where, Reflect.hasOwnMetadata(TRACK_WHEN, owner, key));
  const member = ownMembers(owner).find((other) => other.key === key);
  if (member?.config.tracker !== undefined) throw new TypeError(bothTrackers(where));
  Reflect.defineMetadata(TRACK_WHEN, tracker, owner, key);
  addToList(TRACKED_MEMBERS, owner, key);
}

function refuseSecond(where: string, isSecond: boolean): void {
  if (isSecond) throw new TypeError(`${where} has @TrackWhen twice. Put all rules into one.`);
}

const refused = (...problems: string[]): TypeError => new TypeError(`@TrackWhen: ${problems.join(' ')}`);
