import { types } from 'node:util';

import { Observable } from 'rxjs';

import { leave, onReturn, type CallShape } from '../../core/index.js';
import {
  addMember,
  guardedBy,
  isGuardedOn,
  nextId,
  type GuardConfig,
  type Member,
  type Method,
} from '../member.js';
import { injectSlots, interceptorOf } from '../slot.js';
import { GUARDED, memberName } from '../tokens.js';

/**
 * Guards a method in place: changes `descriptor.value` and returns nothing, because `applyDecorators`
 * drops what decorators return.
 *
 * @throws TypeError for what is not a method, and for a method that is guarded already.
 */
export function guardMethod(
  owner: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  config: GuardConfig,
): void {
  const where = memberName(typeof owner === 'function' ? (owner.prototype as object) : owner, key);
  const original = methodOf(owner, descriptor, where);
  if (isGuardedOn(owner, key) || guardedBy(original) !== undefined) {
    throw new TypeError(`${where} has @CircuitBreaker twice. A call has one breaker: remove one of them.`);
  }
  if (config.fallback === key) {
    throw new TypeError(`@CircuitBreaker on ${where}: the fallback is the method itself. Name another one.`);
  }
  const shape = config.returns ?? shapeOf(owner, key, original, where);
  const member: Member = { owner, key, where, original, shape, config, id: nextId() };
  descriptor!.value = disguise(wrapperOf(member), original);
  addMember(member);
  injectSlots(owner);
}

function methodOf(owner: object, descriptor: PropertyDescriptor | undefined, where: string): Method {
  const cure = 'Put @CircuitBreaker on an instance method.';
  if (typeof owner === 'function') {
    throw new TypeError(`@CircuitBreaker on ${where}: a static method has no instance to guard. ${cure}`);
  }
  if (typeof descriptor?.value !== 'function') {
    const isAccessor = descriptor?.get !== undefined || descriptor?.set !== undefined;
    const kind = isAccessor ? 'an accessor' : 'a property';
    throw new TypeError(`@CircuitBreaker on ${where}: this is ${kind}, not a method. ${cure}`);
  }
  return descriptor.value as Method;
}

/** What the method returns, as far as its declaration tells; the rest shows when it is called. */
function shapeOf(owner: object, key: string | symbol, original: Method, where: string): CallShape {
  if (types.isGeneratorFunction(original)) {
    // An async generator is both.
    if (types.isAsyncFunction(original)) return 'iterator';
    throw new TypeError(
      `@CircuitBreaker on ${where}: a sync generator does its work outside of the call. Make it an async generator.`,
    );
  }
  if (types.isAsyncFunction(original)) return 'promise';
  const declared: unknown = Reflect.getMetadata('design:returntype', owner, key);
  if (declared === Promise) return 'promise';
  return declared === Observable ? 'observable' : 'sync';
}

/** Stays what the original is: an async function rejects and never throws, a sync one stays sync. */
function wrapperOf(member: Member): Method {
  switch (member.shape) {
    case 'promise':
      return promising(member);
    case 'iterator':
      return iterating(member);
    default:
      return function (this: unknown, ...args: unknown[]) {
        return pass(member, this, args);
      };
  }
}

const AsyncFunction = Object.getPrototypeOf(async () => undefined) as object;

/** Behaves, and looks, like an async function; a real one would cost a frame and a turn of the queue. */
function promising(member: Member): Method {
  const wrapper = function (this: unknown, ...args: unknown[]): Promise<unknown> {
    // Of wrappers there are many: V8 looks up again on each call what they use of this module. Of this there is one.
    return passAsync(member, this, args);
  };
  return Object.setPrototypeOf(wrapper, AsyncFunction) as Method;
}

function passAsync(member: Member, self: unknown, args: unknown[]): Promise<unknown> {
  try {
    const interceptor = interceptorOf(self, member);
    if (interceptor === undefined) return Promise.resolve(member.original.apply(self, args));
    // The door of promises gives one, and rejects where others throw.
    return interceptor.run(member, self, args) as Promise<unknown>;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Lazy as an async generator is, and given up as soon as its consumer leaves. */
function iterating(member: Member): Method {
  const wrapper = function (this: unknown, ...args: unknown[]): AsyncGenerator {
    let body: AsyncGenerator | undefined;
    const start = (): AsyncGenerator => (body = pass(member, this, args) as AsyncGenerator);
    const iteration = (async function* () {
      return yield* start();
    })();
    return onReturn(iteration, () => leave(body));
  };
  return Object.setPrototypeOf(wrapper, Object.getPrototypeOf(member.original) as object) as Method;
}

function pass(member: Member, self: unknown, args: unknown[]): unknown {
  const interceptor = interceptorOf(self, member);
  if (interceptor === undefined) return member.original.apply(self, args);
  return interceptor.run(member, self, args);
}

/** Name, length and every metadata, so that other decorators, above and below, see the method. */
function disguise(wrapper: Method, original: Method): Method {
  for (const property of ['name', 'length'] as const) {
    Object.defineProperty(wrapper, property, { value: original[property], configurable: true });
  }
  for (const key of Reflect.getMetadataKeys(original) as string[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), wrapper);
  }
  Reflect.defineMetadata(GUARDED, original, wrapper);
  return wrapper;
}
