import { describe, expect, it } from '@jest/globals';
import { Tally } from '../../../lib/core/model/metric.js';

describe('a tally without thresholds', () => {
  it('starts with nothing counted, and rates that are numbers', () => {
    const tally = new Tally();

    expect(tally.toJSON()).toEqual({
      totalCount: 0,
      failureCount: 0,
      totalDurationMs: 0,
      failureRate: 0,
      avgDurationMs: 0,
      slow: [],
    });
  });

  it('has no slow calls, rather than NaN of them, with thresholds too', () => {
    const tally = new Tally([5]);
    expect([tally.slowCount(5), tally.slowRate(5)]).toEqual([0, 0]);
  });

  it('counts calls and durations, and asks nobody which are slow', () => {
    const tally = new Tally();

    tally.add(30, true);
    tally.add(10, false);

    expect(tally.toJSON()).toEqual({
      totalCount: 2,
      failureCount: 1,
      totalDurationMs: 40,
      failureRate: 0.5,
      avgDurationMs: 20,
      slow: [],
    });
  });
});
