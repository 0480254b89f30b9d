import { types } from 'node:util';

import type { TrackedCall } from '../model/part.js';
import { codeSigns } from './codes.js';
import { answerSigns, EVIDENCE_KEYS, signsOf, thrown } from './evidence.js';
import { ABORTED, CONTRARY, likelyOf } from './kinds.js';
import { elementsOf, read } from './read.js';
import { STATUS_KEYS, statusOf } from './status.js';
import { textSigns } from './texts.js';

/** How many values of one error are looked at, and how many things in all: an end to any made-up error. */
const MOST_BELOW = 32;
const MOST_IN_ALL = 40;
/** A proxy may answer anything to anybody, and each answer is work of its maker's. */
const COST_OF_PROXY = 10;

/**
 * Does anything in what was thrown tell one of these kinds?
 *
 * Nearest first. What is sure decides at once; what is only likely counts if nothing in the whole value is contrary, and nobody aborted.
 */
export function tells(error: unknown, wanted: number, call: TrackedCall | undefined): boolean {
  const walk = new Walk(error);
  let all = 0;
  for (let one = walk.next(); one !== undefined; one = walk.next()) {
    const signs = look(one, wanted, call, walk);
    if ((signs & wanted) !== 0) return true;
    all |= signs;
  }
  return (likelyOf(all) & wanted) !== 0 && (all & (CONTRARY | ABORTED)) === 0 && call?.isAborted !== true;
}

function look(one: unknown, wanted: number, call: TrackedCall | undefined, walk: Walk): number {
  if (typeof one === 'string') return textSigns(one);
  if (!isObject(one)) return 0;
  const code = read(one, 'code');
  if (walk.isAside) {
    // A part of something else, no error: only what cannot mean anything else is read.
    walk.below(one, true);
    return typeof code === 'string' ? codeSigns(code) & ~CONTRARY : 0;
  }
  const response = read(one, 'response');
  const status = statusOf(one, code, response);
  // An answer says all: a body that tells of other failures is not looked into.
  const isAnswer = status !== undefined && status >= 400;
  if (!isAnswer && typeof code === 'string' && (codeSigns(code) & wanted) !== 0) return wanted;
  const it = thrown(one, code, response);
  const signs = isAnswer ? answerSigns(it, status) : signsOf(it, call);
  // What is below an abort is its reason.
  if ((signs & (wanted | ABORTED)) === 0) walk.below(one, !isAnswer);
  return signs;
}

/** The status of the nearest answer in what was thrown; NaN when there is none. */
export function nearestStatus(error: unknown): number {
  const walk = new Walk(error);
  for (let one = walk.next(); one !== undefined; one = walk.next()) {
    if (!isObject(one)) continue;
    if (!walk.isAside) {
      const status = statusOf(one, read(one, 'code'), read(one, 'response'));
      if (status !== undefined) return status;
    }
    walk.below(one, true);
  }
  return NaN;
}

/** Everything that an error has below it, each once: errors first, then what is kept beside them. */
class Walk {
  /** Is this one only kept beside an error? */
  isAside = false;
  private readonly seen = new Set<unknown>();
  private readonly errors: unknown[];
  private readonly aside: unknown[] = [];
  private left = MOST_IN_ALL;

  constructor(error: unknown) {
    this.errors = [error];
    this.seen.add(error);
  }

  next(): unknown {
    if (this.left <= 0) return undefined;
    const error = this.errors.shift();
    this.isAside = error === undefined;
    const one = error ?? this.aside.shift();
    this.left -= types.isProxy(one) ? COST_OF_PROXY : 1;
    return one;
  }

  /** Adds what is below it: its causes and, where it is no answer, what it keeps. */
  below(error: object, isOpen: boolean): void {
    this.add(read(error, 'cause'), true);
    if (!isOpen) return;
    for (const key of CARRIERS) this.add(read(error, key), true);
    // More than will be looked at is not asked for.
    if (types.isProxy(error) || this.errors.length >= this.left) return;
    let left = MOST_BELOW;
    for (const key of keysOf(error)) {
      if (READ_ELSEWHERE.has(key)) continue;
      const value = read(error, key);
      if (isObject(value)) this.add(value, false);
      if (--left === 0) return;
    }
  }

  private add(value: unknown, isCarried: boolean): void {
    if (value == null || this.seen.has(value)) return;
    if (!isObject(value)) {
      if (isCarried && typeof value === 'string') this.errors.push(value);
      return;
    }
    this.seen.add(value);
    const elements = types.isMap(value) ? Map.prototype.values.call(value) : elementsOf(value, MOST_BELOW);
    if (elements !== undefined) this.addAll(elements, isCarried);
    else if (isCarried || types.isNativeError(value)) this.errors.push(value);
    else if (isPlain(value)) this.aside.push(value);
  }

  private addAll(values: Iterable<unknown>, isCarried: boolean): void {
    let left = MOST_BELOW;
    for (const value of values) {
      if (isCarried || types.isNativeError(value)) this.add(value, true);
      else if (isObject(value) && !this.seen.has(value)) {
        this.seen.add(value);
        this.aside.push(value);
      }
      if (--left === 0) return;
    }
  }
}

/** Where clients keep what went wrong. */
const CARRIERS = [
  'lastError',
  'errors',
  'error',
  'reason',
  'err',
  'originalError',
  'driverError',
  'inner',
] as const;
/** Big, and no errors: requests, sockets, bodies. */
const SKIPPED = [
  'stack',
  'cause',
  'headers',
  'socket',
  'client',
  'connection',
  'agent',
  'params',
  'query',
  'parameters',
];
const READ_ELSEWHERE: ReadonlySet<string> = new Set([
  ...CARRIERS,
  ...SKIPPED,
  ...EVIDENCE_KEYS,
  ...STATUS_KEYS,
]);

/** The names of what has very many, which are listed once. */
const bigKeys = new WeakMap<object, readonly string[]>();

function keysOf(error: object): readonly string[] {
  const known = bigKeys.get(error);
  if (known !== undefined) return known;
  let keys: string[] = [];
  try {
    keys = Object.keys(error);
  } catch {
    // A revoked proxy, a trap that throws.
  }
  if (keys.length <= MOST_BELOW) return keys;
  const first = keys.slice(0, 2 * MOST_BELOW);
  bigKeys.set(error, first);
  return first;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function isPlain(value: object): boolean {
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype as object) === null;
  } catch {
    return false;
  }
}
