import type { CallShape, Fallback, FallbackWhen, Tracker } from '../core/index.js';
import { MEMBERS } from './tokens.js';

// oxlint-disable-next-line typescript/no-explicit-any -- any method
export type Method = (this: any, ...args: any[]) => unknown;

/** What `@CircuitBreaker` says about a method. */
export interface GuardConfig {
  /** The breaker's name; without one it is `Class.method`, made from the defaults. */
  readonly breaker?: string;
  readonly tracker?: Tracker;
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
  /** Guarded by the decorator of its class. */
  readonly isByClass: boolean;
}

/** The guarded methods that this prototype itself declares. */
export function ownMembers(prototype: object): readonly Member[] {
  return (Reflect.getOwnMetadata(MEMBERS, prototype) as Member[] | undefined) ?? [];
}

export function addMember(member: Member): void {
  Reflect.defineMetadata(MEMBERS, [...ownMembers(member.owner), member], member.owner);
}

/** A class's prototype and those it inherits from, nearest first. */
export function prototypesOf(type: { readonly prototype: unknown }): object[] {
  const chain: object[] = [];
  let prototype = type.prototype as object | null;
  while (prototype !== null && prototype !== undefined && prototype !== Object.prototype) {
    chain.push(prototype);
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return chain;
}
