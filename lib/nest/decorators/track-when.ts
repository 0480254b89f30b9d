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
  type TrackedCall,
  type Tracker,
  messageOf,
} from '../../core/index.js';
import { addToList, ownMembers, type GuardConfig } from '../member.js';
import { CLASS_BREAKER, classNameOf, memberName, TRACKED_MEMBERS } from '../tokens.js';
import { hasTrackWhen, putTrackWhen, refuseBoth, type Tracking } from '../tracking.js';
import { isTrackerLike } from './tracker-like.js';

/** A question about an error; its parameter may be typed as narrowly as you like. */
// A method's parameter is compared both ways, so `(error: AxiosError) => boolean` fits.
export type ErrorPredicate = { matches(error: unknown, call?: TrackedCall): boolean }['matches'];

/** What makes an error count: its class, a question about it, or a tracker. */
export type TrackRule = Class | ErrorPredicate | Tracker | TrackerObject;

interface TrackerObject {
  isFailure(error: unknown, call?: TrackedCall): boolean;
}

/** What narrows the rules before it. */
export interface TrackNarrowing {
  /** These do not count, whatever the rules say. */
  readonly except?: readonly TrackRule[];
  /** Only errors for which this is true count. */
  readonly when?: ErrorPredicate;
  /** These say nothing about the dependency: they are neither failure nor success, whatever the other rules say. */
  readonly ignore?: readonly TrackRule[];
}

type TrackDecorator = MethodDecorator & ClassDecorator;

/**
 * Which errors of this method count as failures, and which are ignored?
 *
 * Rules are joined by *or*; a last `{ except, when, ignore }` narrows them. On a class it holds for every guarded
 * method that has no rule of its own. Above or below `@CircuitBreaker` means the same.
 *
 * It builds trackers and nothing else: `@TrackWhen()` is `All()`, `@TrackWhen(A, B)` is `TypeOf(A, B)`,
 * `@TrackWhen(A, fn)` is `TypeOf(A).or(Custom(fn))`, `@TrackWhen({ except: [A] })` is
 * `All().and(TypeOf(A).not())`. `ignore` is a tracker of its own, found along the same chain: `@TrackWhen({ ignore: [A] })`
 * says nothing about which errors count, so the tracker of the class, the module or the breaker still does.
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
  const tracking = trackingOf(rules);
  return ((target: object, key?: string | symbol): void => {
    if (key === undefined) trackClass(target as NewableFunction, tracking);
    else trackMember(target, key, tracking);
  }) as TrackDecorator;
}

/** What the rules of `@TrackWhen` stand for. */
export function trackingOf(rules: readonly unknown[]): Tracking {
  const last = rules.at(-1);
  if (!isNarrowing(last)) return { tracker: counting(rules) };
  refuseBadNarrowing(last);
  const { except, when, ignore } = last;
  const counted = rules.slice(0, -1);
  const saysNothingElse = counted.length === 0 && except === undefined && when === undefined;
  return {
    tracker: saysNothingElse && ignore !== undefined ? undefined : narrowed(counting(counted), last),
    ignore: ignore === undefined ? undefined : joined(ignore),
  };
}

const counting = (rules: readonly unknown[]): Tracker => (rules.length === 0 ? All() : joined(rules));

function joined(rules: readonly unknown[]): Tracker {
  const classes = rules.filter(isErrorClass);
  const others = rules.filter((rule) => !isErrorClass(rule)).map(otherRule);
  const [first, ...rest] = classes.length === 0 ? others : [TypeOf(...classes), ...others];
  return or(first!, ...rest);
}

/** Not a tracker's own class: of that an instance is needed. */
const isErrorClass = (rule: unknown): rule is Class => isClass(rule) && !isTrackerLike(rule.prototype);

function otherRule(rule: unknown): Tracker {
  if (isNarrowing(rule)) throw refused('{ except, when, ignore } goes last, and once.');
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

function refuseBadNarrowing(narrowing: TrackNarrowing): void {
  const problems = unknownKeys(narrowing, ['except', 'when', 'ignore'], 'the narrowing');
  const { when } = narrowing;
  for (const key of ['except', 'ignore'] as const) {
    const list = narrowing[key];
    if (list === undefined || (Array.isArray(list) && list.length > 0)) continue;
    problems.push(mustBe(key, 'a list of classes, predicates or trackers', list));
  }
  if (when !== undefined && (typeof when !== 'function' || isClass(when))) {
    problems.push(mustBe('when', 'a predicate (error) => boolean', when));
  }
  if (problems.length > 0) throw refused(...problems);
}

function narrowed(base: Tracker, { except, when }: TrackNarrowing): Tracker {
  const spared = except === undefined ? base : base.and(joined(except).not());
  return when === undefined ? spared : spared.and(Custom(when));
}

/** A plain object: an error, a list or a promise is a mistake, and must not count as an empty narrowing. */
function isNarrowing(rule: unknown): rule is TrackNarrowing {
  if (typeof rule !== 'object' || rule === null || isTrackerLike(rule)) return false;
  const prototype: unknown = Object.getPrototypeOf(rule);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function trackClass(type: NewableFunction, tracking: Tracking): void {
  refuseSecond(classNameOf(type), hasTrackWhen(type));
  refuseBoth(
    classNameOf(type),
    tracking,
    Reflect.getOwnMetadata(CLASS_BREAKER, type) as GuardConfig | undefined,
  );
  putTrackWhen(tracking, type);
}

function trackMember(owner: object, key: string | symbol, tracking: Tracking): void {
  const where = memberName(owner, key);
  if (typeof owner === 'function') {
    throw refused(`${show(String(key))} is static. Put @TrackWhen on a class or an instance method.`);
  }
  refuseSecond(where, hasTrackWhen(owner, key));
  refuseBoth(where, tracking, ownMembers(owner).find((other) => other.key === key)?.config);
  putTrackWhen(tracking, owner, key);
  addToList(TRACKED_MEMBERS, owner, key);
}

function refuseSecond(where: string, isSecond: boolean): void {
  if (isSecond) throw new TypeError(`${where} has @TrackWhen twice. Put all rules into one.`);
}

const refused = (...problems: string[]): TypeError => new TypeError(`@TrackWhen: ${problems.join(' ')}`);
