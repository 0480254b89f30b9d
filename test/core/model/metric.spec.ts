import { describe, expect, it } from '@jest/globals';

import { countedMs, Tally } from '../../../lib/core/model/metric.js';
import { thrown } from '../../support/async.js';

describe('a duration as it is counted', () => {
  it.each([
    [1.5, 1.5],
    [0, 0],
    [-0, 0],
    [-5, 0],
    [Number.NaN, 0],
    [1 / 2048, 1 / 1024],
    [0.1, 102 / 1024],
  ])('%p ms is %p ms', (durationMs, counted) => {
    expect(countedMs(durationMs)).toBe(counted);
  });
});

describe('Tally', () => {
  it('counts no slow calls unless told which', () => {
    const tally = new Tally();
    tally.add(1e6, true);
    expect(tally.toJSON().slow).toEqual([]);
  });

  it.each<[readonly number[], string]>([
    [[], 'none'],
    [[500, 1000], '500, 1000'],
  ])('says which slow calls it counts when asked for others: %p', (thresholds, counted) => {
    expect(thrown(() => new Tally(thresholds).slowCount(800))).toEqual(
      new RangeError(
        `slow calls over 800 ms are not counted here (counted: ${counted}). ` +
          'Declare the threshold in the slowThresholdsMs of the tripper.',
      ),
    );
  });
});
