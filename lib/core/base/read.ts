import { types } from 'node:util';

/** Under which names clients keep the error that was the reason, beside `cause` and `errors`. */
export const CARRIERS = [
  'error',
  'err',
  'originalError',
  'lastError',
  'reason',
  'driverError',
  'inner',
] as const;

/** A property of whatever was thrown; `undefined` when it has none or cannot be read. Never throws. */
export function read(value: unknown, key: string): unknown {
  let found: unknown;
  try {
    found = (Object(value) as Record<string, unknown>)[key];
  } catch {
    // A revoked proxy, a getter that throws.
  }
  return found;
}

/** The same for what a method without arguments returns. */
export function ask(value: unknown, method: string): unknown {
  let answer: unknown;
  try {
    answer = (value as Record<string, () => unknown>)[method]?.();
  } catch {
    // It cannot be read, is no method, or throws.
  }
  return answer;
}

/** The prototype; `null` when there is none or it cannot be read. */
export function prototypeOf(value: object): object | null {
  try {
    return Object.getPrototypeOf(value) as object | null;
  } catch {
    return null; // A revoked proxy, a trap that throws.
  }
}

/** Is it an error of the language or of the web platform, of any realm? A DOMException is none of the language's. */
export function isError(value: unknown): boolean {
  if (types.isNativeError(value)) return true;
  try {
    return value instanceof DOMException;
  } catch {
    return false; // A revoked proxy, a trap that throws.
  }
}

/** The first of an array's elements; `undefined` for anything else. */
export function elementsOf(value: unknown, most: number): unknown[] | undefined {
  try {
    // Not its own slice, which may be anything.
    return Array.isArray(value) ? (Array.prototype.slice.call(value, 0, most) as unknown[]) : undefined;
  } catch {
    return undefined; // A revoked proxy.
  }
}

/** The same, but none for anything else. */
export const listOf = (value: unknown, most: number): unknown[] => elementsOf(value, most) ?? [];
