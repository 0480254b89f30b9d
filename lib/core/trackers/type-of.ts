import { className, isClass, sourceOf, type Class } from '../base/class.js';
import { show } from '../base/text.js';
import { mustBe } from '../base/validate.js';
import { declareFactories } from '../model/adopt.js';
import { leaf, refuse, type Tracker } from './tracker.js';

/**
 * Does any error count as a failure? Yes, every one, and thrown things that are no errors too.
 *
 * The default. Use it where each error means that the dependency is ill; where some do not (a 404, a failed
 * validation) narrow it, `All().and(TypeOf(NotFoundException).not())`, or name the failures instead.
 * Takes nothing, throws nothing.
 *
 * Gotcha: `@nestjs/common` has a route decorator of this name; `trackers.All` is the same function.
 * Source: `All` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { All, TypeOf } from 'nestjs-fluxgate';
 *
 * const tracker = All().and(TypeOf(RangeError).not());
 * assert.deepEqual([new Error(), new RangeError()].map((e) => tracker.isFailure(e)), [true, false]);
 * ```
 */
export function All(): Tracker {
  return leaf('All()', () => true);
}

/**
 * Is the error of one of these classes, or of a class that extends one?
 *
 * Use it for clients with error classes of their own. It looks at the error itself only: for what is below
 * it use `CausedBy(TypeOf(…))`; for a test of its fields `Custom`, `ErrorCode` or `HttpStatusIn`.
 *
 * @param classes one or more; abstract ones and those with `Symbol.hasInstance` work as with `instanceof`.
 * @throws TypeError, at once, for no class and for what is not one (`undefined` is most often a circular
 * import; a predicate belongs in `Custom`; a constructor function with an empty prototype cannot be told
 * from a predicate: use `Custom((e) => e instanceof F)`).
 *
 * Gotcha: built-in classes (`Error`, `TypeError`, …, `AggregateError`, `DOMException`) also match errors of
 * another realm, where `instanceof` says no: those that Node itself makes while jest runs, or those of a
 * `vm`. A class that is only *named* TypeError is not one. Your own classes match by identity: two installed
 * copies of a package have two classes.
 * Source: `instanceof`, and `TypeOf` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { TypeOf } from 'nestjs-fluxgate';
 *
 * assert.equal(TypeOf(RangeError, URIError).isFailure(new RangeError('too far')), true);
 * assert.equal(TypeOf(RangeError, URIError).isFailure(new TypeError()), false);
 * ```
 */
export function TypeOf(...classes: readonly Class[]): Tracker {
  const names = classes.map((one: unknown) => (isClass(one) ? className(one) : show(one)));
  const text = `TypeOf(${names.join(', ')})`;
  if (classes.length === 0) {
    refuse(text, [
      'classes must be one or more classes, got none. Name one, TypeOf(TimeoutError), or use All() for every error.',
    ]);
  }
  refuse(
    text,
    classes.filter((one) => !isClass(one)).map((one) => mustBe('each class', 'a class', one, remedyFor(one))),
  );
  const builtIns = classes.map(builtInName).filter((name) => name !== undefined);
  return leaf(
    text,
    (error) =>
      classes.some((one) => isInstance(error, one)) || builtIns.some((name) => isBuiltIn(error, name)),
  );
}

function remedyFor(given: unknown): string {
  if (given === undefined) return 'An undefined class is most often a circular import.';
  return typeof given === 'function' ? 'For a predicate use Custom(…).' : '';
}

/** `instanceof` that takes an error it cannot read for "no". */
function isInstance(error: unknown, one: Class): boolean {
  let is = false;
  try {
    is = error instanceof one;
  } catch {
    // A revoked proxy, a Symbol.hasInstance that throws.
  }
  return is;
}

const BUILT_IN_ERRORS: ReadonlySet<unknown> = new Set([
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SuppressedError',
  'SyntaxError',
  'TypeError',
  'URIError',
]);

/** The name of a built-in error class of any realm; `undefined` for anything else, whatever it is called. */
function builtInName(value: unknown): string | undefined {
  if (typeof value !== 'function') return undefined;
  const name = ownValue(value, 'name');
  // Node writes DOMException in JavaScript, so its source tells nothing; its constants do.
  if (name === 'DOMException') return ownValue(value, 'TIMEOUT_ERR') === 23 ? name : undefined;
  const isNative = BUILT_IN_ERRORS.has(name) && sourceOf(value) === `function ${name}() { [native code] }`;
  return isNative ? (name as string) : undefined;
}

/**
 * Is the error of this built-in class, or of one that extends it, in whatever realm?
 *
 * What `instanceof` would say inside the error's own realm: the class is looked for along the prototypes.
 */
export function isBuiltIn(error: unknown, name: string): boolean {
  try {
    for (let at: unknown = error; at !== null; at = Object.getPrototypeOf(at)) {
      if (builtInName(ownValue(at as object, 'constructor')) === name) return true;
    }
  } catch {
    // It cannot be read: undefined, a revoked proxy, a trap that throws.
  }
  return false;
}

const ownValue = (object: object, key: string): unknown =>
  Object.getOwnPropertyDescriptor(object, key)?.value;

declareFactories(All, TypeOf);
