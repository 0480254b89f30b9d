import { describe, expect, it } from '@jest/globals';

import {
  AvgLatency,
  FailureRate,
  FailureStreak,
  MinRequests,
  SlowRate,
  type Tripper,
} from '../../../lib/core/trippers/index.js';
import { contextOf, mixed } from './context.js';

const BAD_COUNTS = [Number.NaN, Infinity, -1, 0, 1.5, '5', null, undefined, 2 ** 53];
const BAD_RATIOS = [Number.NaN, Infinity, -1, 0, 1.5, 50, '0.5', null, undefined];
const BAD_DURATIONS = [Number.NaN, Infinity, -1, 0, '5', null, undefined];

function expectRefused(tripper: Tripper): void {
  expect(tripper.problems).toHaveLength(1);
  expect(() => tripper.isTripped(contextOf(mixed(0, 100)))).toThrow(new RangeError(tripper.problems[0]));
}

describe('MinRequests', () => {
  it('is true from exactly that many calls, good or bad', () => {
    const rule = MinRequests(4);
    expect([mixed(2, 1), mixed(2, 2), mixed(5, 0)].map((calls) => rule.isTripped(contextOf(calls)))).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('needs that many probes as its evidence', () => {
    expect(MinRequests(20).evidence).toBe(20);
  });

  it('can never be true over a window that holds fewer, except for the probes of half_open', () => {
    expect(MinRequests(100).reach('closed', 100)).toBe('maybe');
    expect(MinRequests(101).reach('closed', 100)).toBe('never');
    expect(MinRequests(101).reach('closed', Infinity)).toBe('maybe');
    expect(MinRequests(101).reach('half_open', 100)).toBe('maybe');
  });

  it.each(BAD_COUNTS)('refuses %p', (count) => {
    expectRefused(MinRequests(count as number));
  });

  it('says what it got and what it takes', () => {
    expect(MinRequests(0).problems).toEqual(['MinRequests(0): count must be a whole number ≥ 1, got 0.']);
    expect(MinRequests('5' as never).problems).toEqual([
      'MinRequests("5"): count must be a whole number ≥ 1, got "5".',
    ]);
  });

  it('asks for no evidence and reaches everything when it is wrong', () => {
    expect(MinRequests(Number.NaN).evidence).toBe(1);
    expect(MinRequests(Infinity).reach('closed', 100)).toBe('maybe');
  });
});

describe('FailureRate', () => {
  it('trips at exactly the ratio', () => {
    const rule = FailureRate(0.3);
    expect([mixed(8, 2), mixed(7, 3), mixed(0, 1)].map((calls) => rule.isTripped(contextOf(calls)))).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('can ask for all', () => {
    expect(FailureRate(1).isTripped(contextOf(mixed(0, 3)))).toBe(true);
    expect(FailureRate(1).isTripped(contextOf(mixed(1, 999)))).toBe(false);
  });

  it('is false while nothing is remembered, whatever a window says then', () => {
    expect(FailureRate(0.1).isTripped(contextOf([]))).toBe(false);
    const odd = { ...contextOf([]), metric: { totalCount: 0, failureRate: 1 } as never };
    expect(FailureRate(0.1).isTripped(odd)).toBe(false);
  });

  it.each(BAD_RATIOS)('refuses %p', (ratio) => {
    expectRefused(FailureRate(ratio as number));
  });

  it('guesses what a percentage meant', () => {
    expect(FailureRate(50).problems).toEqual([
      'FailureRate(50): ratio must be in (0, 1], got 50. Did you mean 0.5?',
    ]);
    expect(FailureRate(-1).problems).toEqual(['FailureRate(-1): ratio must be in (0, 1], got -1.']);
  });
});

describe('FailureStreak', () => {
  it('trips at exactly that many failures in a row', () => {
    expect(
      [2, 3, 4].map((failureStreak) => FailureStreak(3).isTripped(contextOf([], { failureStreak }))),
    ).toEqual([false, true, true]);
  });

  it.each(BAD_COUNTS)('refuses %p', (count) => {
    expectRefused(FailureStreak(count as number));
  });

  it('says what it got and what it takes', () => {
    expect(FailureStreak(0).problems).toEqual(['FailureStreak(0): count must be a whole number ≥ 1, got 0.']);
  });
});

describe('SlowRate', () => {
  const timed = (...durations: number[]) =>
    contextOf(
      durations.map((ms) => [ms, false]),
      { slowThresholdsMs: [500, 1000] },
    );

  it('trips at exactly the ratio of calls that took at least the threshold', () => {
    const rule = SlowRate(0.5, 1000);
    expect(rule.isTripped(timed(1000, 999.9))).toBe(true);
    expect(rule.isTripped(timed(1000, 999.9, 10))).toBe(false);
  });

  it('counts failures too', () => {
    expect(SlowRate(1, 500).isTripped(contextOf([[500, true]], { slowThresholdsMs: [500] }))).toBe(true);
  });

  it('is false while nothing is remembered, whatever a window says then', () => {
    expect(SlowRate(0.1, 1000).isTripped(timed())).toBe(false);
    const odd = { ...timed(), metric: { totalCount: 0, slowRate: () => 1 } as never };
    expect(SlowRate(0.1, 1000).isTripped(odd)).toBe(false);
  });

  it('tells its threshold, for the window to count', () => {
    expect(SlowRate(0.5, 1000).slowThresholdsMs).toEqual([1000]);
    expect(SlowRate(0.5, Number.NaN).slowThresholdsMs).toEqual([]);
  });

  it.each(BAD_RATIOS)('refuses the ratio %p', (ratio) => {
    expectRefused(SlowRate(ratio as number, 1000));
  });

  it.each(BAD_DURATIONS)('refuses the threshold %p', (thresholdMs) => {
    expectRefused(SlowRate(0.5, thresholdMs as number));
  });

  it('tells all that is wrong at once', () => {
    expect(SlowRate(30, 0).problems).toEqual([
      'SlowRate(30, 0 ms): ratio must be in (0, 1], got 30. Did you mean 0.3?',
      'SlowRate(30, 0 ms): thresholdMs must be a finite number of milliseconds > 0, got 0.',
    ]);
  });
});

describe('AvgLatency', () => {
  it('trips at exactly the mean, failures included', () => {
    const rule = AvgLatency(200);
    const of = (...durations: number[]) => contextOf(durations.map((ms, i) => [ms, i === 0]));
    expect([of(100, 299), of(100, 300), of(100, 301)].map((context) => rule.isTripped(context))).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('is false while nothing is remembered, whatever a window says then', () => {
    expect(AvgLatency(1).isTripped(contextOf([]))).toBe(false);
    const odd = { ...contextOf([]), metric: { totalCount: 0, avgDurationMs: 5 } as never };
    expect(AvgLatency(1).isTripped(odd)).toBe(false);
  });

  it.each(BAD_DURATIONS)('refuses %p', (thresholdMs) => {
    expectRefused(AvgLatency(thresholdMs as number));
  });

  it('says what it got and what it takes', () => {
    expect(AvgLatency(0).problems).toEqual([
      'AvgLatency(0 ms): thresholdMs must be a finite number of milliseconds > 0, got 0.',
    ]);
  });
});

describe('every one of them', () => {
  it.each<[Tripper, string]>([
    [MinRequests(20), 'MinRequests(20)'],
    [FailureRate(0.5), 'FailureRate(0.5)'],
    [FailureStreak(5), 'FailureStreak(5)'],
    [SlowRate(0.3, 1000), 'SlowRate(0.3, 1000 ms)'],
    [AvgLatency(250), 'AvgLatency(250 ms)'],
    [AvgLatency('5' as never), 'AvgLatency("5")'],
  ])('reads like the code: %s', (rule, text) => {
    expect(rule.toString()).toBe(text);
  });

  it.each([FailureRate(0.5), FailureStreak(5), SlowRate(0.3, 1000), AvgLatency(250)])(
    '%s needs one probe as its evidence, may be true anywhere, and is frozen',
    (rule) => {
      expect(rule.evidence).toBe(1);
      expect([rule.reach('closed', 1), rule.reach('half_open', Infinity)]).toEqual(['maybe', 'maybe']);
      expect(Object.isFrozen(rule)).toBe(true);
      expect(rule.problems).toEqual([]);
    },
  );
});
