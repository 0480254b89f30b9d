import { describe, expect, it } from '@jest/globals';

import {
  Backoff,
  Cooldown,
  FailureStreak,
  MinRequests,
  Never,
  SlowRate,
  TypeOf,
} from '../../lib/core/index.js';
import { aBreaker, aBreakerIn, aHalfOpen, bad, good, knock, slow } from '../support/breaker.js';

const START = Date.UTC(2026, 0, 1);

describe('a snapshot', () => {
  it('names no group and no key where there is none', () => {
    const { breaker } = aBreaker();
    expect(Object.keys(breaker.snapshot())).not.toEqual(expect.arrayContaining(['group']));
    expect(Object.keys(breaker.snapshot())).not.toEqual(expect.arrayContaining(['key']));
  });

  it('is all that is known, as plain JSON', () => {
    const made = aBreaker({ tripper: MinRequests(50).and(SlowRate(0.5, 1000)), tracker: TypeOf(Error) });
    const { breaker } = made;
    slow(made, 1500);
    slow(made, 500, new Error('down\nand out'));
    breaker.acquire();
    expect(breaker.snapshot()).toEqual({
      name: 'payments',
      state: 'closed',
      changedAt: START,
      retryAt: null,
      retryAfterMs: null,
      reopens: 0,
      failureStreak: 1,
      probesInFlight: 0,
      wouldTrip: false,
      operatorReason: null,
      metric: {
        totalCount: 2,
        failureCount: 1,
        failureRate: 0.5,
        totalDurationMs: 2000,
        avgDurationMs: 1000,
        slow: [{ thresholdMs: 1000, count: 1, rate: 0.5 }],
      },
      lastError: 'Error: down and out',
      calls: { admitted: 3, success: 1, failure: 1, ignored: 0, unrecorded: 0, inFlight: 1, rejected: 0 },
      rules: {
        window: 'CountWindow(100)',
        tracker: 'TypeOf(Error)',
        tripper: 'MinRequests(50) & SlowRate(0.5, 1000 ms)',
        retry: 'Cooldown(1000 ms)',
        permit: 'AllowAll()',
      },
    });
  });

  it('is what JSON.stringify gives, and survives the journey', () => {
    const { breaker } = aBreakerIn('open');
    expect(JSON.parse(JSON.stringify(breaker))).toEqual(breaker.snapshot());
  });

  it.each(['closed', 'open', 'half_open', 'metrics_only', 'disabled', 'forced_open'] as const)(
    'of %s holds no NaN, Infinity or undefined',
    (state) => {
      const { breaker } = aBreakerIn(state);
      expect(JSON.parse(JSON.stringify(breaker.snapshot()))).toEqual(breaker.snapshot());
    },
  );

  it('is taken at one instant: later calls leave it alone', () => {
    const { breaker } = aBreaker();
    const before = breaker.snapshot();
    good(breaker, 3);
    expect(before).toMatchObject({ metric: { totalCount: 0 }, calls: { admitted: 0 } });
  });

  it('shares nothing that could be changed', () => {
    const { breaker } = aBreaker();
    Object.assign(breaker.snapshot().rules, { window: 'mine' });
    expect(breaker.snapshot().rules.window).toBe('CountWindow(100)');
  });

  it('adds up: admitted is all that ended and what is in flight', () => {
    const { breaker } = aBreaker({ tracker: TypeOf(RangeError).not() });
    const late = breaker.acquire();
    breaker.acquire();
    good(breaker);
    bad(breaker, 1, new RangeError());
    bad(breaker, 3);
    late.succeed();
    knock(breaker);
    expect(breaker.snapshot().calls).toEqual({
      admitted: 7,
      success: 1,
      failure: 3,
      ignored: 1,
      unrecorded: 1,
      inFlight: 1,
      rejected: 1,
    });
  });
});

