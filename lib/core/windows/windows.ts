import { types } from 'node:util';

import { leaveAlone } from '../base/promise.js';
import { show } from '../base/text.js';
import {
  at,
  COUNT,
  DURATION_MS,
  mustBe,
  numberProblems,
  showMs,
  showOptions,
  unknownKeys,
  type NumberRule,
} from '../base/validate.js';
import { adopt, assertUsable, declareFactories, type Family } from '../model/adopt.js';
import type { Part, WindowStore } from '../model/part.js';
import { CountStore } from './count-store.js';
import { recallBuckets, recallCalls } from './memory.js';
import { TimeStore } from './time-store.js';

/**
 * Which recent calls are remembered?
 *
 * A window is a specification: each breaker, and each generation of one, gets a store of its own from
 * `create`. To write your own, give an object with `create`; its stores do the remembering.
 */
export interface Window extends Part {
  /** Most calls a store can hold; `Infinity` when that is not a number of calls. */
  readonly capacity: number;
  /** How long a store remembers a call at most, in ms; `Infinity` when that is no matter of time. */
  readonly maxAgeMs: number;
  /** A new, empty store that counts the slow calls of these thresholds. */
  create(slowThresholdsMs: readonly number[]): WindowStore;
  /**
   * A store that goes on from the `memory` of another one, which was taken `agoMs` before `nowMs`. Without it a
   * warm start begins empty.
   *
   * @throws when that is no memory of such a store.
   */
  restore?(memory: unknown, slowThresholdsMs: readonly number[], nowMs: number, agoMs?: number): WindowStore;
  /** Do its stores look at the time of a call? Then every call is timed. @internal */
  readonly readsTime: boolean;
}

/** What is taken where a window is wanted: a window, a function that makes stores, or an object with `create`. */
export type WindowLike =
  | Window
  | ((slowThresholdsMs: readonly number[]) => WindowStore)
  | {
      create(slowThresholdsMs: readonly number[]): WindowStore;
      /** Most calls a store can hold. Default `Infinity`. */
      readonly capacity?: number;
      /** How long a store remembers a call at most, in ms. Default `Infinity`: no matter of time. */
      readonly maxAgeMs?: number;
      /** For a warm start: a store that goes on from the `memory` of another one. */
      restore?(
        memory: unknown,
        slowThresholdsMs: readonly number[],
        nowMs: number,
        agoMs?: number,
      ): WindowStore;
      toString?(): string;
    };

const FAMILY: Family = { noun: 'a window', method: 'create', argument: 'slowThresholdsMs' };

/** What makes a window; it reads the time unless it says no. */
interface Making extends Pick<Window, 'capacity' | 'maxAgeMs' | 'restore' | 'problems'> {
  readonly text: string;
  readonly make: Window['create'];
  readonly readsTime?: boolean;
}

/** A window of this package, or one taken over. */
class MadeWindow implements Window {
  readonly problems: readonly string[];
  readonly capacity: number;
  readonly maxAgeMs: number;
  readonly restore: Window['restore'];
  readonly readsTime: boolean;

  constructor(private readonly making: Making) {
    this.problems = Object.freeze([...making.problems]);
    this.capacity = making.capacity;
    this.maxAgeMs = making.maxAgeMs;
    this.restore = making.restore;
    this.readsTime = making.readsTime ?? true;
    Object.freeze(this);
  }

  create(slowThresholdsMs: readonly number[]): WindowStore {
    assertUsable(this.problems);
    return this.making.make(slowThresholdsMs);
  }

  toString(): string {
    return this.making.text;
  }
}

/**
 * Remember the last `size` calls, however long ago they were.
 *
 * The default, with 100. For steady traffic, and where each call should weigh the same. A quiet service keeps
 * judging by old calls: there use `TimeWindow`.
 *
 * ```text
 * size 5:  [ ✓ ✗ ✓ ✓ ✗ ]  ← ✓      the newest call takes the place of the oldest
 * ```
 *
 * Each call costs the same, whatever the size; nothing is recomputed. Memory: 1 byte per remembered call,
 * 9 where calls are timed, up to `size`; a breaker that sees few calls stays small.
 *
 * @param size calls, a whole number ≥ 1. A bad one is a problem of the part, thrown by whoever is handed it.
 *
 * Gotcha: a tripper's `MinRequests` above `size` could never be true, and is refused.
 * Source: `CountWindow` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { CountWindow } from 'nestjs-fluxgate';
 *
 * const store = CountWindow(2).create([]);
 * for (const isFailure of [true, false, false]) store.record(0, 20, isFailure);
 * assert.equal(store.metric(0).failureCount, 0);
 * ```
 */
export function CountWindow(size: number): Window {
  const text = `CountWindow(${show(size)})`;
  const problems = at(text, numberProblems('size', size, COUNT));
  const capacity = problems.length === 0 ? size : Infinity;
  return new MadeWindow({
    text,
    problems,
    capacity,
    maxAgeMs: Infinity,
    make: (slowThresholdsMs) => new CountStore(size, slowThresholdsMs),
    restore: (memory, slowThresholdsMs) => recallCalls(text, size, memory, slowThresholdsMs),
    readsTime: false,
  });
}

