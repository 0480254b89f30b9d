import { types } from 'node:util';

import type { TrackedCall } from '../../model/part.js';
import { codeSigns, isOfAbort, isSystemCode } from './codes.js';
import { answerSigns, signsOf, statusSigns } from './signs.js';
import { Fields, isObject, MOST_VALUES, shortened } from './fields.js';
import { ABORTED, CONTRARY, likelyOf } from './kinds.js';
import { elementsOf, isError, prototypeOf, read } from '../../base/read.js';
import { statusOf } from './status.js';
import { isUntrusted, statusInText, textSigns } from './texts.js';

/** How many things are looked at in all: an end to any made-up error. */
const MOST_THINGS = 40;
/** How many values of all of them; of each some, whatever the others had. */
const MOST_VALUES_IN_ALL = 256;
const LEAST_VALUES = 4;
/** A proxy may answer anything to anybody, and each answer is work of its maker's. */
const COST_OF_PROXY = 20;
/** For each 32 characters one. */
const COST_OF_TEXT = 5;
/** For each two beside the first one. */
const COST_OF_CODES = 1;

/**
 * Does anything in what was thrown tell one of these kinds?
 *
 * Nearest first. What is sure decides at once; what is only likely counts if nothing in the whole value is contrary, and
 * nobody aborted.
 */
export function tells(error: unknown, wanted: number, call: TrackedCall | undefined): boolean {
  const walk = new Walk();
  let all = 0;
  for (let one = error; one !== undefined; one = walk.next()) {
    const signs = look(one, wanted, call, walk);
    if ((signs & wanted) !== 0) return true;
    all |= signs;
  }
  return (likelyOf(all) & wanted) !== 0 && (all & (CONTRARY | ABORTED)) === 0 && call?.isAborted !== true;
}

function look(one: unknown, wanted: number, call: TrackedCall | undefined, walk: Walk): number {
  if (!isObject(one)) return typeof one === 'string' ? thrownTextSigns(shortened(one) as string) : 0;
  const fields = new Fields(one);
  const { code } = fields;
  if (call?.isAborted === true && (isOfAbort(code) || fields.message === 'socket hang up')) return ABORTED;
  const ofCode = typeof code === 'string' ? codeSigns(code) : 0;
  // The usual case: a code that says all, and no answer.
  if ((ofCode & wanted) !== 0 && !walk.isAside && fields.response == null && fields.status === undefined) {
    return ofCode;
  }
  walk.readOwn(fields);
  if (walk.isAside) {
    // A part of something else, no error: only what cannot mean anything else is read.
    walk.below(fields, true);
    // Algolia keeps why each of its hosts failed.
    const why = read(fields.response, 'content');
    if (typeof why === 'string' && isUntrusted(shortened(why) as string)) return CONTRARY;
    return isSystemCode(code) ? ofCode : 0;
  }
  const status = statusOf(fields);
  // An answer says all: a body that tells of other failures is not looked into.
  const isAnswer = status !== undefined && status >= 400 && !isSystemCode(fields.message);
  const signs = isAnswer ? answerSigns(fields, status) : signsOf(fields, call);
  walk.pay(fields);
  // What is below an abort is its reason, and so is what is below a word about trust: a server without TLS hangs up.
  const isDecided = (signs & (wanted | ABORTED)) !== 0 || (!isAnswer && isAboutTrust(signs, fields.message));
  if (!isDecided) walk.below(fields, !isAnswer, (signs & CONTRARY) === 0);
  return signs;
}

const isAboutTrust = (signs: number, text: unknown): boolean =>
  (signs & CONTRARY) !== 0 && typeof text === 'string' && isUntrusted(text);

function thrownTextSigns(text: string): number {
  const status = statusInText(text);
  return status === undefined ? textSigns(text) : statusSigns(status);
}

