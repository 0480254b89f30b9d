import { describe, expect, it } from '@jest/globals';

import {
  AvgLatency,
  Closed,
  FailureRate,
  FailureStreak,
  HalfOpened,
  MinRequests,
  SlowRate,
  TripWhen,
  Tripper,
  type TripperLike,
} from '../../lib/core/index.js';
import { aBreaker, aHalfOpen, bad, good, slow } from '../support/breaker.js';

/** Plays probes, `.` good and `x` failed, until the circuit leaves half_open; which one made it, and where to. */
function play(tripper: TripperLike, probes: string): string {
  const { breaker, first } = aHalfOpen({ tripper });
  first.release();
  for (const [i, probe] of probes.split('').entries()) {
    if (probe === '.') good(breaker);
    else bad(breaker);
    if (breaker.state !== 'half_open') return `${breaker.state} after ${i + 1}`;
  }
  return breaker.state;
}

describe('enough evidence', () => {
  const rate = MinRequests(10).and(FailureRate(0.5));

  it.each<[string, TripperLike, string, string]>([
    ['waits for the minimum before it closes', rate, '.........', 'half_open'],
    ['closes at the minimum', rate, '..........', 'closed after 10'],
    ['closes with failures below the rate', rate, 'xxxx......', 'closed after 10'],
    [
      'closes on a good probe only, not on the failed one that fills the minimum',
      rate,
      '........xx',
      'half_open',
    ],
    ['closes on the good probe after that', rate, '........xx.', 'closed after 11'],
    ['is one call for a rule without a minimum', FailureRate(0.5), '.', 'closed after 1'],
    ['is one call for a streak', FailureStreak(3), 'xx.', 'closed after 3'],
    [
      'is the most of what "and" joins',
      MinRequests(3).and(MinRequests(5)).and(FailureRate(0.9)),
      '.....',
      'closed after 5',
    ],
    [
      'is the most of what "or" joins',
      MinRequests(3)
        .and(FailureRate(0.9))
        .or(MinRequests(5).and(FailureRate(0.5))),
      '.....',
      'closed after 5',
    ],
    [
      'leaves out a branch that Closed() rules out',
      Closed()
        .and(MinRequests(50))
        .and(FailureRate(0.5))
        .or(MinRequests(2).and(FailureRate(0.9))),
      '..',
      'closed after 2',
    ],
    [
      'takes the half-open branch alone',
      Closed()
        .and(FailureStreak(5))
        .or(HalfOpened().and(MinRequests(3)).and(FailureRate(0.5))),
      '...',
      'closed after 3',
    ],
  ])('%s', (_, tripper, probes, expected) => {
    expect(play(tripper, probes)).toBe(expected);
  });

  it('is ten probes by default', () => {
    const { breaker, first } = aHalfOpen({ tripper: undefined });
    first.succeed();
    good(breaker, 8);
    expect(breaker.state).toBe('half_open');
    good(breaker);
    expect(breaker.state).toBe('closed');
  });
});

describe('bad for certain', () => {
  const rate = MinRequests(10).and(FailureRate(0.5));

  it.each<[string, TripperLike, string, string]>([
    ['reopens at the fifth failure, not at the tenth', rate, 'xxxxx', 'open after 5'],
    ['does not reopen at the fourth', rate, 'xxxx', 'half_open'],
    ['counts good probes for what they are', rate, '....xxxxx', 'open after 9'],
    ['is judged after a good probe too', FailureRate(0.2).and(MinRequests(5)), 'x', 'open after 1'],
    ['reopens at the first failure of a rule without a minimum', FailureRate(0.5), 'x', 'open after 1'],
    [
      'does not take a streak for certain that a good probe would end',
      MinRequests(4).and(FailureStreak(3)),
      'xxx',
      'half_open',
    ],
    [
      'is the streak itself once there is enough',
      MinRequests(4).and(FailureStreak(3)),
      'xxxx',
      'open after 4',
    ],
  ])('%s', (_, tripper, probes, expected) => {
    expect(play(tripper, probes)).toBe(expected);
  });

  it('takes the probes still needed for fast as well as good', () => {
    const made = aHalfOpen({ tripper: MinRequests(4).and(SlowRate(0.5, 1000)) });
    made.first.release();
    slow(made, 1000);
    expect(made.breaker.state).toBe('half_open');
    slow(made, 1000);
    expect(made.breaker.state).toBe('open');
  });

  it('does the same for a mean duration', () => {
    const made = aHalfOpen({ tripper: MinRequests(4).and(AvgLatency(1000)) });
    made.first.release();
    slow(made, 3999);
    expect(made.breaker.state).toBe('half_open');
    slow(made, 1);
    expect(made.breaker.state).toBe('open');
  });
});

describe('a rule of which no branch applies to half_open', () => {
  const closedOnly = Closed().and(MinRequests(50)).and(FailureRate(0.5));

  it('reopens on one failed probe', () => {
    expect(play(closedOnly, 'x')).toBe('open after 1');
  });

  it('closes on one good probe', () => {
    expect(play(closedOnly, '.')).toBe('closed after 1');
  });
});

describe('a rule at fault', () => {
  const broken = TripWhen(() => {
    throw new Error('my rule');
  });

  it('has not tripped while closed', () => {
    const { breaker, signals } = aBreaker({ tripper: broken });
    bad(breaker, 5);
    expect(breaker.state).toBe('closed');
    expect(signals.of('fault')).toHaveLength(5);
  });

  it('leaves half_open to the probe itself', () => {
    expect(play(broken, 'x')).toBe('open after 1');
    expect(play(broken, '.')).toBe('closed after 1');
  });

  it('that answers with a promise is at fault too, and its rejection ends nothing', () => {
    const { breaker, signals } = aBreaker({
      tripper: (async () => Promise.reject(new Error('late'))) as never,
    });
    bad(breaker);
    expect(breaker.state).toBe('closed');
    expect(String(signals.of('fault')[0]!.error)).toContain('returned a promise');
  });

  it('of a class of its own is held to the same', () => {
    class Own extends Tripper {
      isTripped(): boolean {
        return Promise.resolve(false) as never;
      }
    }
    const { breaker, signals } = aBreaker({ tripper: new Own() });
    bad(breaker);
    expect(breaker.state).toBe('closed');
    expect(signals.of('fault')).toHaveLength(1);
  });
});

describe('what a rule is told', () => {
  it('is the figures, the state, the streak and the reopenings', () => {
    const seen: string[] = [];
    const { breaker, first, clock } = aHalfOpen({
      tripper: ({ metric, state, failureStreak, reopens }) => {
        seen.push(
          `${state} ${metric.failureCount}/${metric.totalCount} streak ${failureStreak} reopens ${reopens}`,
        );
        return metric.failureCount === 2;
      },
    });
    first.fail(new Error('down'));
    bad(breaker);
    clock.advance(1000);
    bad(breaker);
    breaker.reset();
    good(breaker);
    breaker.metricsOnly();
    bad(breaker);
    expect(seen).toEqual([
      'half_open 1/1 streak 1 reopens 0',
      'half_open 2/2 streak 2 reopens 0',
      'half_open 2/2 streak 2 reopens 0', // It reopens, and is asked why.
      'half_open 1/1 streak 1 reopens 1',
      'closed 0/1 streak 0 reopens 0',
      'closed 1/1 streak 1 reopens 0',
    ]);
  });
});
