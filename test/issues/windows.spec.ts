// Known bugs of peers (list B of the reference), 21–30: windows and maths.
import { describe, expect, it } from '@jest/globals';
import { lastValueFrom, range } from 'rxjs';

import {
  CallTimeoutException,
  Cooldown,
  CountWindow,
  FailureRate,
  FailureStreak,
  MinRequests,
  SlowRate,
  TimeWindow,
} from '../../lib/core/index.js';
import { rejection } from '../support/async.js';
import { aBreaker, bad, good, knock } from '../support/breaker.js';

describe('a window', () => {
  it('B21 of time forgets while nobody calls: ten failures, a long pause, one success → one call (fluxgate, cockatiel)', () => {
    const { breaker, clock } = aBreaker({
      window: TimeWindow(10_000),
      tripper: MinRequests(5).and(FailureRate(0.5)).and(FailureStreak(99)),
    });
    bad(breaker, 10);
    clock.advance(100_000);
    good(breaker);
    expect(breaker.snapshot().metric).toMatchObject({ totalCount: 1, failureCount: 0 });
  });

  it('B21 that has forgotten its failures does not trip on the next one (cockatiel after an hour)', () => {
    const { breaker, clock } = aBreaker({
      window: TimeWindow(10_000),
      tripper: MinRequests(2).and(FailureRate(0.5)),
    });
    bad(breaker);
    clock.advance(3_600_000);
    bad(breaker);
    expect(breaker.state).toBe('closed');
  });

  it('B22 forgets when it is read (fluxgate info(), failsafe-go, mollitia)', () => {
    const { breaker, clock } = aBreaker({ window: TimeWindow(1000), tripper: FailureStreak(99) });
    bad(breaker, 3);
    clock.advance(5000);
    expect(breaker.snapshot().metric.totalCount).toBe(0);
  });

  it.each([-3_600_000, 3_600_000])(
    'B23 does not care when the wall clock steps by %i ms, and neither does the wait (fluxgate, cockatiel, R4J)',
    (step) => {
      const { breaker, clock } = aBreaker({ window: TimeWindow(10_000) });
      good(breaker, 2);
      clock.stepWallClock(step);
      clock.advance(1000);
      good(breaker);
      expect(breaker.snapshot().metric.totalCount).toBe(3);
      bad(breaker, 3);
      clock.stepWallClock(-step);
      clock.advance(999);
      expect(knock(breaker)).toMatchObject({ retryAfterMs: 1 });
      clock.advance(1);
      expect(knock(breaker)).not.toBeInstanceOf(Error);
    },
  );

  it('B24 does not hold rejected calls (opossum)', () => {
    const { breaker, clock } = aBreaker();
    bad(breaker, 3);
    for (let i = 0; i < 100; i++) knock(breaker);
    clock.advance(1000);
    good(breaker);
    expect(breaker.snapshot()).toMatchObject({ metric: { totalCount: 0 }, calls: { rejected: 100 } });
  });

  it('B25 trips at the threshold itself, and 100 % can be reached (R4J#6, opossum, mollitia)', () => {
    const half = aBreaker({ tripper: MinRequests(4).and(FailureRate(0.5)) }).breaker;
    good(half, 2);
    bad(half, 2);
    expect(half.state).toBe('open');
    const all = aBreaker({ tripper: MinRequests(4).and(FailureRate(1)) }).breaker;
    bad(all, 4);
    expect(all.state).toBe('open');
  });

  it('B26 too small for the minimum is refused at construction (fluxgate never trips, R4J clamps)', () => {
    expect(() =>
      aBreaker({ window: CountWindow(10), tripper: MinRequests(11).and(FailureRate(0.5)) }),
    ).toThrow('needs more calls than the window holds (10)');
  });

  it('B27 shorter than the wait does not end it (nestjs-resilience)', () => {
    const { breaker, clock } = aBreaker({ window: TimeWindow(50), retry: Cooldown(10_000) });
    bad(breaker, 3);
    clock.advance(80);
    expect(knock(breaker)).toMatchObject({ reason: 'open', retryAfterMs: 9920 });
  });

  it('B28 holds an Observable of five values once (nestjs-resilience, R4J reactor)', async () => {
    const { breaker } = aBreaker();
    await lastValueFrom(breaker.observe(range(1, 5)));
    expect(breaker.snapshot().metric.totalCount).toBe(1);
  });

  it('B29 does not hold the streak: that starts anew in half_open, and an ignored call leaves it as it is (fluxgate 0.9.4, semian#634)', () => {
    const { breaker, clock } = aBreaker({ tracker: (error) => error !== 'ignored' });
    bad(breaker, 2);
    bad(breaker, 1, 'ignored');
    expect(breaker.snapshot().failureStreak).toBe(2);
    bad(breaker);
    clock.advance(1000);
    bad(breaker, 2);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', failureStreak: 2 });
  });

  it('B30 counts a slow failure as slow, a timeout too, with its duration (fluxgate, mollitia)', async () => {
    const { breaker, clock } = aBreaker({
      timeoutMs: 2000,
      tripper: MinRequests(99).and(SlowRate(0.5, 1000)),
    });
    const error = rejection(breaker.execute(() => new Promise(() => undefined)));
    clock.advance(2000);
    expect(await error).toBeInstanceOf(CallTimeoutException);
    expect(breaker.snapshot().metric).toMatchObject({
      totalDurationMs: 2000,
      failureCount: 1,
      slow: [{ thresholdMs: 1000, count: 1 }],
    });
  });
});
