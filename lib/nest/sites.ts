import { types } from 'node:util';

import { StreamableFile } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';

import {
  callSite,
  KeyedBreakers,
  nearest,
  type Fallback,
  type MethodTraits,
  type Tracker,
} from '../core/index.js';
import type { AppBreakers } from './app-breakers.js';
import { featureTrackers, hostOf } from './features.js';
import { isCopiedTo, prototypesOf, type ClassType, type Member, type Method } from './member.js';
import { Binding, type BoundMethod } from './binding.js';
import type { Guard } from './process-wide.js';
import type { Bound } from './slot.js';
import { MODULE_SLOT } from './tokens.js';
import { trackWhenOfClass, trackWhenOn, type Question } from './tracking.js';

/** A method that was called on nothing: it has a class all the same. */
const NOBODY = {};
/** Stands for the module of objects that Nest did not make. */
const NO_MODULE = {};

/** Which breaker, tracker and fallback does a guarded method have in this app? */
export class Sites {
  /** By the module and class of their objects. Weak: both may come and go. */
  private readonly bindings = new WeakMap<object, WeakMap<object, Binding>>();

  constructor(readonly breakers: AppBreakers) {}

  /** What objects of this class and module carry in place of the interceptor. */
  bindingOf(guard: Guard, type: unknown, moduleRef: ModuleRef | undefined): Binding {
    const binding = (): Binding => new Binding(guard, (member) => this.bound(member, type, moduleRef));
    if (!isKey(type)) return binding();
    const ofModule = this.bindings.get(moduleRef ?? NO_MODULE) ?? new WeakMap<object, Binding>();
    const known = ofModule.get(type) ?? binding();
    this.bindings.set(moduleRef ?? NO_MODULE, ofModule.set(type, known));
    return known;
  }

  /** The same for an object that carries none: Nest did not make it. */
  bindingFor(guard: Guard, member: Member, self: unknown): Binding {
    const { constructor: type, [MODULE_SLOT]: moduleRef } = (self ?? NOBODY) as Bound;
    // What is called on nothing, or on a plain object, has the class of the method.
    const isOwn = isKey(type) && type !== Object;
    return this.bindingOf(guard, isOwn ? type : member.owner, moduleRef);
  }

  private bound(member: Member, type: unknown, moduleRef: ModuleRef | undefined): BoundMethod {
    if (!this.breakers.isReady) throw new Error(tooEarly(member));
    return this.resolve(member, hostClass(member, type), moduleRef);
  }

  /** @throws an error whose message says what is wrong. */
  resolve(member: Member, type: ClassType, moduleRef: ModuleRef | undefined): BoundMethod {
    const { config, where } = member;
    const { breaker: name, trackResult, fallbackWhen } = config;
    const isKeyed = config.key !== undefined;
    const found =
      name === undefined ? this.breakers.unnamed(member, type) : this.breakers.get(name, where, isKeyed);
    if (found instanceof KeyedBreakers !== isKeyed) throw new Error(wrongKind(where, found.name, isKeyed));
    const options = {
      tracker: this.nearestTracker('tracker', member, type, moduleRef, found.name),
      ignore: this.nearestTracker('ignore', member, type, moduleRef, found.name),
      trackResult,
      fallback: fallbackOf(member, type),
      fallbackWhen,
    };
    const [breaker, group] = found instanceof KeyedBreakers ? [undefined, found] : [found, undefined];
    return { member, breaker, group, call: callSite(where, options, traitsOf(member), isKeyed) };
  }

  /** Nearest wins: method → class → the module's forFeature → (undefined) the breaker's own. Each question by itself. */
  private nearestTracker(
    question: Question,
    { owner, key, config }: Member,
    type: ClassType,
    moduleRef: ModuleRef | undefined,
    breaker: string,
  ): Tracker | undefined {
    const near = trackWhenOn(owner, key)[question] ?? config[question] ?? trackWhenOfClass(type, question);
    if (near !== undefined) return near;
    const host = hostOf(this.breakers.modules, moduleRef);
    if (host === undefined) return undefined;
    const { forAll, byBreaker } = featureTrackers(host, question);
    return byBreaker.get(breaker) ?? forAll;
  }
}

/** What is known of a method before it is called. */
const traitsOf = ({ original }: Member): MethodTraits => ({
  isAsync: types.isAsyncFunction(original),
  bodyOf,
});

/** Nest sends the stream inside. */
const bodyOf = (value: object): object => (value instanceof StreamableFile ? value.getStream() : value);

/** Can it be the key of a weak map? What stands under `constructor` may be anything. */
const isKey = (given: unknown): given is object => Object(given) === given;

/** The class of the object; that of the method where it was called on something else (`undefined`, a plain object). */
function hostClass(member: Member, type: unknown): ClassType {
  const has = (prototype: object): boolean => prototype === member.owner || isCopiedTo(prototype, member);
  const isHost = typeof type === 'function' && prototypesOf(type as ClassType).some(has);
  return isHost ? (type as ClassType) : (member.owner.constructor as ClassType);
}

/** The fallback with the instance as its `this`; a name is looked up on each call, so that overrides work. */
function fallbackOf({ config, where }: Member, type: ClassType): Fallback | undefined {
  const { fallback } = config;
  if (typeof fallback !== 'string') return fallback;
  const methods = methodNames(type);
  if (!methods.includes(fallback)) {
    const guess = nearest(fallback, methods);
    throw new Error(
      `${where}: the fallback "${fallback}" is not a method of the class.${guess === undefined ? '' : ` Did you mean "${guess}"?`}`,
    );
  }
  return function (this: Record<string, Method>, error: unknown, ...args: unknown[]) {
    return this[fallback]!(error, ...args);
  };
}

/** Names of methods, inherited ones too; no accessor is run to find out. */
function methodNames(type: ClassType): string[] {
  return prototypesOf(type).flatMap((prototype) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
      .map(([name]) => name),
  );
}

const wrongKind = (where: string, name: string, isKeyed: boolean): string =>
  isKeyed
    ? `${where}: @CircuitBreaker has a key, but the breaker "${name}" has none. Give it keys, breakers: { "${name}": { keys: {} } }, or leave out the key.`
    : `${where}: the breaker "${name}" has keys, and @CircuitBreaker does not say which. Add the option key: (...args) => string.`;

const tooEarly = ({ where }: Member): string =>
  `${where} was called while FluxgateModule.forRootAsync was waiting for its options. ` +
  'Call it in onModuleInit or later; what the options themselves are made of cannot be guarded.';
