import { describe, expect, it } from '@jest/globals';

import { explanationText, FailureStreak, TripWhen, type Tripper } from '../../lib/core/index.js';
import { aBreaker } from '../support/breaker.js';

// Found by asking a circuit that stayed closed why it did: its rule was met, it said.

describe('the explanation of a rule of which a part is at fault', () => {
  const broken = TripWhen(() => {
    throw new Error('rule broke');
  }, 'mine');

  it.each<[string, Tripper, isOpen: boolean]>([
    ['or, at fault before the member that is met', broken.or(FailureStreak(1)), true],
    ['or, at fault before one that is not', broken.or(FailureStreak(2)), false],
    ['or, at fault after one that is not', FailureStreak(2).or(broken), false],
    ['or, at fault after it', FailureStreak(1).or(broken), true],
    ['and, at fault before', broken.and(FailureStreak(1)), false],
    ['and, at fault after one that is not met', FailureStreak(2).and(broken), false],
    ['not', broken.not(), false],
    ['not, of what is not met', FailureStreak(2).not(), true],
    ['or, at fault within', broken.not().or(FailureStreak(1)), true],
    ['not, of an or at fault', broken.or(FailureStreak(2)).not(), false],
  ])('says what was judged: %s', (_name, tripper, isOpen) => {
    const { breaker } = aBreaker({ tripper });
    breaker.acquire().fail(new Error('down'));
    const { state, rule } = breaker.explain();
    expect([state === 'open', rule?.isMet]).toEqual([isOpen, isOpen]);
  });

  it('shows where the fault is', () => {
    const { breaker } = aBreaker({ tripper: broken.and(FailureStreak(1)) });
    breaker.acquire().fail(new Error('down'));
    expect(explanationText(breaker.explain().rule!)).toBe(
      [
        'and (at fault, so not met) ✗',
        '├ TripWhen(mine) failed: Error: rule broke ✗',
        '└ FailureStreak 1 ≥ 1 ✓',
      ].join('\n'),
    );
  });

  it('tells the first fault where there are two', () => {
    const worse = TripWhen(() => {
      throw new Error('worse');
    }, 'worse');
    const { breaker } = aBreaker({ tripper: broken.or(worse) });
    breaker.acquire().fail(new Error('down'));
    expect(breaker.explain().rule).toMatchObject({ isMet: false, fault: 'Error: rule broke' });
  });
});

// A rule of the user's that broke kept the circuit closed for ever, whatever the rules beside it said.

describe('a rule "a or b" of which a is at fault', () => {
  const broken = (text: string): Tripper =>
    TripWhen(() => {
      throw new Error(text);
    }, text);

  it('is met by b, and onFault hears of a', () => {
    const faults: unknown[] = [];
    const { breaker } = aBreaker({
      tripper: broken('first').or(broken('second')).or(FailureStreak(2)),
      listeners: [{ onFault: ({ error }) => faults.push((error as Error).message) }],
    });
    breaker.acquire().fail(new Error('down'));
    expect([breaker.state, faults]).toEqual(['closed', ['first']]);
    breaker.acquire().fail(new Error('down'));
    // The explanation that goes with the transition asks every leaf.
    expect([breaker.state, faults]).toEqual(['open', ['first', 'first', 'second']]);
  });

  it('is told where it is "a and b", even if b is not met: the fault is the whole rule\'s', () => {
    const faults: unknown[] = [];
    const { breaker } = aBreaker({
      tripper: broken('first').and(FailureStreak(2)),
      listeners: [{ onFault: ({ error }) => faults.push((error as Error).message) }],
    });
    breaker.acquire().fail(new Error('down'));
    expect([breaker.state, faults]).toEqual(['closed', ['first']]);
    expect(breaker.explain().rule).toMatchObject({ isMet: false, fault: 'Error: first' });
  });
});