describe('retryAt and retryAfterMs', () => {
  it('are decided once, on opening: jitter is not drawn again', () => {
    const { breaker, clock } = aBreaker({ retry: Cooldown(60_000, { jitter: 0.5 }) });
    bad(breaker, 3);
    const { retryAt, retryAfterMs } = breaker.snapshot();
    expect(Number.isInteger(retryAt)).toBe(true);
    for (let i = 0; i < 20; i++) {
      clock.advance(1000);
      const later = breaker.snapshot();
      expect(later.retryAt).toBe(retryAt);
      expect(later.retryAfterMs).toBe(Math.max(0, retryAfterMs! - (i + 1) * 1000));
    }
  });

  it('say the same, and the rejection says it too', () => {
    const { breaker, clock } = aBreaker({ retry: Cooldown(60_000, { jitter: 0.5 }) });
    bad(breaker, 3);
    clock.advance(1234);
    const { retryAt, retryAfterMs } = breaker.snapshot();
    expect(retryAt! - clock.wallNow()).toBe(retryAfterMs);
    expect(knock(breaker)).toMatchObject({ retryAt, retryAfterMs });
  });

  it('are exact: a call one millisecond earlier is rejected', () => {
    const { breaker, clock } = aBreaker({ retry: Cooldown(60_000, { jitter: 0.5 }) });
    bad(breaker, 3);
    clock.advance(breaker.snapshot().retryAfterMs! - 1);
    expect(knock(breaker)).toMatchObject({ retryAfterMs: 1 });
    clock.advance(1);
    expect(knock(breaker)).not.toBeInstanceOf(Error);
  });

  it('reach 0 and never go below', () => {
    const { breaker, clock } = aBreakerIn('open');
    clock.advance(1_000_000);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 0, retryAt: START + 1000 });
  });

  it('are unknown where time alone changes nothing', () => {
    const { breaker } = aBreaker({ retry: Never() });
    bad(breaker, 3);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAt: null, retryAfterMs: null });
    expect(knock(breaker)).toMatchObject({ retryAt: null, retryAfterMs: null });
  });

  it('are "now" in half_open', () => {
    expect(aHalfOpen().breaker.snapshot()).toMatchObject({ retryAt: null, retryAfterMs: 0 });
  });

  it('know the end of a forced open', () => {
    const { breaker, clock } = aBreaker();
    breaker.forceOpen({ forMs: 5000 });
    clock.advance(2000);
    expect(breaker.snapshot()).toMatchObject({ retryAt: START + 5000, retryAfterMs: 3000 });
    breaker.reset();
    breaker.forceOpen();
    expect(breaker.snapshot()).toMatchObject({ retryAt: null, retryAfterMs: null });
  });
});

describe('lastError', () => {
  it('is kept as text when the circuit opens, until it has closed again', () => {
    const { breaker, clock } = aBreaker();
    bad(breaker, 3, new RangeError('out'));
    expect(breaker.snapshot().lastError).toBe('RangeError: out');
    clock.advance(1000);
    expect(breaker.snapshot().lastError).toBe('RangeError: out');
    good(breaker);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', lastError: null });
  });

  it('is the newer one of half_open', () => {
    const { breaker, clock } = aBreaker();
    bad(breaker, 3, new Error('old'));
    clock.advance(1000);
    bad(breaker, 1, new Error('new'));
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', lastError: 'Error: new' });
  });

  it('is one short printable line', () => {
    const { breaker } = aBreaker();
    bad(breaker, 1, new Error(`\u001b[31mred\r\n${'x'.repeat(10_000)}`));
    const { lastError } = breaker.snapshot();
    expect(lastError).toMatch(/^Error:  \[31mred x+…$/u);
    expect(lastError!.length).toBe(256);
  });

  it('is not taken from an ignored error', () => {
    const { breaker } = aBreaker({ tracker: () => false });
    bad(breaker);
    expect(breaker.snapshot().lastError).toBeNull();
  });
});

describe('the wall clock', () => {
  it.each([3_600_000, -3_600_000])('stepped by %i ms moves no deadline', (step) => {
    const { breaker, clock } = aBreakerIn('open');
    clock.advance(400);
    clock.stepWallClock(step);
    expect(breaker.snapshot()).toMatchObject({ retryAfterMs: 600, changedAt: START, retryAt: START + 1000 });
    clock.advance(600);
    expect(knock(breaker)).not.toBeInstanceOf(Error);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', changedAt: START + 1000 + step });
  });

  it('is shown in whole milliseconds', () => {
    const clock = {
      now: () => 1234.5678,
      wallNow: () => START,
      setTimer: () => ({ cancel: () => undefined }),
    };
    const { breaker } = aBreaker({ retry: () => 99.5, tripper: FailureStreak(1) }, { clock });
    bad(breaker);
    expect(breaker.snapshot()).toMatchObject({ changedAt: START, retryAt: START + 100 });
  });
});

describe('the real clock', () => {
  it('is the default, and so is real chance', () => {
    const { breaker } = aBreaker(
      { retry: Backoff({ initialMs: 60_000, jitter: 0.5 }) },
      { clock: undefined, random: undefined },
    );
    const before = Date.now();
    bad(breaker, 3);
    const { changedAt, retryAt, retryAfterMs } = breaker.snapshot();
    expect(changedAt).toBeGreaterThanOrEqual(before - 1);
    expect(changedAt).toBeLessThanOrEqual(Date.now() + 1);
    expect(Number.isInteger(retryAt)).toBe(true);
    expect(retryAfterMs).toBeGreaterThan(29_000);
    expect(retryAfterMs).toBeLessThanOrEqual(90_000);
  });
});
