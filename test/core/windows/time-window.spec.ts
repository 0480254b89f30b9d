import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Tally } from '../../../lib/core/model/metric.js';
import { TimeWindow } from '../../../lib/core/windows/index.js';
import { expectJson } from '../../support/same.js';

const THRESHOLDS = [5, 50];

describe('TimeWindow', () => {
  it('forgets a call at the latest when it is as old as the window', () => {
    const store = TimeWindow(1000, { buckets: 10 }).create([]);
    store.record(0, 10, true);
    expect(store.metric(999).totalCount).toBe(1);
    expect(store.metric(1000).totalCount).toBe(0);
  });

  it('forgets a call one bucket early at most', () => {
    const store = TimeWindow(1000, { buckets: 10 }).create([]);
    store.record(99, 10, true);
    expect(store.metric(999).totalCount).toBe(1);
    expect(store.metric(1000).totalCount).toBe(0);
  });

  it('forgets bucket by bucket', () => {
    const store = TimeWindow(1000, { buckets: 4 }).create([]);
    for (const at of [0, 100, 250, 600, 999]) store.record(at, 10, false);
    expect([999, 1000, 1250, 1499, 1500, 1750].map((at) => store.metric(at).totalCount)).toEqual([
      5, 3, 2, 2, 1, 0,
    ]);
  });

  it('has only the new call after an idle time of any length', () => {
    for (const idleMs of [1000, 10_000, 3_600_000, 1e15]) {
      const store = TimeWindow(1000).create([]);
      for (let i = 0; i < 10; i++) store.record(i, 10, true);
      store.record(idleMs + 10, 20, false);
      expect(store.metric(idleMs + 10)).toMatchObject({
        totalCount: 1,
        failureCount: 0,
        totalDurationMs: 20,
      });
    }
  });

  it('forgets when it is read, without a new call', () => {
    const store = TimeWindow(1000).create([5]);
    store.record(0, 10, true);
    const metric = store.metric(5000);
    expect([metric.totalCount, metric.failureRate, metric.avgDurationMs, metric.slowCount(5)]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('counts a call of a clock that went back into the newest bucket', () => {
    const store = TimeWindow(1000, { buckets: 10 }).create([]);
    store.record(5000, 10, true);
    store.record(100, 10, true);
    expect(store.metric(200).totalCount).toBe(2);
    expect(store.metric(5999).totalCount).toBe(2);
    expect(store.metric(6000).totalCount).toBe(0);
  });

  it('does not care where the clock has its zero', () => {
    const store = TimeWindow(1000, { buckets: 4 }).create([]);
    store.record(-1250, 10, true);
    expect([-1000, -251, -250, 0].map((at) => store.metric(at).totalCount)).toEqual([1, 1, 0, 0]);
  });

  it('with one bucket forgets all at once', () => {
    const store = TimeWindow(1000, { buckets: 1 }).create([]);
    store.record(0, 10, true);
    store.record(999, 10, true);
    expect([999, 1000].map((at) => store.metric(at).totalCount)).toEqual([2, 0]);
  });

  it('is exact at the edges of buckets that are no whole milliseconds', () => {
    for (const sizeMs of [49, 100, 1000, 60_001, 86_400_000]) {
      for (const buckets of [3, 7, 41, 49]) {
        const store = TimeWindow(sizeMs, { buckets }).create([]);
        store.record(0, 10, true);
        expect([sizeMs - 0.5, sizeMs].map((at) => store.metric(at).totalCount)).toEqual([1, 0]);
      }
    }
  });

  it('makes stores that share nothing, with live figures', () => {
    const window = TimeWindow(1000);
    const [one, other] = [window.create([]), window.create([])];
    const metric = one.metric(0);
    one.record(0, 10, true);
    expect([metric.totalCount, other.metric(0).totalCount]).toEqual([1, 0]);
  });
});

describe('TimeWindow against a plain recount', () => {
  const step = fc.record({
    // Back, not at all, to the edges, a bit, and far beyond the window.
    waitMs: fc.oneof(
      fc.constantFrom(0, 1, 24, 25, 26, 99, 100, 101, 1e6),
      fc.integer({ min: -50, max: 150 }),
      fc.integer({ min: 0, max: 10_000 }),
    ),
    durationMs: fc.double({ min: 0, max: 200, noNaN: true }),
    isFailure: fc.boolean(),
    isRead: fc.boolean(),
  });

  it('has the same figures after any calls and pauses', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 12 }),
        fc.array(step, { maxLength: 80, size: 'max' }),
        (sizeMs, most, steps) => {
          const buckets = Math.min(most, sizeMs);
          const store = TimeWindow(sizeMs, { buckets }).create(THRESHOLDS);
          const tickOf = (ms: number) => Math.floor((ms * buckets) / sizeMs);
          const calls: { tick: number; durationMs: number; isFailure: boolean }[] = [];
          let nowMs = 0;
          let newest = -Infinity;
          for (const { waitMs, durationMs, isFailure, isRead } of steps) {
            nowMs += waitMs;
            newest = Math.max(newest, tickOf(nowMs));
            if (!isRead) {
              store.record(nowMs, durationMs, isFailure);
              calls.push({ tick: newest, durationMs, isFailure });
            }
            const expected = new Tally(THRESHOLDS);
            for (const one of calls) {
              if (newest - one.tick < buckets) expected.add(one.durationMs, one.isFailure);
            }
            expectJson(store.metric(nowMs), expected.toJSON());
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('remembers for at least the size less one bucket, and at most the size', () => {
    const times = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 40, size: 'max' });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 20 }),
        times,
        (sizeMs, most, waits) => {
          const buckets = Math.min(most, sizeMs);
          const store = TimeWindow(sizeMs, { buckets }).create([]);
          const calls: number[] = [];
          let nowMs = 0;
          for (const waitMs of waits) {
            nowMs += waitMs;
            calls.push(nowMs);
            store.record(nowMs, 1, false);
            const { totalCount } = store.metric(nowMs);
            const ages = calls.map((at) => nowMs - at);
            expect(totalCount).toBeGreaterThanOrEqual(
              ages.filter((age) => age <= sizeMs - sizeMs / buckets).length,
            );
            expect(totalCount).toBeLessThanOrEqual(ages.filter((age) => age < sizeMs).length);
          }
        },
      ),
    );
  });
});

