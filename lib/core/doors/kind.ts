import { types } from 'node:util';

import type { Observable } from 'rxjs';

/**
 * What did a call give, told by the value itself? In this order:
 *
 * - `promise`: its end is the end of the call.
 * - `thenable`: something else with a `then`; each `then` is a call (a query that starts when it is awaited).
 * - `observable`: each subscription is a call.
 * - `body`: a readable stream of Node.js: its end or error is the end of the call.
 * - `iterable`: async; the call ends as its iteration ends.
 * - `value`: anything else; the call has ended.
 */
export type Kind = 'promise' | 'thenable' | StreamKind | 'value';

/** What a promise, too, may turn out to have given. */
export type StreamKind = 'observable' | 'body' | 'iterable';

/** What a sync call gave. Never throws: what cannot be read is a value. */
export function kindOf(value: unknown): Kind {
  if (!canHaveMethods(value)) return 'value';
  if (types.isPromise(value)) return 'promise';
  try {
    if (typeof (value as Partial<PromiseLike<unknown>>).then !== 'function') return streamKindOf(value);
    return answersAll(value) ? 'value' : 'thenable';
  } catch {
    return 'value';
  }
}

/** What a promise resolved to, if that can have methods. Never throws. */
export function streamKindOf(value: object): StreamKind | 'value' {
  try {
    const kind = kindByMethods(value);
    return kind !== 'value' && answersAll(value) ? 'value' : kind;
  } catch {
    return 'value';
  }
}

export const canHaveMethods = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

type Streamish = Partial<Observable<unknown> & AsyncIterable<unknown> & NodeJS.ReadableStream>;

function kindByMethods(value: Streamish): StreamKind | 'value' {
  if (typeof value.pipe === 'function') {
    if (typeof value.subscribe === 'function' && typeof value.lift === 'function') return 'observable';
    if (typeof value.on === 'function' && value.readable !== undefined) return 'body';
  }
  return typeof value[Symbol.asyncIterator] === 'function' ? 'iterable' : 'value';
}

/** A typed RPC client or a deep mock has every property that it is asked for; so none of them means anything. */
function answersAll(value: object): boolean {
  return (value as Record<string, unknown>)['nestjs-fluxgate: nobody has this'] !== undefined;
}

/** A promise with methods or properties of its own, which a promise derived from it would lack. */
export function isSpecialPromise(value: unknown): value is Promise<unknown> {
  return types.isPromise(value) && isOfItsOwnKind(value);
}

function isOfItsOwnKind(promise: Promise<unknown>): boolean {
  return !isPromisePrototype(Object.getPrototypeOf(promise)) || Object.keys(promise).length > 0;
}

/** That of plain promises, of whatever realm: nothing but Object.prototype is behind it. A subclass has more. */
function isPromisePrototype(prototype: object): boolean {
  return Object.getPrototypeOf(Object.getPrototypeOf(prototype)) === null;
}

/** What special promises are like. */
export interface SpecialTraits {
  readonly prototype: object;
  /** Names of methods that are their own or their classes'. */
  readonly methods: ReadonlySet<PropertyKey>;
}

export function specialTraitsOf(promise: Promise<unknown>): SpecialTraits {
  const methods = new Set<PropertyKey>();
  for (
    let owner: object = promise;
    !isPromisePrototype(owner);
    owner = Object.getPrototypeOf(owner) as object
  ) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (typeof value === 'function' && key !== 'constructor') methods.add(key);
    }
  }
  return { prototype: Object.getPrototypeOf(promise) as object, methods };
}
