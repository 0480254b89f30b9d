import { isOptions } from './validate.js';

// What users give is copied when it is taken: what becomes of their object later changes nothing. Parts, listeners,
// clocks and functions do something, so they stay themselves; what is none of its kind stays too, to be refused.

/** A list as it is now. */
export const takenList = <T>(given: T): T => (Array.isArray(given) ? ([...given] as T) : given);

/** An object as it is now: its own members, and what its class has under these names. */
export function takenObject<T>(given: T, names: readonly string[] = []): T {
  if (!isOptions(given) || given instanceof Map) return given;
  const own = { ...given } as Record<string, unknown>;
  for (const name of names) {
    if (!Object.hasOwn(own, name) && name in given) own[name] = (given as Record<string, unknown>)[name];
  }
  return own as T;
}

/** The same, and each of its members. */
export function takenRecord<T>(given: T, one: (member: never) => unknown, names?: readonly string[]): T {
  const own = takenObject(given, names);
  if (own === given) return given;
  const members = Object.entries(own as object).map(([name, member]) => [name, one(member as never)]);
  return Object.fromEntries(members) as T;
}

/** Data in depth: lists and plain objects, but none that has a method. */
export function takenData<T>(given: T): T {
  if (Array.isArray(given)) return given.map(takenData) as T;
  if (!isPlain(given)) return given;
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, takenData(value)])) as T;
}

function isPlain(given: unknown): given is object {
  if (typeof given !== 'object' || given === null) return false;
  const prototype: unknown = Object.getPrototypeOf(given);
  if (prototype !== null && prototype !== Object.prototype) return false;
  return Object.values(given).every((value) => typeof value !== 'function');
}
