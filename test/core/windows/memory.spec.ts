import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CountWindow, TimeWindow, type Window, type WindowStore } from '../../../lib/core/index.js';
import { toWindow } from '../../../lib/core/windows/index.js';

const SIZE_MS = 1000;
const BUCKETS = 7;
const BUCKET_MS = SIZE_MS / BUCKETS;

/** As it comes back from a file. */
const copied = (store: WindowStore, nowMs: number): unknown =>
  JSON.parse(JSON.stringify(store.memory!(nowMs)));

const calls = fc.array(
  fc.record({
    waitMs: fc.integer({ min: 0, max: 400 }),
    isFailure: fc.boolean(),
    durationMs: fc.integer({ min: 0, max: 300 }),
  }),
  { maxLength: 40, size: 'max' },
);

describe('the memory of a window', () => {
  it.each<[string, Window]>([
    ['a count window', CountWindow(5)],
    ['a time window', TimeWindow(SIZE_MS)],
  ])('of %s that holds nothing gives one that holds nothing', (_, window) => {
    const store = window.restore!(copied(window.create([100]), 0), [100], 50);
    expect(store.metric(50)).toMatchObject({ totalCount: 0, failureCount: 0, totalDurationMs: 0 });
    store.record(50, 150, true);
    expect(store.metric(50)).toMatchObject({ totalCount: 1, failureRate: 1, avgDurationMs: 150 });
    expect(store.metric(50).slowCount(100)).toBe(1);
  });

  it('of a count window: it goes on as if nothing had been, wherever it is cut', () => {
    fc.assert(
      fc.property(calls, fc.nat(40), fc.integer({ min: 1, max: 20 }), (all, cutAt, size) => {
        const window = CountWindow(size);
        const whole = window.create([100, 200]);
        let cut = window.create([100, 200]);
        all.forEach(({ isFailure, durationMs }, i) => {
          if (i === cutAt) cut = window.restore!(copied(cut, 0), [100, 200], 0);
          for (const store of [whole, cut]) store.record(0, durationMs, isFailure);
        });
        expect(JSON.stringify(cut.metric(0))).toBe(JSON.stringify(whole.metric(0)));
      }),
      { seed: 1 },
    );
  });

  it('of a count window whose calls were not timed', () => {
    const store = CountWindow(3).create([]);
    for (const isFailure of [true, false, true, true]) store.record(0, undefined as never, isFailure);
    const back = CountWindow(3).restore!(copied(store, 0), [], 0);
    expect(back.metric(0)).toMatchObject({ totalCount: 3, failureCount: 2, totalDurationMs: 0 });
    back.record(0, 20, false);
    expect(back.metric(0)).toMatchObject({ totalCount: 3, failureCount: 2, avgDurationMs: 20 });
    expect(copied(back, 0)).toEqual({ failures: '110', durationsMs: [null, null, 20] });
    expect(copied(CountWindow(3).restore!(copied(back, 0), [], 0), 0)).toEqual(copied(back, 0));
  });

  it('of a count window has no durations where no call was timed', () => {
    const store = CountWindow(3).create([]);
    for (const isFailure of [true, false]) store.record(0, undefined as never, isFailure);
    expect(copied(store, 0)).toEqual({ failures: '10' });
  });

  it('of a time window has each bucket that holds calls, once, oldest first', () => {
    const store = TimeWindow(1000, { buckets: 4 }).create([]);
    store.record(100, 20, true);
    store.record(300, 20, true);
    store.metric(1000);
    store.record(1600, 30, false);
    store.record(1900, 40, true);
    const bucket = { totalCount: 1, timedCount: 1, slowCounts: [] };
    expect(copied(store, 1950)).toEqual({
      buckets: [
        { startedMsAgo: 450, ...bucket, failureCount: 0, totalDurationMs: 30 },
        { startedMsAgo: 200, ...bucket, failureCount: 1, totalDurationMs: 40 },
      ],
    });
  });

  it('of a time window: no call is remembered for longer than its size, none shorter than by a bucket', () => {
    const phase = fc.integer({ min: 0, max: 5000 });
    fc.assert(
      fc.property(calls, phase, phase, fc.nat(1500), (all, startMs, laterMs, gapMs) => {
        const window = TimeWindow(SIZE_MS, { buckets: BUCKETS });
        const store = window.create([100]);
        let nowMs = startMs;
        const made = all.map(({ waitMs, ...call }) => {
          nowMs += waitMs;
          store.record(nowMs, call.durationMs, call.isFailure);
          return { ...call, atMs: nowMs };
        });
        // Another process: its clock stands elsewhere, and `gapMs` have passed.
        const back = window.restore!(copied(store, nowMs), [100], laterMs, gapMs);
        const countYoungerThan = (ageMs: number): number =>
          made.filter(({ atMs }) => nowMs + gapMs - atMs < ageMs).length;
        const { totalCount } = back.metric(laterMs);
        expect(totalCount).toBeLessThanOrEqual(countYoungerThan(SIZE_MS));
        expect(totalCount).toBeGreaterThanOrEqual(countYoungerThan(SIZE_MS - BUCKET_MS));
        expect(back.metric(laterMs + SIZE_MS).totalCount).toBe(0);
      }),
      { seed: 2 },
    );
  });

  it('of a time window has the figures of what it remembers', () => {
    const window = TimeWindow(SIZE_MS);
    const store = window.create([100]);
    store.record(10, 150, true);
    store.record(500, 50, false);
    const back = window.restore!(copied(store, 500), [100], 7000, 0);
    expect(JSON.stringify(back.metric(7000))).toBe(JSON.stringify(store.metric(500)));
  });

  it('of a window of your own needs a method to be taken back', () => {
    const window = toWindow({ create: () => CountWindow(1).create([]), restore: 5 } as never);
    expect(window.problems).toEqual([expect.stringContaining('restore must be a method, got 5')]);
  });

  describe('is refused', () => {
    const FAILURES = 'failures must be a text of at most 5 digits 0 and 1, got';
    const DURATIONS = 'durationsMs must be a list of one duration ≥ 0 or null per call, got';
    it.each<[string, unknown, string]>([
      ['nothing', null, FAILURES],
      ['a text', 'full', FAILURES],
      ['another kind', { buckets: [] }, FAILURES],
      ['no list', { failures: 5 }, FAILURES],
      ['digits that are a number', { failures: 101 }, FAILURES],
      ['an answer that is neither', { failures: '01x' }, FAILURES],
      ['too many', { failures: '000000' }, FAILURES],
      ['durations of other calls', { failures: '01', durationsMs: [5] }, DURATIONS],
      ['a duration that is no number', { failures: '01', durationsMs: [5, 'x'] }, DURATIONS],
      ['a duration below zero', { failures: '01', durationsMs: [5, -1] }, DURATIONS],
      ['durations that are no list', { failures: '01', durationsMs: 5 }, DURATIONS],
    ])('by a count window: %s', (_, memory, text) => {
      expect(() => CountWindow(5).restore!(memory, [], 0)).toThrow(`CountWindow(5): ${text}`);
    });

    const bucket = {
      startedMsAgo: 5,
      totalCount: 2,
      failureCount: 1,
      timedCount: 2,
      totalDurationMs: 9,
      slowCounts: [1],
    };
    const LIST = 'buckets must be a list, got';
    const AGE = 'buckets[0].startedMsAgo must be a number of ms ≥ 0, got';
    const FIGURES = 'buckets[0] must be figures that agree with one another, got';
    it.each<[string, unknown, string]>([
      ['nothing', undefined, LIST],
      ['another kind', { failures: '' }, LIST],
      ['no list', { buckets: {} }, LIST],
      ['a bucket that is none', { buckets: [null] }, AGE],
      ['an age that is no number', { buckets: [{ ...bucket, startedMsAgo: '5' }] }, AGE],
      ['an age below zero', { buckets: [{ ...bucket, startedMsAgo: -5 }] }, AGE],
      ['a count that is none', { buckets: [{ ...bucket, totalCount: 2.5 }] }, FIGURES],
      ['failures that are no count', { buckets: [{ ...bucket, failureCount: 0.5 }] }, FIGURES],
      ['failures below zero', { buckets: [{ ...bucket, failureCount: -1 }] }, FIGURES],
      ['more failures than calls', { buckets: [{ ...bucket, failureCount: 3 }] }, FIGURES],
      ['timed calls that are no count', { buckets: [{ ...bucket, timedCount: 1.5 }] }, FIGURES],
      ['more timed than calls', { buckets: [{ ...bucket, timedCount: 3 }] }, FIGURES],
      ['a duration that is no number', { buckets: [{ ...bucket, totalDurationMs: null }] }, FIGURES],
      ['slow calls of other thresholds', { buckets: [{ ...bucket, slowCounts: [] }] }, FIGURES],
      ['slow calls that are no count', { buckets: [{ ...bucket, slowCounts: [0.5] }] }, FIGURES],
      ['more slow calls than timed', { buckets: [{ ...bucket, slowCounts: [3] }] }, FIGURES],
    ])('by a time window: %s', (_, memory, text) => {
      expect(() => TimeWindow(SIZE_MS).restore!(memory, [100], 0, 0)).toThrow(`TimeWindow(1000 ms): ${text}`);
    });
  });
});
