import { types } from 'node:util';

import { CARRIERS, listOf, read } from '../base/read.js';

// What clients make of an answer differs; that there are headers somewhere does not. Everything here may be anything:
// a proxy, a getter that throws. Nothing throws, and no property of one object is read twice.

/** Where clients keep the headers of an answer. `metadata`: connect, gRPC. `details`: Azure. */
const HOLDERS = ['headers', 'responseHeaders', 'metadata', 'details'] as const;
/** Where what has headers may be. `meta`: Elasticsearch. `raw`: Stripe. `request`: axios over HTTP/2. */
const BELOW = [
  'response',
  'rawResponse',
  '$response',
  'res',
  'raw',
  'meta',
  'cause',
  ...CARRIERS,
  'request',
] as const;
/** How many objects are looked at, nearest first: an end to any made-up failure. */
const MOST_OBJECTS = 32;
/** How many headers of one answer. */
const MOST_HEADERS = 512;
/** A longer text is no wait. */
const MAX_LENGTH = 256;

/** A text by its lower-case name; `undefined` when there is none. */
export type Lookup = (name: string) => string | undefined;

/**
 * The first answer that headers of this failure give, the nearest ones first.
 *
 * @param ask is asked about each set of headers, then about the object's own fields.
 */
export function askHeaders<T>(
  failures: readonly unknown[],
  ask: (header: Lookup, field: Lookup) => T | undefined,
): T | undefined {
  const found = new Set<unknown>(failures.filter(isObject));
  const asked = new Set<object>();
  // A Set is walked in the order of insertion, what is added on the way included.
  for (const one of found) {
    const field: Lookup = (name) => textOf(read(one, name));
    for (const holder of HOLDERS) {
      const headers = read(one, holder);
      if (!isObject(headers) || asked.has(headers)) continue;
      asked.add(headers);
      const answer = ask(lookupIn(headers), nothing);
      if (answer !== undefined) return answer;
    }
    const answer = ask(nothing, field);
    if (answer !== undefined) return answer;
    for (const below of [
      ...BELOW.map((key) => read(one, key)),
      ...listOf(read(one, 'errors'), MOST_OBJECTS),
    ]) {
      if (isObject(below) && found.size < MOST_OBJECTS) found.add(below);
    }
  }
  return undefined;
}

const nothing: Lookup = () => undefined;

/** `Headers` and its like are asked; plain objects, Maps, pairs and flat lists are read. */
function lookupIn(headers: object): Lookup {
  const get = types.isMap(headers) ? undefined : read(headers, 'get');
  let known: Map<string, unknown> | undefined;
  return (name) => {
    const asked =
      typeof get === 'function' ? textOf(attempt(() => get.call(headers, name) as unknown)) : undefined;
    return asked ?? textOf((known ??= readAll(headers)).get(name));
  };
}

function readAll(headers: object): Map<string, unknown> {
  const known = new Map<string, unknown>();
  const add = (name: unknown, value: () => unknown): void => {
    if (typeof name !== 'string' || name.length > MAX_LENGTH) return;
    const key = name.toLowerCase();
    if (!known.has(key) && WANTED.has(key)) known.set(key, value());
  };
  attempt(() => {
    if (Array.isArray(headers)) addList(listOf(headers, MOST_HEADERS), add);
    else if (types.isMap(headers)) addMap(headers, add);
    else for (const name of Object.keys(headers).slice(0, MOST_HEADERS)) add(name, () => read(headers, name));
  });
  return known;
}

/** `[['Retry-After', '7']]`, or `['Retry-After', '7']` as `rawHeaders` are. */
function addList(list: readonly unknown[], add: (name: unknown, value: () => unknown) => void): void {
  const isFlat = typeof list[0] === 'string';
  if (isFlat) for (let i = 0; i < list.length; i += 2) add(list[i], () => list[i + 1]);
  else for (const pair of list) add(read(pair, '0'), () => read(pair, '1'));
}

function addMap(headers: Map<unknown, unknown>, add: (name: unknown, value: () => unknown) => void): void {
  let left = MOST_HEADERS;
  // Not its own forEach or entries, which may be anything.
  for (const [name, value] of Map.prototype.entries.call(headers)) {
    if (left-- === 0) return;
    add(name, () => value);
  }
}

/** The headers that say how long to wait: no other one is read. */
const WANTED: ReadonlySet<string> = new Set([
  'retry-after-ms',
  'retry-after',
  'ratelimit-reset',
  'ratelimit-remaining',
  'ratelimit',
]);

/** A header that came more than once is a list; the first one counts. */
function textOf(value: unknown): string | undefined {
  const first = listOf(value, 1)[0] ?? value;
  if (typeof first === 'number') return String(first);
  return typeof first === 'string' && first.length <= MAX_LENGTH ? first.trim() : undefined;
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

function attempt<T>(doing: () => T): T | undefined {
  try {
    return doing();
  } catch {
    return undefined; // A revoked proxy, a getter that throws.
  }
}
