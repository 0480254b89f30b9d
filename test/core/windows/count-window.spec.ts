import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { countedMs, Tally } from '../../../lib/core/model/metric.js';
import { CountWindow } from '../../../lib/core/windows/index.js';
import { expectJson } from '../../support/same.js';

const THRESHOLDS = [5, 50];
const snapshot = (calls: readonly (readonly [number, boolean])[]) => {
  const tally = new Tally(THRESHOLDS);
  for (const [durationMs, isFailure] of calls) tally.add(durationMs, isFailure);
  return tally.toJSON();
};

const call = fc.tuple(
  fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constantFrom(5, 50, 4.9999, 0, -1, Number.NaN)),
  fc.boolean(),
);

describe('CountWindow', () => {
  it('remembers the last calls only', () => {
    const store = CountWindow(3).create([]);
    for (const isFailure of [true, true, false, false]) store.record(0, 10, isFailure);
    expect(store.metric(0)).toMatchObject({ totalCount: 3, failureCount: 1, totalDurationMs: 30 });
  });

  it('can remember a single call', () => {
    const store = CountWindow(1).create([]);
    store.record(0, 10, true);
    store.record(0, 20, false);
    expect(store.metric(0)).toMatchObject({ totalCount: 1, failureCount: 0, totalDurationMs: 20 });
  });

  it('remembers them however long ago they were', () => {
    const store = CountWindow(3).create([]);
    store.record(0, 10, true);
    expect(store.metric(1e12).failureCount).toBe(1);
  });

  it('gives figures that are live', () => {
    const store = CountWindow(3).create([]);
    const metric = store.metric(0);
    store.record(0, 10, true);
    expect(metric.totalCount).toBe(1);
  });

  it('makes stores that share nothing', () => {
    const window = CountWindow(3);
    const [one, other] = [window.create([]), window.create([])];
    one.record(0, 10, true);
    expect(other.metric(0).totalCount).toBe(0);
  });

  it('counts the slow calls of the thresholds it was given', () => {
    const store = CountWindow(2).create([100]);
    for (const ms of [100, 150, 99]) store.record(0, ms, false);
    expect(store.metric(0).slowCount(100)).toBe(1);
  });

  it('has the figures of a plain recount, after any calls', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(call, { maxLength: 150, size: 'max' }),
        (size, calls) => {
          const store = CountWindow(size).create(THRESHOLDS);
          calls.forEach(([durationMs, isFailure], i) => {
            store.record(i, durationMs, isFailure);
            expectJson(store.metric(i), snapshot(calls.slice(Math.max(0, i + 1 - size), i + 1)));
          });
        },
      ),
    );
  });

  it('takes a success for one more of the same where that changes no count, and only there', () => {
    const store = CountWindow(3).create([]);
    const remember = (isFailure: boolean, durationMs?: number) => store.record(0, durationMs!, isFailure);
    const oldestFirst = () => (store.memory!(0) as { failures: string }).failures;
    remember(false);
    remember(false);
    expect([store.repeat!(false), oldestFirst()]).toEqual([false, '00']); // there is room
    remember(true);
    expect([store.repeat!(false), oldestFirst()]).toEqual([true, '010']);
    expect([store.repeat!(false), oldestFirst()]).toEqual([true, '100']);
    expect([store.repeat!(false), oldestFirst()]).toEqual([false, '100']); // the oldest is a failure
    remember(false);
    expect([store.repeat!(false), oldestFirst()]).toEqual([true, '000']);
    remember(false, 5);
    expect([store.repeat!(false), store.repeat!(false)]).toEqual([true, true]);
    expect(store.memory!(0)).toEqual({ failures: '000', durationsMs: [5, null, null] });
    expect([store.repeat!(false, 7), store.memory!(0)]).toEqual([
      true,
      { failures: '000', durationsMs: [null, null, 7] },
    ]);
    expect(store.metric(0)).toMatchObject({ totalCount: 3, totalDurationMs: 7, avgDurationMs: 7 });
    for (let i = 0; i < 3; i++) store.repeat!(false);
    expect(store.metric(0)).toMatchObject({ totalCount: 3, totalDurationMs: 0, avgDurationMs: 0 });
  });

  it('takes a failure for one more of the same just so', () => {
    const store = CountWindow(2).create([]);
    const remembered = () => (store.memory!(0) as { failures: string }).failures;
    store.record(0, undefined as unknown as number, true);
    expect([store.repeat!(true), remembered()]).toEqual([false, '1']); // there is room
    store.record(0, undefined as unknown as number, false);
    expect([store.repeat!(true), remembered()]).toEqual([true, '01']);
    expect([store.repeat!(true), remembered()]).toEqual([false, '01']); // the oldest is a success
    expect([store.repeat!(false), remembered()]).toEqual([true, '10']);
    expect([store.repeat!(true, 7), store.memory!(0)]).toEqual([
      true,
      { failures: '01', durationsMs: [null, 7] },
    ]);
    expect(store.metric(0)).toMatchObject({ totalCount: 2, failureCount: 1, avgDurationMs: 7 });
  });

  it('does not drift in a million calls', () => {
    const store = CountWindow(100).create([]);
    for (let i = 0; i < 1e6; i++) store.record(0, 0.1 + (i % 7) / 3, i % 2 === 0);
    for (let i = 0; i < 100; i++) store.record(0, 0.1, false);
    expect(store.metric(0)).toMatchObject({
      totalCount: 100,
      failureCount: 0,
      totalDurationMs: 100 * countedMs(0.1),
    });
  });

  it('needs memory for the calls it has seen, not for its size', () => {
    const before = process.memoryUsage().arrayBuffers;
    const stores = Array.from({ length: 1000 }, () => CountWindow(1_000_000).create([]));
    for (const store of stores) store.record(0, 10, true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(stores).toHaveLength(1000);
  });

  it('grows with the calls it sees, by doubling', () => {
    const before = process.memoryUsage().arrayBuffers;
    const stores = Array.from({ length: 10 }, () => CountWindow(1_000_000).create([]));
    for (const store of stores) for (let i = 0; i < 40; i++) store.record(0, 10, true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000);
    expect(stores.map((store) => store.metric(0).totalCount)).toEqual(Array(10).fill(40));
  });

  it('holds a million calls', () => {
    const store = CountWindow(1_000_000).create([]);
    for (let i = 0; i < 1_500_000; i++) store.record(i, 1, i < 750_000);
    expect(store.metric(0)).toMatchObject({ totalCount: 1_000_000, failureCount: 250_000 });
  });

  it('has its size as its capacity, reads like the code, and is frozen', () => {
    expect(CountWindow(100).capacity).toBe(100);
    expect(String(CountWindow(100))).toBe('CountWindow(100)');
    expect(CountWindow(100).problems).toEqual([]);
    expect(Object.isFrozen(CountWindow(100))).toBe(true);
  });

  it.each([Number.NaN, Infinity, -1, 0, 1.5, '5', null, undefined])('refuses %p', (size) => {
    const window = CountWindow(size as number);
    expect(window.problems).toHaveLength(1);
    expect(window.capacity).toBe(Infinity);
    expect(() => window.create([])).toThrow(new RangeError(window.problems[0]));
  });

  it('says what it got and what it takes', () => {
    expect(CountWindow(0).problems).toEqual(['CountWindow(0): size must be a whole number ≥ 1, got 0.']);
    expect(CountWindow(null as never).problems).toEqual([
      'CountWindow(null): size must be a whole number ≥ 1, got null.',
    ]);
  });
});
