import { describe, expect, it, jest } from '@jest/globals';

import { Tally } from '../../../lib/core/model/metric.js';
import type { WindowStore } from '../../../lib/core/model/part.js';
import { CountWindow, TimeWindow, toWindow } from '../../../lib/core/windows/index.js';

const store: WindowStore = { record: () => undefined, metric: () => new Tally() };

describe('toWindow', () => {
  it('leaves a window of this package as it is', () => {
    for (const window of [CountWindow(3), TimeWindow(1000)]) expect(toWindow(window)).toBe(window);
  });

  it('takes over a function that makes stores', () => {
    const make = jest.fn<(slowThresholdsMs: readonly number[]) => WindowStore>(() => store);
    const window = toWindow(make);
    expect(window.create([1000])).toBe(store);
    expect(make).toHaveBeenCalledWith([1000]);
    expect(window).toMatchObject({ capacity: Infinity, problems: [] });
    expect(
      String(
        toWindow(
          (
            () => () =>
              store
          )(),
        ),
      ),
    ).toBe('(slowThresholdsMs) => …');
  });

  it('takes over an object with create, its capacity and its text', () => {
    const window = toWindow({ create: () => store, capacity: 7, toString: () => 'LastSeven()' });
    expect([window.create([]), window.capacity, String(window)]).toEqual([store, 7, 'LastSeven()']);
    expect(toWindow({ create: () => store }).capacity).toBe(Infinity);
    expect(toWindow({ create: () => store, capacity: Infinity }).problems).toEqual([]);
  });

  it('takes over how long a call is remembered, and refuses a bad number of ms', () => {
    expect(toWindow({ create: () => store }).maxAgeMs).toBe(Infinity);
    expect(toWindow({ create: () => store, maxAgeMs: 5000 }).maxAgeMs).toBe(5000);
    const window = toWindow({ create: () => store, maxAgeMs: -1 });
    expect(window.problems).toEqual([
      '{ create }: maxAgeMs must be a finite number of milliseconds > 0, got -1.',
    ]);
    expect(window.maxAgeMs).toBe(Infinity);
  });

  it.each([0, -1, 1.5, Number.NaN, '7', null])('refuses the capacity %p', (capacity) => {
    const window = toWindow({ create: () => store, capacity });
    expect(window.problems).toEqual([
      expect.stringMatching(/^\{ create \}: capacity must be a whole number ≥ 1, got/),
    ]);
    expect(window.capacity).toBe(Infinity);
    expect(() => window.create([])).toThrow(RangeError);
  });

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [3, '3'],
    [{ record: () => undefined }, 'an object (Object)'],
    [{ metric: () => new Tally() }, 'an object (Object)'],
    [Promise.resolve(store), 'an object (Promise)'],
  ])('does not accept %p as a store', (made, got) => {
    expect(() => toWindow({ create: () => made }).create([])).toThrow(
      new TypeError(
        `{ create }: what it creates must be an object with record(…) and metric(…), got ${got}.`,
      ),
    );
  });

  it.each<[unknown, string]>([
    [100, 'got 100.'],
    [{}, 'got an object (Object).'],
    [CountWindow, 'got function CountWindow. Call it: CountWindow(…).'],
  ])('makes of %p a window with a problem, which cannot be used', (like, got) => {
    const window = toWindow(like);
    const text = `a window must be a window of this package, a function of (slowThresholdsMs) or an object with create(slowThresholdsMs), ${got}`;
    expect(window.problems).toEqual([text]);
    expect(() => window.create([])).toThrow(new RangeError(text));
  });
});
