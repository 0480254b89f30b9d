import { describe, expect, it } from '@jest/globals';

import {
  AllowAll,
  Breaker,
  CountWindow,
  FailureRate,
  FailureStreak,
  MinRequests,
  RampUp,
  Random,
  TimeWindow,
} from '../../lib/core/index.js';
import { aBreaker, aHalfOpen, bad, good, knock } from '../support/breaker.js';

describe('half_open', () => {
  it('reopens after the third failed probe, and counts the reopening', () => {
    const { breaker, first, signals } = aHalfOpen({ tripper: FailureStreak(3) });
    first.fail(new Error('down'));
    bad(breaker);
    expect(breaker.state).toBe('half_open');
    bad(breaker);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', reopens: 1 });
    expect(signals.moves()).toEqual(['half_open → open (tripper)']);
  });

  it('closes on a good probe once the tripper has what it needs, and forgets the reopenings', () => {
    const { breaker, first, clock } = aHalfOpen({ tripper: MinRequests(3).and(FailureRate(0.5)) });
    first.fail(new Error('down'));
    bad(breaker);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', reopens: 1 });
    clock.advance(1000);
    good(breaker, 2);
    expect(breaker.state).toBe('half_open');
    good(breaker);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', reopens: 0 });
  });

  it('starts its streak anew', () => {
    const { breaker, clock } = aBreaker({ tripper: FailureStreak(3) });
    bad(breaker, 3);
    clock.advance(1000);
    bad(breaker, 2);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', failureStreak: 2 });
  });

  it('rejects at once what comes when all its slots are taken', () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 2 });
    const second = breaker.acquire();
    expect(knock(breaker)).toMatchObject({ reason: 'half_open', state: 'half_open', retryAfterMs: 0 });
    expect(breaker.snapshot().probesInFlight).toBe(2);
    first.release();
    expect(knock(breaker)).not.toBeInstanceOf(Error);
    second.release();
    expect(breaker.snapshot().probesInFlight).toBe(1);
  });

  it('has ten slots by default', () => {
    const { breaker } = aHalfOpen();
    for (let i = 0; i < 30; i++) knock(breaker);
    expect(breaker.snapshot()).toMatchObject({ probesInFlight: 10, calls: { rejected: 21 } });
  });

  it('asks the permit for everybody but the first', () => {
    const asked: number[] = [];
    const { breaker, clock } = aHalfOpen({
      permit: ({ halfOpenForMs }) => {
        asked.push(halfOpenForMs);
        return true;
      },
    });
    clock.advance(250);
    knock(breaker);
    expect(asked).toEqual([250]);
  });

  it('does not ask the permit when no slot is free', () => {
    let asked = 0;
    const { breaker } = aHalfOpen({ maxHalfOpenCalls: 1, permit: () => ++asked > 0 });
    knock(breaker);
    expect(asked).toBe(0);
  });

  it('is not closed by an ignored probe, which frees its slot', () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1, tracker: () => false });
    expect(first.fail(new Error('untracked'))).toBe(false);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 0 });
  });

  it('is not reopened by a later probe once one has closed it', () => {
    const { breaker, first } = aHalfOpen({ tripper: FailureStreak(1) });
    const second = breaker.acquire();
    first.succeed();
    expect(second.fail(new Error('late'))).toBe(false);
    expect(breaker.state).toBe('closed');
  });
});

describe('the count of probes', () => {
  it('does not expire, whatever the window', () => {
    const { breaker, first, clock } = aHalfOpen({
      window: TimeWindow(1000),
      tripper: MinRequests(3).and(FailureRate(0.5)),
    });
    first.succeed();
    clock.advance(50_000);
    good(breaker);
    clock.advance(50_000);
    expect(breaker.snapshot().metric.totalCount).toBe(2);
    good(breaker);
    expect(breaker.state).toBe('closed');
  });

  it('may be longer than the count window', () => {
    const { breaker, first } = aHalfOpen({
      window: CountWindow(2),
      tripper: FailureStreak(9).or(({ metric, state }) => state === 'half_open' && metric.failureCount >= 4),
    });
    first.fail(new Error('down'));
    bad(breaker, 2);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', metric: { totalCount: 3 } });
    bad(breaker);
    expect(breaker.state).toBe('open');
  });
});

describe('RampUp', () => {
  const share = (breaker: Breaker): number => {
    let admitted = 0;
    for (let i = 0; i < 1000; i++) {
      const ticket = knock(breaker);
      if (ticket instanceof Error) continue;
      admitted++;
      ticket.release();
    }
    return admitted / 1000;
  };

  it('really ramps: the circuit is still half-open when the ramp is halfway', () => {
    const { breaker, first, clock } = aHalfOpen({
      permit: RampUp(0.1, 1, 10_000),
      tripper: MinRequests(20).and(FailureRate(0.5)),
    });
    first.succeed();
    expect(share(breaker)).toBeCloseTo(0.1, 1);
    clock.advance(5000);
    expect(share(breaker)).toBeCloseTo(0.55, 1);
    clock.advance(5000);
    expect(share(breaker)).toBe(1);
    expect(breaker.state).toBe('half_open');
    good(breaker, 19);
    expect(breaker.state).toBe('closed');
  });

  it('begins again with every half-open', () => {
    const { breaker, first, clock } = aHalfOpen({
      permit: RampUp(0.1, 1, 10_000),
      tripper: FailureStreak(1),
    });
    clock.advance(10_000);
    first.fail(new Error('down'));
    clock.advance(1000);
    breaker.acquire();
    expect(share(breaker)).toBeCloseTo(0.1, 1);
  });
});

describe('Random', () => {
  it('lets its share of calls probe', () => {
    const { breaker } = aHalfOpen({ permit: Random(0.3), maxHalfOpenCalls: 1000 });
    for (let i = 0; i < 1000; i++) knock(breaker);
    expect(breaker.snapshot().probesInFlight).toBeGreaterThan(250);
    expect(breaker.snapshot().probesInFlight).toBeLessThan(350);
  });
});

describe('AllowAll', () => {
  it('leaves only the slots', () => {
    const { breaker } = aHalfOpen({ permit: AllowAll(), maxHalfOpenCalls: 4 });
    for (let i = 0; i < 100; i++) knock(breaker);
    expect(breaker.snapshot().probesInFlight).toBe(4);
  });
});
