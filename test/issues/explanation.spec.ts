import { describe, expect, it } from '@jest/globals';

import { explanationText, FailureStreak, TripWhen, type Tripper } from '../../lib/core/index.js';
import { aBreaker } from '../support/breaker.js';

// Found by asking a circuit that stayed closed why it did: its rule was met, it said.

describe('the explanation of a rule of which a part is at fault', () => {
  const broken = TripWhen(() => {
    throw new Error('rule broke');
  }, 'mine');

  it.each<[string, Tripper, isOpen: boolean]>([
    ['or, at fault before the member that is met', broken.or(FailureStreak(1)), false],
    ['or, at fault after it', FailureStreak(1).or(broken), true],
    ['and, at fault before', broken.and(FailureStreak(1)), false],
    ['and, at fault after one that is not met', FailureStreak(2).and(broken), false],
    ['not', broken.not(), false],
    ['not, of what is not met', FailureStreak(2).not(), true],
    ['or, at fault within', broken.not().or(FailureStreak(1)), false],
  ])('says what was judged: %s', (_name, tripper, isOpen) => {
    const { breaker } = aBreaker({ tripper });
    breaker.acquire().fail(new Error('down'));
    const { state, rule } = breaker.explain();
    expect([state === 'open', rule?.isMet]).toEqual([isOpen, isOpen]);
  });

  it('shows where the fault is', () => {
    const { breaker } = aBreaker({ tripper: broken.or(FailureStreak(1)) });
    breaker.acquire().fail(new Error('down'));
    expect(explanationText(breaker.explain().rule!)).toBe(
      [
        'or (at fault, so not met) ✗',
        '├ TripWhen(mine) failed: Error: rule broke ✗',
        '└ FailureStreak 1 ≥ 1 ✓',
      ].join('\n'),
    );
  });
});
