import { describe, expect, it } from '@jest/globals';

import {
  Backoff,
  CallTimeoutException,
  FailureRate,
  FailureStreak,
  MinRequests,
} from '../../lib/core/index.js';
import { aBreaker, aHalfOpen, bad, good, knock, slow, type Made } from '../support/breaker.js';

describe('the wait', () => {
  it('grows with every reopening, and is the first one again after closing', () => {
    const { breaker, clock, signals } = aBreaker({
      tripper: FailureStreak(1),
      retry: Backoff({ initialMs: 1000, maxMs: 5000 }),
    });
    const waits: (number | null)[] = [];
    for (let i = 0; i < 4; i++) {
      bad(breaker);
      waits.push(breaker.snapshot().retryAfterMs);
      clock.advance(5000);
    }
    expect(waits).toEqual([1000, 2000, 4000, 5000]);
    good(breaker);
    bad(breaker);
    expect(breaker.snapshot().retryAfterMs).toBe(1000);
    expect(signals.of('transition').map(({ reopens }) => reopens)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 0, 0]);
  });
});

describe('the lease of a probe', () => {
  it('is a minute by default: then the probe counts as failed and its slot is free', () => {
    const { breaker, clock, signals } = aHalfOpen({ maxHalfOpenCalls: 1 });
    clock.advance(59_999);
    expect(knock(breaker)).toMatchObject({ reason: 'half_open' });
    clock.advance(1);
    expect(knock(breaker)).not.toBeInstanceOf(Error);
    expect(breaker.snapshot()).toMatchObject({ failureStreak: 1, calls: { failure: 1, inFlight: 1 } });
    expect(signals.of('call')[0]).toMatchObject({ outcome: 'failure', durationMs: 60_000, isRecorded: true });
    expect(signals.of('call')[0]!.error).toBeInstanceOf(CallTimeoutException);
    expect(signals.of('call')[0]!.error).toMatchObject({ breaker: 'payments', timeoutMs: 60_000 });
  });

  it.each([
    [{ timeoutMs: 200 }, 200],
    [{ timeoutMs: 200, probeLeaseMs: 700 }, 700],
    [{ probeLeaseMs: 300 }, 300],
  ])('of %j is %i ms', (options, leaseMs) => {
    const { breaker, clock } = aHalfOpen({ ...options, tripper: FailureStreak(1) });
    clock.advance(leaseMs - 1);
    expect(breaker.state).toBe('half_open');
    clock.advance(1);
    expect(breaker.state).toBe('open');
  });

  it('is judged as of the instant it lapsed, so the wait counts from there', () => {
    const { breaker, clock, signals } = aHalfOpen({ tripper: FailureStreak(1), probeLeaseMs: 500 });
    const lapsesAt = clock.wallNow() + 500;
    clock.advance(1200);
    expect(breaker.snapshot()).toMatchObject({
      state: 'open',
      changedAt: lapsesAt,
      retryAt: lapsesAt + 1000,
      retryAfterMs: 300,
    });
    expect(signals.of('transition')[0]).toMatchObject({ at: lapsesAt, cause: 'tripper' });
    expect(signals.of('call')[0]).toMatchObject({ at: lapsesAt, durationMs: 500 });
  });

  it('that lapsed so long ago that the wait is over too makes the next call a probe', () => {
    const { breaker, clock, signals } = aHalfOpen({ tripper: FailureStreak(1), probeLeaseMs: 500 });
    clock.advance(1500);
    expect(knock(breaker)).not.toBeInstanceOf(Error);
    expect(signals.moves()).toEqual(['half_open → open (tripper)', 'open → half_open (retry)']);
  });

  it('ends for two probes at once: the first reopens, the second belongs to a state that is over', () => {
    const { breaker, clock, signals } = aHalfOpen({ tripper: FailureStreak(1), probeLeaseMs: 500 });
    const second = breaker.acquire();
    clock.advance(500);
    expect(breaker.snapshot()).toMatchObject({
      state: 'open',
      reopens: 1,
      calls: { failure: 1, inFlight: 1, unrecorded: 0 },
    });
    expect(second.fail(new Error('late'))).toBe(false);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, inFlight: 0, unrecorded: 1 });
    expect(signals.of('transition')).toHaveLength(1);
  });

  it('ends for all probes at once that are over, in one go', () => {
    const { breaker, clock } = aHalfOpen({ tripper: FailureStreak(3), probeLeaseMs: 500 });
    breaker.acquire();
    clock.advance(500);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', failureStreak: 2, probesInFlight: 0 });
  });

  it('ends oldest first', () => {
    const { breaker, clock, first } = aHalfOpen({ tripper: FailureStreak(2), probeLeaseMs: 500 });
    clock.advance(100);
    const second = breaker.acquire();
    clock.advance(400);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', failureStreak: 1, probesInFlight: 1 });
    expect(first.succeed()).toBe(false);
    expect(second.succeed()).toBe(true);
  });

  it('that is over when the probe settles comes first', () => {
    const { breaker, clock, first } = aHalfOpen({ tripper: FailureStreak(1), probeLeaseMs: 500 });
    clock.advance(500);
    expect(first.succeed()).toBe(false);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', calls: { success: 0, failure: 1 } });
  });

  it('does not bind calls of other states', () => {
    const { breaker, clock } = aBreaker({ probeLeaseMs: 500 });
    const ticket = breaker.acquire();
    clock.advance(60_000);
    expect(ticket.succeed()).toBe(true);
  });
});

