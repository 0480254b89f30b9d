import { describe, expect, it } from '@jest/globals';

import { nearest, numberProblems, RATIO } from '../../../lib/core/base/validate.js';

describe('numberProblems', () => {
  it.each<[unknown, string]>([
    [50, 'ratio must be in (0, 1], got 50. Did you mean 0.5?'],
    [100, 'ratio must be in (0, 1], got 100. Did you mean 1?'],
    [150, 'ratio must be in (0, 1], got 150.'],
    [-1, 'ratio must be in (0, 1], got -1.'],
    ['50', 'ratio must be in (0, 1], got "50".'],
  ])('takes a ratio of %p for a percentage only where it may be one', (got, text) => {
    expect(numberProblems('ratio', got, RATIO)).toEqual([text]);
  });
});

describe('nearest', () => {
  it.each<[string, string, readonly string[], string | undefined]>([
    ['a name with a letter changed', 'paymants', ['orders', 'payments'], 'payments'],
    ['a name in other letters', 'PAYMENTS', ['orders', 'payments'], 'payments'],
    ['the first of two that come equally near', 'payments', ['payments2', 'payments3'], 'payments2'],
    ['the nearest, wherever it stands', 'payments', ['payme', 'payment', 'paym'], 'payment'],
    ['a short name with one letter changed', 'ab', ['xy', 'ax'], 'ax'],
    ['no name that has nothing in common', 'ab', ['xy'], undefined],
    ['no name where more than a third is wrong', 'abcdef', ['abcxyz'], undefined],
    ['no name that is much longer', 'ab', ['abcd'], undefined],
  ])('gives %s', (_, name, known, expected) => {
    expect(nearest(name, known)).toBe(expected);
  });

  it('compares a name of megabytes with none that is much shorter', () => {
    const known = Array.from({ length: 1000 }, (_, i) => `payments-${i}`);
    expect(nearest('x'.repeat(1e7), known)).toBeUndefined();
  });
});
