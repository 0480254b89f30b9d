import { describe, expect, it } from '@jest/globals';

import { Cooldown, FailureStreak, type Breaker } from '../../lib/core/index.js';
import { aBreaker, aHalfOpen, bad, good } from '../support/breaker.js';

/** Everything but what is in flight or came too late. */
function apartFromCounts(breaker: Breaker): object {
  const { calls, ...rest } = breaker.snapshot();
  const { unrecorded: _, inFlight: __, ...counts } = calls;
  return { ...rest, counts };
}

describe('an outcome of an older generation', () => {
  it.each(['reset', 'disable', 'metricsOnly', 'forceOpen'] as const)('is dropped after %s()', (command) => {
    const { breaker, signals } = aBreaker();
    const [good, bad] = [breaker.acquire(), breaker.acquire()];
    if (command === 'reset') breaker.disable();
    breaker[command]();
    const before = apartFromCounts(breaker);
    expect([good.succeed(), bad.fail(new Error('late'))]).toEqual([false, false]);
    expect(apartFromCounts(breaker)).toEqual(before);
    expect(breaker.snapshot().calls).toMatchObject({ unrecorded: 2, inFlight: 0 });
    expect(signals.of('call')).toMatchObject([
      { state: 'closed', outcome: 'success', isRecorded: false },
      { state: 'closed', outcome: 'failure', isRecorded: false },
    ]);
  });

  it('is dropped when the same state came again', () => {
    const { breaker } = aBreaker();
    const ticket = breaker.acquire();
    breaker.disable();
    breaker.reset();
    expect(breaker.state).toBe('closed');
    expect(ticket.fail(new Error('late'))).toBe(false);
    expect(breaker.snapshot()).toMatchObject({
      failureStreak: 0,
      metric: { totalCount: 0 },
      lastError: null,
    });
  });

  it('neither lengthens nor shortens the wait of an open circuit', () => {
    const { breaker, clock, signals } = aBreaker();
    const late = [breaker.acquire(), breaker.acquire(), breaker.acquire()];
    bad(breaker, 3);
    clock.advance(400);
    late.forEach((ticket) => ticket.fail(new Error('late')));
    expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 600 });
    expect(signals.of('transition')).toHaveLength(1);
  });

  it('closes no half-open: a good call admitted while closed is no probe', () => {
    const { breaker, clock } = aBreaker();
    const late = breaker.acquire();
    bad(breaker, 3);
    clock.advance(1000);
    breaker.acquire();
    expect(late.succeed()).toBe(false);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 1 });
  });

  it('of an older half-open frees no slot of this one, and is no probe of it', () => {
    const { breaker, clock, first } = aHalfOpen({ tripper: FailureStreak(1), maxHalfOpenCalls: 2 });
    const old = breaker.acquire();
    first.fail(new Error('down'));
    clock.advance(1000);
    breaker.acquire();
    expect(breaker.snapshot().probesInFlight).toBe(1);
    expect(old.succeed()).toBe(false);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 1 });
  });

  it('takes no slot of the next half-open while it hangs', () => {
    const { breaker, clock, first } = aHalfOpen({ tripper: FailureStreak(1), maxHalfOpenCalls: 2 });
    breaker.acquire();
    first.fail(new Error('down'));
    clock.advance(1000);
    breaker.acquire();
    breaker.acquire();
    expect(breaker.snapshot().probesInFlight).toBe(2);
  });

  it('has no lease to end in this one', () => {
    const { breaker, clock, first } = aHalfOpen({
      tripper: FailureStreak(1),
      probeLeaseMs: 5000,
      retry: Cooldown(4900),
    });
    breaker.acquire();
    first.fail(new Error('down'));
    clock.advance(4900);
    const probe = breaker.acquire();
    clock.advance(1000);
    expect(breaker.state).toBe('half_open');
    expect(probe.succeed()).toBe(true);
  });
});

describe('every transition', () => {
  it('begins with an empty window and no streak, and tells what was in the old one', () => {
    const { breaker, clock, signals } = aBreaker({ tripper: FailureStreak(3) });
    good(breaker, 2);
    bad(breaker, 3);
    clock.advance(1000);
    good(breaker);
    expect(signals.of('transition').map(({ metric }) => [metric.totalCount, metric.failureCount])).toEqual([
      [5, 3],
      [0, 0],
      [1, 0],
    ]);
    expect(breaker.snapshot().metric.totalCount).toBe(0);
  });
});
