import { types } from 'node:util';

import { oneLine } from './text.js';

/** Any class with a public constructor, abstract ones too. */
export type Class<T = unknown> = abstract new (...args: never[]) => T;

const NATIVE = '{ [native code] }';

/** How a function was written. A native one has no body: `function TypeError() { [native code] }`. */
export function sourceOf(value: object): string {
  return Function.prototype.toString.call(value);
}

/**
 * Is this a class, and not a function to call?
 *
 * True for `class` syntax, native constructors of any realm, proxies of both, and for an ES5 constructor
 * function whose prototype shows it: it has members or derives from something. Arrow, async, generator,
 * bound and plain functions and `jest.fn()` are not classes; neither is a plain function that is *meant*
 * as a constructor but has an empty prototype. Never throws.
 */
export function isClass(value: unknown): value is Class {
  if (typeof value !== 'function' || types.isGeneratorFunction(value)) return false;
  try {
    const own = Object.getOwnPropertyDescriptor(value, 'prototype')!;
    return isShaped(own.value as object) || (own.writable === false && !isPlain(sourceOf(value)));
  } catch {
    return false; // there is no prototype, or it is no object, or a proxy was revoked
  }
}

/** What to call a class in a text. Never throws. */
export function className(value: Class): string {
  try {
    return oneLine(value.name, 60) || 'anonymous class';
  } catch {
    return 'anonymous class'; // a static member called name may be anything
  }
}

/** Freezing makes the prototype of a plain function as fixed as that of a class: its source tells. */
const isPlain = (source: string): boolean => source.startsWith('function') && !source.endsWith(NATIVE);

function isShaped(prototype: object): boolean {
  const parent: unknown = Reflect.getPrototypeOf(prototype);
  const derives = parent !== null && Object.getPrototypeOf(parent) !== null;
  return derives || Reflect.ownKeys(prototype).some((key) => key !== 'constructor');
}
