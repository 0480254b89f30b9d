import { HOSTILE } from '../core/trackers/hostile.js';

const trap = (): never => {
  throw new Error('trapped');
};

/** A proxy that refuses whatever is asked of it. */
export const refusesAll = (target: object): object =>
  new Proxy(
    target,
    Object.fromEntries(
      Object.getOwnPropertyNames(Reflect)
        .filter((name) => name !== 'toString')
        .map((name) => [name, trap]),
    ),
  );

export function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** An error whose own text, origin or cause cannot be read. */
function unreadable(...keys: readonly (string | symbol)[]): Error {
  const error = new Error('down');
  for (const key of keys) Object.defineProperty(error, key, { get: trap, configurable: true });
  return error;
}

function circular(): Error {
  const error = new Error('down');
  error.cause = error;
  return error;
}

/** Everything that can be thrown, the sooner the worse; each by a name for the test's title. */
export const THROWN: readonly (readonly [string, unknown])[] = [
  ...HOSTILE,
  ['an empty string', ''],
  ['NaN', NaN],
  ['a bigint', 10n],
  ['false', false],
  ['an error whose message throws', unreadable('message')],
  ['an error whose name throws', unreadable('name')],
  ['an error whose stack throws', unreadable('stack')],
  ['an error whose cause throws', unreadable('cause')],
  ['an error whose code throws', unreadable('code')],
  ['an error whose constructor throws', unreadable('constructor')],
  [
    'an error whose toString throws',
    unreadable('toString', 'toJSON', Symbol.toPrimitive, Symbol.toStringTag, 'valueOf'),
  ],
  ['an error that is its own cause', circular()],
  ['a frozen error', Object.freeze(new Error('down'))],
  ['an error of 10 MB', new Error('x\n'.repeat(5_000_000))],
  ['a proxy that refuses everything', refusesAll(new Error('down'))],
  ['a function that refuses everything', refusesAll(() => 1)],
  ['a revoked proxy of an error', revoked(new Error('down'))],
  ['an array of itself', circularArray()],
];

function circularArray(): unknown[] {
  const array: unknown[] = [];
  array.push(array);
  return array;
}

// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Is it one line that no terminal, log shipper or person takes for something else? */
export const isOneLine = (text: string): boolean => !UNPRINTABLE.test(text);

/** Text that would fake log lines, clear the screen, or turn the reading direction. */
export const EVIL_TEXT = '\u001b[2J\u0007\r\n[Nest] 1 - LOG fake\u0000\u2028\u202e🧨';

/** Frozen through and through: whoever writes to it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  // Not the services in it: a clock, a registry of metrics.
  if (![Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value) as object))
    return value;
  for (const key of Reflect.ownKeys(value)) deepFreeze((value as Record<PropertyKey, unknown>)[key]);
  return Object.freeze(value);
}

/** The same options without a prototype, each key behind a getter, frozen. */
export function behindGetters<T extends object>(options: T): T {
  const made = Object.create(null) as T;
  for (const key of Object.keys(options) as (keyof T)[]) {
    Object.defineProperty(made, key, { get: () => options[key], enumerable: true });
  }
  return Object.freeze(made);
}