/** The status of the nearest answer in what was thrown; NaN when there is none. */
export function nearestStatus(error: unknown): number {
  const walk = new Walk();
  for (let one = error; one !== undefined; one = walk.next()) {
    if (!isObject(one)) {
      const status = statusInText(shortened(one));
      if (status !== undefined) return status;
      continue;
    }
    const fields = new Fields(one);
    walk.readOwn(fields);
    const status = walk.isAside ? undefined : statusOf(fields);
    if (status !== undefined) return status;
    walk.below(fields, true);
  }
  return NaN;
}

const NOTHING: readonly unknown[] = [];

/** Everything that an error has below it, each once: errors first, then what is kept beside them. */
class Walk {
  /** Is this one only kept beside an error? */
  isAside = false;
  private left = MOST_THINGS;
  private valuesLeft = MOST_VALUES_IN_ALL;
  private errors: unknown[] | undefined;
  private aside: unknown[] | undefined;
  private nextError = 0;
  private nextAside = 0;

  next(): unknown {
    if (this.left <= 0) return undefined;
    this.isAside = this.errors === undefined || this.nextError >= this.errors.length;
    // What comes later is not stepped over: a place is taken only where there is something.
    let one: unknown;
    if (!this.isAside) one = this.errors?.[this.nextError++];
    else if (this.aside !== undefined && this.nextAside < this.aside.length)
      one = this.aside[this.nextAside++];
    this.left -= types.isProxy(one) ? COST_OF_PROXY : 1;
    return one;
  }

  /** A long text is work as well, and so are many codes. */
  pay({ message, own }: Fields): void {
    if (typeof message === 'string') this.left -= message.length >> COST_OF_TEXT;
    if (own?.codes !== undefined) this.left -= own.codes.length >> COST_OF_CODES;
  }

  readOwn(fields: Fields): void {
    const most = Math.max(LEAST_VALUES, Math.min(MOST_VALUES, this.valuesLeft));
    this.valuesLeft -= most - fields.readOwn(most);
  }

  /**
   * Adds what is below it: its cause and, where it is no answer, what it keeps. Plain objects beside an error that was
   * about the request are what it is about: a value that is not valid, the row that was there already.
   */
  below({ value, own }: Fields, isOpen: boolean, isPlainOpen = true): void {
    const cause = read(value, 'cause');
    // That of an answer may be its body.
    if (isOpen || isError(cause)) this.add(cause, true);
    if (!isOpen || this.isFull()) return;
    for (const one of own?.carried ?? NOTHING) this.add(one, true);
    this.add(read(value, 'errors'), true);
    for (const one of own?.kept ?? NOTHING) if (isPlainOpen || isError(one)) this.add(one, false);
  }

  /** More than will be looked at is not kept. */
  private isFull(): boolean {
    return this.errors !== undefined && this.errors.length - this.nextError >= this.left;
  }

  private add(value: unknown, isCarried: boolean): void {
    if (!isObject(value)) {
      if (typeof value === 'string') this.push(value, true);
      return;
    }
    const values = valuesOf(value);
    if (values === undefined) {
      if (isCarried || isError(value)) this.push(value, true);
      else if (isPlain(value)) this.push(value, false);
      return;
    }
    let left = MOST_VALUES;
    for (const one of values) {
      if (isObject(one)) this.push(one, isCarried || isError(one));
      if (--left === 0) return;
    }
  }

  private push(value: unknown, isError: boolean): void {
    if (this.errors?.includes(value) === true || this.aside?.includes(value) === true) return;
    if (isError) (this.errors ??= []).push(value);
    else (this.aside ??= []).push(value);
  }
}

/** Of a list, a Map or a Set. */
function valuesOf(value: object): Iterable<unknown> | undefined {
  if (types.isMap(value)) return Map.prototype.values.call(value);
  return types.isSet(value) ? Set.prototype.values.call(value) : elementsOf(value, MOST_VALUES);
}

function isPlain(value: object): boolean {
  const prototype = prototypeOf(value);
  return prototype === null || prototypeOf(prototype) === null;
}
