import type { Callee, CallShape, Fallback, FallbackWhen, Tracker } from '../core/index.js';
import { GUARDED, MEMBERS } from './tokens.js';

export type Method = Callee;

/** A class that objects are made of, abstract ones too. */
export type ClassType = NewableFunction & { readonly prototype: object };

/** What `@CircuitBreaker` says about a method. */
export interface GuardConfig {
  /** The breaker's name; without one it is `Class.method`, made from the defaults. */
  readonly breaker?: string;
  /** Which of the breakers of that name, where there is one per key? */
  readonly key?: Method;
  readonly tracker?: Tracker;
  readonly ignore?: Tracker;
  readonly trackResult?: (value: unknown) => boolean;
  /** A function, or the name of a method of the same class. */
  readonly fallback?: Fallback | string;
  readonly fallbackWhen?: FallbackWhen;
  readonly returns?: CallShape;
}

/** A guarded method: the place where calls meet their breaker. */
export interface Member {
  /** The prototype that declares it. */
  readonly owner: object;
  readonly key: string | symbol;
  /** `Class.method`. */
  readonly where: string;
  readonly original: Method;
  readonly shape: CallShape;
  readonly config: GuardConfig;
  /** Counted by this copy of the package. */
  readonly id: number;
}

let lastId = 0;

/** For a method that is guarded now. */
export const nextId = (): number => ++lastId;

/** The guarded methods that this prototype itself declares. */
export const ownMembers = (prototype: object): readonly Member[] => ownList(MEMBERS, prototype);

/** Is this key of the prototype guarded there? By the list: a function that was put around the method tells nothing. */
export const isGuardedOn = (prototype: object, key: string | symbol): boolean =>
  ownMembers(prototype).some((member) => member.key === key);

/** Is the guarded method one of this prototype's, as where mixins copy methods from class to class? */
export function isCopiedTo(prototype: object, { key, original }: Member): boolean {
  const method: unknown = Object.getOwnPropertyDescriptor(prototype, key)?.value;
  return guardedBy(method) === original;
}

/** What this function guards, if it is a guarded method itself. */
export const guardedBy = (method: unknown): unknown =>
  typeof method === 'function' ? Reflect.getMetadata(GUARDED, method) : undefined;

export const addMember = (member: Member): void => addToList(MEMBERS, member.owner, member);

/** What decorators of this prototype itself have put on a list of it. */
export function ownList<T>(key: string, prototype: object): readonly T[] {
  return (Reflect.getOwnMetadata(key, prototype) as T[] | undefined) ?? [];
}

export function addToList(key: string, prototype: object, item: unknown): void {
  Reflect.defineMetadata(key, [...ownList(key, prototype), item], prototype);
}

/** A class's prototype and those it inherits from, nearest first; none where that is no object. */
export const prototypesOf = ({ prototype }: { readonly prototype: unknown }): object[] =>
  prototypesBehind({ __proto__: prototype });

/** What an object inherits from, nearest first; no trap of a proxy but its `getPrototypeOf` is asked. */
export function prototypesBehind(instance: object): object[] {
  const chain: object[] = [];
  let prototype = Object.getPrototypeOf(instance) as object | null;
  while (prototype !== null && prototype !== Object.prototype) {
    chain.push(prototype);
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return chain;
}

/** The class of an object that a user gave: it may be nothing, plain, or a proxy that answers everything, or throws. */
export function classOf(made: unknown): ClassType | undefined {
  let type: unknown;
  try {
    type = prototypesBehind(made as object)[0]!.constructor;
  } catch {
    // It has none.
  }
  return typeof type === 'function' ? (type as ClassType) : undefined;
}