const SIZE_MS: NumberRule = {
  allowed: 'a finite number of milliseconds ≥ 1',
  accepts: (value) => Number.isFinite(value) && value >= 1,
};

const DEFAULT_BUCKETS = 60;

/**
 * Remember the calls of the last `sizeMs` milliseconds, however many they were.
 *
 * For traffic that comes and goes: after an idle hour nothing old is held against the dependency. With very
 * little traffic it is mostly empty: there use `CountWindow`, or a tripper with `FailureStreak`.
 *
 * ```text
 * sizeMs 5000, 5 buckets:   | 12 | 9 | 0 | 31 | 4 |      calls are counted per bucket;
 *                            expires ↑        ↑ now      a whole bucket expires at once
 * ```
 *
 * Calls are remembered for between `sizeMs − bucketMs` and `sizeMs`, where `bucketMs` is `sizeMs / buckets`.
 * A call costs the same whatever the traffic; a pause of any length costs at most one pass over the buckets.
 * Memory: some 100 bytes for each bucket that was ever used, none per call. No timer: what is old is dropped
 * when a call is recorded or the figures are read.
 *
 * @param sizeMs milliseconds, ≥ 1: `seconds(60)`. 60 is 60 ms, not a minute.
 * @param options.buckets a whole number from 1 to `sizeMs` (a bucket lasts at least 1 ms). Default 60, fewer
 * for a window under 60 ms. A bad number or an unknown option is a problem of the part, thrown by whoever is
 * handed it.
 *
 * Gotcha: time never runs backwards in it; a call that is dated before the newest bucket counts into that one.
 * Source: `TimeWindow` of the Python library (seconds, one bucket each, there without expiry on idle).
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { seconds, TimeWindow } from 'nestjs-fluxgate';
 *
 * const store = TimeWindow(seconds(60)).create([]);
 * store.record(0, 20, true);
 * assert.equal(store.metric(seconds(60)).totalCount, 0);
 * ```
 */
export function TimeWindow(sizeMs: number, options: { readonly buckets?: number } = {}): Window {
  const shown = showOptions(options);
  const text = `TimeWindow(${showMs(sizeMs)}${shown === '' ? '' : `, ${shown}`})`;
  const wrong = [
    ...numberProblems('sizeMs', sizeMs, SIZE_MS),
    ...unknownKeys(options, ['buckets'], 'options'),
  ];
  const most = wrong.length === 0 ? Math.floor(sizeMs) : 1;
  const { buckets = Math.min(DEFAULT_BUCKETS, most) } = Object(options) as { readonly buckets?: number };
  if (wrong.length === 0) {
    wrong.push(
      ...numberProblems('buckets', buckets, {
        allowed: `a whole number from 1 to ${most} (a bucket lasts at least 1 ms)`,
        accepts: (value) => COUNT.accepts(value) && value <= most,
      }),
    );
  }
  const make = (slowThresholdsMs: readonly number[]): TimeStore =>
    new TimeStore(sizeMs, buckets, slowThresholdsMs);
  return new MadeWindow({
    text,
    problems: at(text, wrong),
    capacity: Infinity,
    maxAgeMs: sizeMs,
    make,
    restore: (memory, slowThresholdsMs, nowMs, agoMs = 0) =>
      recallBuckets(text, () => make(slowThresholdsMs), memory, slowThresholdsMs, nowMs - agoMs),
  });
}

/**
 * Reads what was given as a window: one of this package stays itself, a function or an object with `create` is
 * taken over. Anything else becomes a window that only has problems.
 */
export function toWindow(like: unknown): Window {
  if (like instanceof MadeWindow) return like;
  const { text, problems, call, self } = adopt(like, FAMILY);
  const { capacity = Infinity, maxAgeMs = Infinity, restore } = self;
  const wrong = [
    ...(capacity === Infinity ? [] : numberProblems('capacity', capacity, COUNT)),
    ...(maxAgeMs === Infinity ? [] : numberProblems('maxAgeMs', maxAgeMs, DURATION_MS)),
    ...(restore === undefined || typeof restore === 'function'
      ? []
      : [mustBe('restore', 'a method', restore)]),
  ];
  return new MadeWindow({
    text,
    problems: [...problems, ...at(text, wrong)],
    capacity: wrong.length === 0 ? (capacity as number) : Infinity,
    maxAgeMs: wrong.length === 0 ? (maxAgeMs as number) : Infinity,
    make: (slowThresholdsMs) => checkedStore(call(slowThresholdsMs), text),
    restore:
      typeof restore === 'function'
        ? (...given) => checkedStore(restore.apply(like, given), text)
        : undefined,
  });
}

function checkedStore(given: unknown, text: string): WindowStore {
  const { record, metric, memory } = Object(given) as Partial<WindowStore>;
  for (const [name, method] of Object.entries({ record, metric, memory })) {
    if (types.isAsyncFunction(method)) {
      throw new TypeError(mustBe(`${text}: ${name}`, 'synchronous', method, 'Remove async.'));
    }
  }
  if (typeof record === 'function' && typeof metric === 'function') return given as WindowStore;
  leaveAlone(given);
  throw new TypeError(mustBe(`${text}: what it creates`, 'an object with record(…) and metric(…)', given));
}

declareFactories(CountWindow, TimeWindow);
