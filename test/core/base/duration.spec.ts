import { describe, expect, it } from '@jest/globals';

import { hours, minutes, seconds } from '../../../lib/core/index.js';

describe('durations', () => {
  it.each([
    ['seconds(1.5)', seconds(1.5), 1500],
    ['minutes(5)', minutes(5), 300_000],
    ['hours(2)', hours(2), 7_200_000],
  ])('%s is milliseconds', (_, got, ms) => expect(got).toBe(ms));
});
