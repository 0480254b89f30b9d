import { describe, expect, it } from '@jest/globals';

import {
  Always,
  CountWindow,
  FailureRate,
  FailureStreak,
  MinRequests,
  SlowRate,
  TimeWindow,
} from '../../lib/core/index.js';
import { aBreaker, bad, good, knock, slow } from '../support/breaker.js';

describe('closed', () => {
  it('is where a breaker starts, with nothing remembered', () => {
    const { breaker } = aBreaker();
    expect(breaker.snapshot()).toMatchObject({
      state: 'closed',
      reopens: 0,
      failureStreak: 0,
      lastError: null,
      metric: { totalCount: 0 },
    });
  });

  it('opens on the very call that meets the rule', () => {
    const { breaker, signals } = aBreaker({ tripper: FailureStreak(3) });
    bad(breaker, 2);
    expect(breaker.state).toBe('closed');
    bad(breaker);
    expect(breaker.state).toBe('open');
    expect(signals.moves()).toEqual(['closed → open (tripper)']);
  });

  it('says nothing at 99 calls and opens at 100 with exactly half of them failed, by default', () => {
    const { breaker } = aBreaker({ tripper: undefined });
    good(breaker, 50);
    bad(breaker, 49);
    expect(breaker.state).toBe('closed');
    bad(breaker);
    expect(breaker.state).toBe('open');
  });

  it('is judged after a success too: the last good call may fill the minimum', () => {
    const { breaker } = aBreaker({ tripper: MinRequests(4).and(FailureRate(0.5)) });
    bad(breaker, 3);
    good(breaker);
    expect(breaker.state).toBe('open');
  });

  it('opens on a slow success', () => {
    const made = aBreaker({ tripper: MinRequests(2).and(SlowRate(0.5, 1000)) });
    good(made.breaker);
    slow(made, 1000);
    expect(made.breaker.state).toBe('open');
  });

  it('counts a slow failure as slow', () => {
    const made = aBreaker({ tripper: MinRequests(2).and(SlowRate(1, 1000)) });
    slow(made, 1000, new Error('late'));
    slow(made, 2000, new Error('later'));
    expect(made.breaker.state).toBe('open');
  });

  it('forgets what has left the window', () => {
    const { breaker } = aBreaker({ window: CountWindow(2), tripper: MinRequests(2).and(FailureRate(1)) });
    bad(breaker);
    good(breaker);
    bad(breaker);
    expect(breaker.snapshot().metric).toMatchObject({ totalCount: 2, failureCount: 1 });
    expect(breaker.state).toBe('closed');
  });

  it('forgets by time when it is read, not only when it is written', () => {
    const { breaker, clock } = aBreaker({ window: TimeWindow(10_000), tripper: FailureStreak(99) });
    bad(breaker, 10);
    clock.advance(100_000);
    expect(breaker.snapshot().metric.totalCount).toBe(0);
  });

  it('ends a streak of failures with one success', () => {
    const { breaker } = aBreaker();
    bad(breaker, 2);
    good(breaker);
    bad(breaker, 2);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', failureStreak: 2 });
  });

  it('takes nothing back when the window forgets: a streak has no window', () => {
    const { breaker, clock } = aBreaker({ window: TimeWindow(1000) });
    bad(breaker, 2);
    clock.advance(60_000);
    bad(breaker);
    expect(breaker.state).toBe('open');
  });

  it('gives two breakers of one window specification a memory each', () => {
    const window = CountWindow(10);
    const [a, b] = [aBreaker({ window }).breaker, aBreaker({ window }).breaker];
    good(a, 3);
    expect([a.snapshot().metric.totalCount, b.snapshot().metric.totalCount]).toEqual([3, 0]);
  });
});

describe('open', () => {
  it('admits nobody until its wait is over, to the millisecond', () => {
    const { breaker, clock } = aBreaker();
    bad(breaker, 3);
    clock.advance(999);
    expect(knock(breaker)).toMatchObject({ reason: 'open', retryAfterMs: 1 });
    clock.advance(1);
    expect(knock(breaker)).not.toBeInstanceOf(Error);
    expect(breaker.state).toBe('half_open');
  });

  it('lets the call that finds the wait over probe, without asking the permit', () => {
    const { breaker, clock } = aBreaker({ permit: () => false });
    bad(breaker, 3);
    clock.advance(1000);
    expect(knock(breaker)).not.toBeInstanceOf(Error);
    expect(knock(breaker)).toMatchObject({ reason: 'no_permit' });
  });

  it('may be for no time at all: the next call is a probe', () => {
    const { breaker, signals } = aBreaker({ retry: Always() });
    bad(breaker, 3);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 0 });
    good(breaker);
    expect(breaker.state).toBe('closed');
    expect(signals.of('rejected')).toEqual([]);
  });

  it('stays open for ever while no call comes', () => {
    const { breaker, clock } = aBreaker();
    bad(breaker, 3);
    clock.advance(3_600_000);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 0 });
  });

  it('begins with an empty window and no streak', () => {
    const { breaker } = aBreaker();
    bad(breaker, 3);
    expect(breaker.snapshot()).toMatchObject({ failureStreak: 0, metric: { totalCount: 0 } });
  });

  it('records no rejection as a call', () => {
    const { breaker } = aBreaker();
    bad(breaker, 3);
    for (let i = 0; i < 5; i++) knock(breaker);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 3, failure: 3, rejected: 5 });
  });
});
