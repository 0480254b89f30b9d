// Known bugs of peers (list B of the reference), 31–37: time, numbers, configuration.
import { describe, expect, it } from '@jest/globals';

import {
  AvgLatency,
  Backoff,
  Breaker,
  BreakerRegistry,
  Closed,
  Cooldown,
  CountWindow,
  FailureRate,
  FailureStreak,
  FluxgateConfigError,
  MinRequests,
  RampUp,
  Random,
  SlowRate,
  TimeWindow,
  type BreakerOptions,
} from '../../lib/core/index.js';
import { aBreaker, aHalfOpen, bad, knock } from '../support/breaker.js';

describe('waits', () => {
  it('B31 are the maximum after 10 000 reopenings (fluxgate: OverflowError at 1024)', () => {
    const { breaker, clock } = aBreaker({
      tripper: FailureStreak(1),
      retry: Backoff({ initialMs: 10, multiplier: 2, maxMs: 1000 }),
    });
    bad(breaker);
    for (let i = 0; i < 10_000; i++) {
      clock.advance(1000);
      bad(breaker);
    }
    expect(breaker.snapshot()).toMatchObject({ reopens: 10_000, retryAfterMs: 1000 });
  });

  it('B32 draw their jitter once per opening; the mean is nominal and none is longer than the maximum (fluxgate, cockatiel#86)', () => {
    const { breaker, clock } = aBreaker({
      tripper: FailureStreak(1),
      retry: Cooldown(60_000, { jitter: 0.1 }),
    });
    const waits: number[] = [];
    for (let i = 0; i < 2000; i++) {
      bad(breaker);
      const { retryAfterMs } = breaker.snapshot();
      for (let n = 0; n < 3; n++) knock(breaker);
      expect(breaker.snapshot().retryAfterMs).toBe(retryAfterMs);
      waits.push(retryAfterMs!);
      clock.advance(retryAfterMs!);
    }
    const mean = waits.reduce((sum, wait) => sum + wait) / waits.length;
    expect(Math.abs(mean - 60_000)).toBeLessThan(300);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(54_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(66_000);
    const capped = aBreaker({
      tripper: FailureStreak(1),
      retry: Backoff({ initialMs: 1000, maxMs: 1000, jitter: 0.5 }),
    });
    for (let i = 0; i < 100; i++) {
      bad(capped.breaker);
      expect(capped.breaker.snapshot().retryAfterMs).toBeLessThanOrEqual(1000);
      capped.clock.advance(1000);
    }
  });

  it('B36 are told as what remains: never negative, always decreasing, also while a probe outlives them (akka#20029, Polly)', () => {
    const { breaker, clock } = aBreaker();
    bad(breaker, 3);
    const seen: number[] = [];
    for (let i = 0; i < 15; i++) {
      seen.push(breaker.snapshot().retryAfterMs!);
      clock.advance(100);
    }
    expect(seen).toEqual([1000, 900, 800, 700, 600, 500, 400, 300, 200, 100, 0, 0, 0, 0, 0]);
    breaker.acquire();
    clock.advance(5000);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', retryAfterMs: 0 });
  });

  it('B35 of a circuit that is forced open without a time last until another command, and nothing is half done (R4J)', () => {
    const { breaker, clock } = aBreaker();
    expect(breaker.forceOpen()).toBe(true);
    clock.advance(1e10);
    expect(breaker.snapshot()).toMatchObject({ state: 'forced_open', retryAfterMs: null });
    expect(knock(breaker)).toMatchObject({ reason: 'forced_open' });
    breaker.reset();
    expect(knock(breaker)).not.toBeInstanceOf(Error);
  });
});

describe('numbers', () => {
  const wrong = [NaN, Infinity, -Infinity, -1, 0];
  const everywhere: [string, (value: number) => BreakerOptions][] = [
    ['CountWindow', (value) => ({ window: CountWindow(value) })],
    ['TimeWindow', (value) => ({ window: TimeWindow(value) })],
    ['TimeWindow buckets', (value) => ({ window: TimeWindow(1000, { buckets: value }) })],
    ['MinRequests', (value) => ({ tripper: MinRequests(value) })],
    ['FailureStreak', (value) => ({ tripper: FailureStreak(value) })],
    ['FailureRate', (value) => ({ tripper: FailureRate(value) })],
    ['SlowRate ratio', (value) => ({ tripper: SlowRate(value, 100) })],
    ['SlowRate threshold', (value) => ({ tripper: SlowRate(0.5, value) })],
    ['AvgLatency', (value) => ({ tripper: AvgLatency(value) })],
    ['Cooldown', (value) => ({ retry: Cooldown(value) })],
    ['Backoff', (value) => ({ retry: Backoff({ initialMs: value }) })],
    ['Backoff multiplier', (value) => ({ retry: Backoff({ initialMs: 10, multiplier: value }) })],
    ['Backoff maxMs', (value) => ({ retry: Backoff({ initialMs: 10, maxMs: value }) })],
    ['Random', (value) => ({ permit: Random(value) })],
    ['RampUp from', (value) => ({ permit: RampUp(value, 1, 10) })],
    ['RampUp over', (value) => ({ permit: RampUp(0.1, 1, value) })],
    ['maxHalfOpenCalls', (value) => ({ maxHalfOpenCalls: value })],
    ['maxHalfOpenMs', (value) => ({ maxHalfOpenMs: value })],
    ['probeLeaseMs', (value) => ({ probeLeaseMs: value })],
    ['timeoutMs', (value) => ({ timeoutMs: value })],
  ];

  it.each(everywhere)(
    'B33 of %s are refused when they are NaN, Infinity, negative or 0 (fluxgate: 8 classes take NaN)',
    (_, options) => {
      for (const value of wrong) expect(() => aBreaker(options(value))).toThrow(FluxgateConfigError);
    },
  );

  it('B33 that are fractions are refused where a count is wanted', () => {
    for (const options of [
      { window: CountWindow(1.5) },
      { tripper: MinRequests(1.5) },
      { tripper: FailureStreak(1.5) },
      { maxHalfOpenCalls: 1.5 },
    ]) {
      expect(() => aBreaker(options)).toThrow(FluxgateConfigError);
    }
  });

  it('B33 that are 0 are honoured where 0 is legal: no jitter (opossum#824)', () => {
    const { breaker } = aBreaker({ retry: Cooldown(1000, { jitter: 0 }), tripper: FailureStreak(1) });
    bad(breaker);
    expect(breaker.snapshot().retryAfterMs).toBe(1000);
  });
});

describe('two breakers of one name', () => {
  it('B34 never share their state unnoticed: the second is refused (nestjs-resilience)', () => {
    const registry = new BreakerRegistry();
    registry.create('PaymentsService.status', { timeoutMs: 100 });
    expect(() => registry.create('PaymentsService.status', { timeoutMs: 200 })).toThrow(
      'is registered already',
    );
  });

  it('B34 outside of a registry share nothing', () => {
    const [a, b] = [new Breaker('same', { tripper: FailureStreak(1) }), new Breaker('same')];
    bad(a);
    expect([a.state, b.state]).toEqual(['open', 'closed']);
  });
});

describe('a snapshot that is taken elsewhere', () => {
  it('B37 has the wait that remains, not the whole one, and the instant it ends (opossum restarts it)', () => {
    const { breaker, clock } = aBreaker();
    bad(breaker, 3);
    clock.advance(400);
    const { retryAfterMs, retryAt } = JSON.parse(JSON.stringify(breaker)) as {
      retryAfterMs: number;
      retryAt: number;
    };
    expect([retryAfterMs, retryAt - clock.wallNow()]).toEqual([600, 600]);
  });
});

describe('a rule without a branch for half_open', () => {
  it.each([
    ['fail', 'open'],
    ['succeed', 'closed'],
  ] as const)(
    'C one probe decides it: %s → %s, instead of half_open after 50 failures (fluxgate)',
    (end, state) => {
      const { breaker, first } = aHalfOpen({ tripper: Closed().and(MinRequests(50)).and(FailureRate(0.5)) });
      first[end](new Error('down'));
      expect(breaker.state).toBe(state);
    },
  );
});