describe('maxHalfOpenMs', () => {
  it('is off by default', () => {
    const { breaker, clock, first } = aHalfOpen();
    first.release();
    clock.advance(86_400_000);
    expect(breaker.state).toBe('half_open');
  });

  it('reopens a half-open that gets nowhere, as of the instant it is over', () => {
    const { breaker, clock, first, signals } = aHalfOpen({ maxHalfOpenMs: 5000 });
    first.release();
    const endsAt = clock.wallNow() + 5000;
    clock.advance(4999);
    expect(breaker.state).toBe('half_open');
    clock.advance(301);
    expect(breaker.snapshot()).toMatchObject({
      state: 'open',
      reopens: 1,
      changedAt: endsAt,
      retryAt: endsAt + 1000,
      retryAfterMs: 700,
    });
    expect(signals.moves()).toEqual(['half_open → open (timeout)']);
  });

  it('drops the probes that are still in flight', () => {
    const { breaker, clock, first } = aHalfOpen({ maxHalfOpenMs: 5000 });
    clock.advance(5000);
    expect(first.succeed()).toBe(false);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', calls: { unrecorded: 1, success: 0 } });
  });

  it('comes after a lease that is over at the same instant', () => {
    const { breaker, clock, signals } = aHalfOpen({
      maxHalfOpenMs: 500,
      probeLeaseMs: 500,
      tripper: FailureStreak(1),
    });
    clock.advance(500);
    expect(breaker.state).toBe('open');
    expect(signals.moves()).toEqual(['half_open → open (tripper)']);
  });

  it('comes before a lease that ends later', () => {
    const { breaker, clock, signals } = aHalfOpen({ maxHalfOpenMs: 499, probeLeaseMs: 500 });
    clock.advance(500);
    expect(breaker.state).toBe('open');
    expect(signals.moves()).toEqual(['half_open → open (timeout)']);
    expect(signals.of('call')).toEqual([]);
  });
});

describe('slow probes', () => {
  it('carry their duration', () => {
    const made = aHalfOpen({ tripper: MinRequests(3).and(FailureRate(0.5)) });
    slow(made, 700);
    expect(made.breaker.snapshot().metric).toMatchObject({ totalCount: 1, totalDurationMs: 700 });
  });
});

describe('reopens', () => {
  it('feed the backoff and never bring it beyond its maximum, not at 10 000 either', () => {
    const { breaker, clock } = aBreaker({
      tripper: FailureStreak(1),
      retry: Backoff({ initialMs: 100, multiplier: 2, maxMs: 5000 }),
    });
    const waits: (number | null)[] = [];
    bad(breaker);
    for (let i = 0; i < 10_000; i++) {
      const { retryAfterMs } = breaker.snapshot();
      waits.push(retryAfterMs);
      clock.advance(retryAfterMs!);
      bad(breaker);
    }
    expect(waits.slice(0, 8)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(new Set(waits.slice(6))).toEqual(new Set([5000]));
    expect(breaker.snapshot()).toMatchObject({ state: 'open', reopens: 10_000, retryAfterMs: 5000 });
    clock.advance(5000);
    good(breaker);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', reopens: 0 });
  });

  it('survive an operator who disables the breaker, and a reset ends them', () => {
    const { breaker, first } = aHalfOpen({ tripper: FailureStreak(1) });
    first.fail(new Error('down'));
    breaker.disable();
    expect(breaker.snapshot().reopens).toBe(1);
    breaker.reset();
    expect(breaker.snapshot().reopens).toBe(0);
  });
});

describe('a part that reads the breaker while time ends things', () => {
  it('is asked once, and its answer holds', () => {
    const asked: string[] = [];
    const made: Made = aHalfOpen({
      maxHalfOpenMs: 500,
      retry: () => {
        asked.push(made.breaker.snapshot().state);
        return 2000;
      },
    });
    made.clock.advance(500);
    expect(made.breaker.snapshot()).toMatchObject({ state: 'open', reopens: 1, retryAfterMs: 2000 });
    expect(asked).toEqual(['half_open']);
    expect(made.signals.of('fault')).toEqual([]);
  });
});