describe('TimeWindow as a part', () => {
  it('has no limit of calls, reads like the code, and is frozen', () => {
    const window = TimeWindow(60_000);
    expect([window.capacity, String(window), window.problems]).toEqual([
      Infinity,
      'TimeWindow(60000 ms)',
      [],
    ]);
    expect(String(TimeWindow(1000, { buckets: 5 }))).toBe('TimeWindow(1000 ms, { buckets: 5 })');
    expect(String(TimeWindow(1000, {}))).toBe('TimeWindow(1000 ms)');
    expect(Object.isFrozen(window)).toBe(true);
  });

  it('has 60 buckets unless told otherwise, and of at least 1 ms each', () => {
    const remembered = (sizeMs: number, at: number, read: number) => {
      const store = TimeWindow(sizeMs).create([]);
      store.record(at, 1, false);
      return store.metric(read).totalCount;
    };
    expect([remembered(60_000, 999, 59_999), remembered(60_000, 999, 60_000)]).toEqual([1, 0]);
    expect([remembered(60_000, 1000, 60_999), remembered(60_000, 1000, 61_000)]).toEqual([1, 0]);
    expect([remembered(10, 0.9, 9.9), remembered(10, 0.9, 10)]).toEqual([1, 0]);
    expect([remembered(1.5, 0.5, 1.4), remembered(1.5, 0.5, 1.5)]).toEqual([1, 0]);
  });

  it.each([Number.NaN, Infinity, -1, 0, 0.5, '5', null, undefined, 5n])('refuses the size %p', (sizeMs) => {
    const window = TimeWindow(sizeMs as number);
    expect(window.problems).toHaveLength(1);
    expect(() => window.create([])).toThrow(new RangeError(window.problems[0]));
  });

  it.each([Number.NaN, Infinity, -1, 0, 1.5, '5', null, 1001])('refuses %p buckets', (buckets) => {
    const window = TimeWindow(1000, { buckets: buckets as number });
    expect(window.problems).toHaveLength(1);
    expect(() => window.create([])).toThrow(RangeError);
  });

  it.each<[unknown[], string]>([
    [[0], 'TimeWindow(0 ms): sizeMs must be a finite number of milliseconds ≥ 1, got 0.'],
    [
      [10, { buckets: 20 }],
      'TimeWindow(10 ms, { buckets: 20 }): buckets must be a whole number from 1 to 10 (a bucket lasts at least 1 ms), got 20.',
    ],
    [
      [10, { bucket: 2 }],
      'TimeWindow(10 ms, { bucket: 2 }): options.bucket is not an option. Did you mean buckets?',
    ],
    [
      [-1, { buckets: 5 }],
      'TimeWindow(-1 ms, { buckets: 5 }): sizeMs must be a finite number of milliseconds ≥ 1, got -1.',
    ],
    [[10, 2], 'TimeWindow(10 ms, 2): options must be an options object, got 2.'],
    [[10, null], 'TimeWindow(10 ms, null): options must be an options object, got null.'],
  ])('says of %p what is wrong', (args, problem) => {
    expect(TimeWindow(...(args as [number])).problems).toEqual([problem]);
  });
});
