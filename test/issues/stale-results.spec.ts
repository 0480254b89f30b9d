// Known bugs of peers (list B of the reference), 14–20: stale results and races.
import { describe, expect, it } from '@jest/globals';

import { FailureStreak } from '../../lib/core/index.js';
import { deferred, settled } from '../support/async.js';
import { aBreaker, aBreakerIn, aHalfOpen, bad, knock, slow } from '../support/breaker.js';

describe('a late result', () => {
  it('B14 a slow success admitted while closed closes no half-open (opossum#381, Polly#217)', async () => {
    const { breaker, clock } = aBreaker();
    const late = deferred<string>();
    const call = breaker.execute(() => late.promise);
    bad(breaker, 3);
    clock.advance(1000);
    breaker.acquire();
    late.resolve('value');
    expect(await call).toBe('value');
    expect(breaker.state).toBe('half_open');
  });

  it('B15 a probe of one half-open that ends in the next one is no success and frees no slot (deno_std#7306, fluxgate)', async () => {
    const { breaker, clock, first } = aHalfOpen({ tripper: FailureStreak(1), maxHalfOpenCalls: 2 });
    const late = deferred();
    const call = breaker.execute(() => late.promise);
    first.fail(new Error('down'));
    clock.advance(1000);
    breaker.acquire();
    breaker.acquire();
    late.resolve('value');
    await call;
    expect(breaker.snapshot()).toMatchObject({
      state: 'half_open',
      probesInFlight: 2,
      metric: { totalCount: 0 },
    });
    expect(knock(breaker)).toMatchObject({ reason: 'half_open' });
  });

  it('B16 failures that arrive while open send no second signal and do not touch the wait (opossum#385, Polly#218)', () => {
    const { breaker, clock, signals } = aBreaker();
    const late = Array.from({ length: 10 }, () => breaker.acquire());
    bad(breaker, 3);
    clock.advance(500);
    late.forEach((ticket) => ticket.fail(new Error('late')));
    expect(signals.moves()).toEqual(['closed → open (tripper)']);
    expect(breaker.snapshot().retryAfterMs).toBe(500);
    clock.advance(500);
    expect(knock(breaker)).not.toBeInstanceOf(Error);
  });

  it('B17 the wait starts when the circuit opens, not when the call began (deno_std#7097)', () => {
    const made = aBreaker({ tripper: FailureStreak(1) });
    slow(made, 5000, new Error('down'));
    expect(made.breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 1000 });
  });

  it.each(['reset', 'forceOpen', 'disable', 'metricsOnly'] as const)(
    'B18 a result that arrives after %s() is dropped, and no timer moves the state on (R4J#991, mollitia)',
    (command) => {
      const { breaker, clock } = aBreakerIn('open');
      breaker.reset();
      const late = [breaker.acquire(), breaker.acquire(), breaker.acquire()];
      if (command === 'reset') breaker.disable();
      breaker[command]();
      const { state } = breaker;
      expect(late.map((ticket) => ticket.fail(new Error('late')))).toEqual([false, false, false]);
      clock.advance(1e9);
      expect(breaker.state).toBe(state);
      expect(clock.timerCount).toBe(0);
    },
  );

  it('B19 a command to the current state sends no signal and wipes nothing (fluxgate closed→closed, R4J#646 #674)', () => {
    const { breaker, signals } = aBreaker();
    bad(breaker, 2);
    signals.clear();
    expect(breaker.reset()).toBe(false);
    expect(signals.signals).toEqual([]);
    bad(breaker);
    expect(breaker.state).toBe('open');
  });

  it('B20 the two-step form says when its outcome was dropped (gobreaker#122)', () => {
    const { breaker } = aBreaker();
    const [early, late] = [breaker.acquire(), breaker.acquire()];
    expect(early.succeed()).toBe(true);
    breaker.disable();
    expect(late.succeed()).toBe(false);
    expect(early.succeed()).toBe(false);
  });

  it('B16 a slow caller still gets its own result while the circuit is open', async () => {
    const { breaker } = aBreaker();
    const late = deferred<string>();
    const call = breaker.execute(() => late.promise);
    bad(breaker, 3);
    late.resolve('value');
    await settled();
    expect(await call).toBe('value');
  });
});
