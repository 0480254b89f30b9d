import { describe, expect, it } from '@jest/globals';

import { systemRandom } from '../../../lib/core/base/random.js';

describe('systemRandom', () => {
  it('gives another number in [0, 1) each time', () => {
    const numbers = Array.from({ length: 100 }, systemRandom);
    expect(new Set(numbers).size).toBe(100);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  });
});
