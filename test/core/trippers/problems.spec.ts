import { describe, expect, it } from '@jest/globals';

import {
  Closed,
  DEFAULT_TRIPPER,
  FailureRate,
  FailureStreak,
  HalfOpened,
  MinRequests,
  Tripper,
  tripperProblems,
  type Reach,
} from '../../../lib/core/trippers/index.js';

const tooMany = (who: string, size = 100): string =>
  `${who} needs more calls than the window holds (${size}). Lower it to ${size} or less, or enlarge the window.`;

describe('tripperProblems', () => {
  it.each<[Tripper, number]>([
    [DEFAULT_TRIPPER, 100],
    [MinRequests(100), 100],
    [MinRequests(1e6).and(FailureRate(0.5)), Infinity],
    [HalfOpened().and(MinRequests(200)).or(FailureStreak(5)), 100],
    [Closed().or(HalfOpened().and(MinRequests(200).or(FailureRate(0.5)))), 100],
    [Closed().and(FailureRate(0.5)), 100],
    [MinRequests(200).not(), 100],
  ])('finds nothing wrong with %s over %p calls', (rule, capacity) => {
    expect(tripperProblems(rule, capacity)).toEqual([]);
  });

  it('tells the problems of the tripper itself', () => {
    const rule = Closed().and(FailureRate(50));
    expect(tripperProblems(rule, 100)).toEqual(rule.problems);
    expect(rule.problems).toHaveLength(1);
  });

  it.each<[Tripper]>([
    [HalfOpened()],
    [HalfOpened().and(MinRequests(10))],
    [Closed().not()],
    [Closed().and(HalfOpened())],
  ])('refuses %s: it would never open', (rule) => {
    expect(tripperProblems(rule, 100)).toEqual([
      `${rule}: can never be true while the circuit is closed, so the circuit would never open. ` +
        'Join a rule for the closed state: .or(FailureStreak(5)).',
    ]);
  });

  it('tells both what is wrong with a number and that the rule never opens', () => {
    expect(tripperProblems(HalfOpened().and(FailureRate(50)), 100)).toHaveLength(2);
  });

  it('refuses a rule that waits for more calls than the window holds', () => {
    expect(tripperProblems(MinRequests(200), 100)).toEqual([
      `MinRequests(200): can never be true while the circuit is closed, so the circuit would never open: ${tooMany('it')}`,
    ]);
    expect(tripperProblems(Closed().and(MinRequests(200)).and(FailureRate(0.5)), 100)).toEqual([
      'Closed() & MinRequests(200) & FailureRate(0.5): can never be true while the circuit is closed, ' +
        `so the circuit would never open: ${tooMany('MinRequests(200)')}`,
    ]);
  });

  it('refuses a branch that waits for more calls than the window holds', () => {
    expect(tripperProblems(MinRequests(200).and(FailureRate(0.5)).or(FailureStreak(5)), 100)).toEqual([
      `MinRequests(200) & FailureRate(0.5): this branch can never be true while the circuit is closed: ${tooMany('MinRequests(200)')}`,
    ]);
  });

  it('finds such a branch under an and, and names every one', () => {
    const rule = FailureRate(0.5).and(
      MinRequests(101)
        .or(FailureStreak(5))
        .or(MinRequests(300).and(MinRequests(400))),
    );
    expect(tripperProblems(rule, 100)).toEqual([
      `MinRequests(101): this branch can never be true while the circuit is closed: ${tooMany('it')}`,
      'MinRequests(300) & MinRequests(400): this branch can never be true while the circuit is closed: ' +
        tooMany('MinRequests(300) and MinRequests(400)'),
    ]);
    expect(tripperProblems(rule, 300)).toEqual([
      'MinRequests(300) & MinRequests(400): this branch can never be true while the circuit is closed: ' +
        tooMany('MinRequests(400)', 300),
    ]);
  });

  it('sees through a not', () => {
    const rule = MinRequests(200).not().or(FailureRate(0.1)).not();
    expect(tripperProblems(rule, 100)).toEqual([
      `!(!MinRequests(200) | FailureRate(0.1)): can never be true while the circuit is closed, so the circuit would never open: ${tooMany('MinRequests(200)')}`,
    ]);
  });

  it('takes a tripper of your own for one that may be true anywhere', () => {
    class Mine extends Tripper {
      isTripped(): boolean {
        return false;
      }
    }
    const mine = new Mine();
    expect([mine.reach('closed', 100), mine.not().reach('half_open', 100)]).toEqual(['maybe', 'maybe']);
    expect(tripperProblems(mine.and(FailureRate(0.5)), 100)).toEqual([]);
  });

  it('asks a tripper of your own', () => {
    class Never extends Tripper {
      isTripped(): boolean {
        return false;
      }
      override reach(): Reach {
        return 'never';
      }
    }
    expect(tripperProblems(new Never(), 100)[0]).toMatch(
      /^Never\(\): can never be true while the circuit is closed/,
    );
  });
});
