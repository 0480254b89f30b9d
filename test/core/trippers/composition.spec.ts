import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { TripContext } from '../../../lib/core/model/part.js';
import {
  AvgLatency,
  Closed,
  FailureRate,
  HalfOpened,
  MinRequests,
  SlowRate,
  TripWhen,
  type Tripper,
} from '../../../lib/core/trippers/index.js';
import { contextOf, mixed } from './context.js';

describe('Tripper.and, or, not', () => {
  it.each<[Tripper, string]>([
    [
      MinRequests(20).and(FailureRate(0.5).or(SlowRate(0.3, 1000))),
      'MinRequests(20) & (FailureRate(0.5) | SlowRate(0.3, 1000 ms))',
    ],
    [
      MinRequests(1).and(MinRequests(2)).and(MinRequests(3)),
      'MinRequests(1) & MinRequests(2) & MinRequests(3)',
    ],
    [
      MinRequests(1).or(MinRequests(2).or(MinRequests(3))),
      'MinRequests(1) | MinRequests(2) | MinRequests(3)',
    ],
    [Closed().not(), '!Closed()'],
    [Closed().and(HalfOpened()).not().or(Closed()), '!(Closed() & HalfOpened()) | Closed()'],
  ])('read like the code: %s', (rule, text) => {
    expect(rule.toString()).toBe(text);
  });

  it('ask from left to right, and no further than needed', () => {
    const asked: string[] = [];
    const told = (name: string, answer: boolean) => (): boolean => {
      asked.push(name);
      return answer;
    };
    const context = contextOf([]);
    expect(TripWhen(told('a', false)).and(told('b', true)).isTripped(context)).toBe(false);
    expect(TripWhen(told('c', true)).or(told('d', true)).isTripped(context)).toBe(true);
    expect(asked).toEqual(['a', 'c']);
  });

  it('are associative: however they are bracketed, they have the same members', () => {
    const [a, b, c] = [Closed(), HalfOpened(), FailureRate(0.5)] as const;
    expect(a.and(b).and(c).members).toEqual([a, b, c]);
    expect(a.or(b.or(c)).members).toEqual([a, b, c]);
    expect(a.or(b).and(c).members).toHaveLength(2);
  });

  it('give the same object back for a double not', () => {
    const rule = Closed().and(FailureRate(0.5));
    expect(rule.not().not()).toBe(rule);
  });

  it('collect the thresholds of their members, each once and in order', () => {
    const rule = SlowRate(0.5, 1000)
      .or(SlowRate(0.1, 5000).and(SlowRate(0.9, 200).not()))
      .or(SlowRate(0.2, 1000));
    expect(rule.slowThresholdsMs).toEqual([200, 1000, 5000]);
    expect(Closed().and(AvgLatency(3)).slowThresholdsMs).toEqual([]);
  });

  it('collect the problems of their members, and never run while there is one', () => {
    const rule = Closed().and(FailureRate(50)).or(MinRequests(0).not());
    expect(rule.problems).toEqual([
      'FailureRate(50): ratio must be in (0, 1], got 50. Did you mean 0.5?',
      'MinRequests(0): count must be a whole number ≥ 1, got 0.',
    ]);
    const short = HalfOpened().and(FailureRate(50));
    for (const bad of [rule, rule.not(), short, Closed().or(FailureRate(50))]) {
      expect(() => bad.isTripped(contextOf([]))).toThrow(RangeError);
    }
  });

  it('are immutable', () => {
    const rule = Closed().and(FailureRate(0.5)).or(HalfOpened());
    for (const part of [rule, rule.not(), rule.problems, rule.slowThresholdsMs, rule.members]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe('Tripper.evidence', () => {
  it.each<[Tripper, number]>([
    [FailureRate(0.5), 1],
    [MinRequests(20).and(FailureRate(0.5)), 20],
    [MinRequests(20).and(MinRequests(30)), 30],
    [MinRequests(20).or(MinRequests(30)), 30],
    [FailureRate(0.5).or(SlowRate(0.5, 1)), 1],
    [
      Closed()
        .and(MinRequests(100))
        .or(HalfOpened().and(MinRequests(10))),
      10,
    ],
    [Closed().and(MinRequests(100)).or(FailureRate(0.5)), 1],
    [
      Closed()
        .and(MinRequests(100))
        .or(Closed().and(MinRequests(50))),
      1,
    ],
    [HalfOpened().not().and(MinRequests(100)).or(MinRequests(5)), 5],
    [MinRequests(20).not(), 20],
  ])('of %s is %i', (rule, evidence) => {
    expect(rule.evidence).toBe(evidence);
  });
});

describe('Tripper.reach', () => {
  it.each<[Tripper, string, string]>([
    [Closed().and(FailureRate(0.5)), 'maybe', 'never'],
    [Closed().or(FailureRate(0.5)), 'always', 'maybe'],
    [Closed().or(HalfOpened()), 'always', 'always'],
    [Closed().and(HalfOpened()), 'never', 'never'],
    [Closed().not(), 'never', 'always'],
    [Closed().and(MinRequests(101)), 'never', 'never'],
    [FailureRate(0.5).or(MinRequests(101)), 'maybe', 'maybe'],
    [HalfOpened().or(MinRequests(101)), 'never', 'always'],
    [MinRequests(101).not(), 'always', 'maybe'],
    [FailureRate(0.5).not(), 'maybe', 'maybe'],
    [Closed().and(HalfOpened().not()), 'always', 'never'],
  ])('of %s over 100 calls is %s when closed, %s in half_open', (rule, closed, halfOpen) => {
    expect([rule.reach('closed', 100), rule.reach('half_open', Infinity)]).toEqual([closed, halfOpen]);
  });
});

describe('the algebra of trippers', () => {
  const leaves = fc.constantFrom<Tripper>(
    Closed(),
    HalfOpened(),
    MinRequests(3),
    MinRequests(30),
    FailureRate(0.5),
    TripWhen(({ reopens }) => reopens > 0, 'reopened'),
  );
  const { rule } = fc.letrec<{ rule: Tripper }>((tie) => ({
    rule: fc.oneof(
      { maxDepth: 4 },
      leaves,
      tie('rule').map((a) => a.not()),
      fc.tuple(tie('rule'), tie('rule')).map(([a, b]) => a.and(b)),
      fc.tuple(tie('rule'), tie('rule')).map(([a, b]) => a.or(b)),
    ),
  }));
  const context: fc.Arbitrary<TripContext> = fc
    .record({
      good: fc.nat(20),
      failed: fc.nat(20),
      state: fc.constantFrom('closed' as const, 'half_open' as const),
      reopens: fc.nat(2),
    })
    .map(({ good, failed, ...rest }) => contextOf(mixed(good, failed), rest));

  it('keeps De Morgan, associativity, commutativity and idempotence', () => {
    fc.assert(
      fc.property(rule, rule, rule, context, (a, b, c, at) => {
        expect(a.and(b).not().isTripped(at)).toBe(a.not().or(b.not()).isTripped(at));
        expect(a.or(b).not().isTripped(at)).toBe(a.not().and(b.not()).isTripped(at));
        expect(a.and(b).and(c).isTripped(at)).toBe(a.and(b.and(c)).isTripped(at));
        expect(a.or(b).or(c).isTripped(at)).toBe(a.or(b.or(c)).isTripped(at));
        expect(a.and(b).isTripped(at)).toBe(b.and(a).isTripped(at));
        expect(a.or(b).isTripped(at)).toBe(b.or(a).isTripped(at));
        expect(a.and(a).isTripped(at)).toBe(a.isTripped(at));
        expect(a.or(a).isTripped(at)).toBe(a.isTripped(at));
      }),
    );
  });

  it('answers no where it can never be true, and yes where it always is', () => {
    fc.assert(
      fc.property(rule, context, (a, at) => {
        // mixed() holds at most 40 calls, and MinRequests(30) is out of reach of a window of 20.
        const isSmall = at.metric.totalCount <= 20;
        const reach = a.reach(at.state, isSmall ? 20 : 40);
        if (reach !== 'maybe') expect(a.isTripped(at)).toBe(reach === 'always');
      }),
      { numRuns: 500 },
    );
  });
});
