import { describe, expect, it } from '@jest/globals';

import { Breaker, BreakerRegistry, FailureStreak, TimeWindow } from '../../lib/core/index.js';
import { rejection, settled, unhandled } from '../support/async.js';
import { aBreaker, bad } from '../support/breaker.js';

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

describe('an idle breaker', () => {
  it('has no timer, in no state and after any life', async () => {
    const { breaker, clock } = aBreaker({ window: TimeWindow(1000), timeoutMs: 500, maxHalfOpenMs: 9000 });
    await breaker.execute(() => 'value');
    bad(breaker, 3);
    expect(clock.timerCount).toBe(0);
    clock.advance(1000);
    breaker.acquire();
    expect(clock.timerCount).toBe(0);
    for (const command of ['metricsOnly', 'disable', 'forceOpen', 'reset'] as const) {
      breaker[command]();
      expect(clock.timerCount).toBe(0);
    }
  });

  it('keeps no process alive: a thousand of them hold no resource', async () => {
    const before = timers();
    const registry = new BreakerRegistry({ defaults: { tripper: FailureStreak(1), timeoutMs: 60_000 } });
    for (let i = 0; i < 1000; i++) bad(registry.create(`b${i}`));
    expect(timers()).toBe(before);
    const hanging = new AbortController();
    const call = rejection(
      new Breaker('hangs', { timeoutMs: 60_000 }).execute(() => new Promise(() => undefined), {
        signal: hanging.signal,
      }),
    );
    // Somebody awaits it: its timer holds the process until it is over.
    expect(timers()).toBe(before + 1);
    hanging.abort();
    await call;
    expect(timers()).toBe(before);
  });

  it('leaves nothing unhandled', async () => {
    const errors = await unhandled(async () => {
      const { breaker, clock } = aBreaker({
        timeoutMs: 100,
        listeners: [{ onCall: () => Promise.reject(new Error()) }],
      });
      const calls = [
        breaker.execute(() => Promise.reject(new Error('down'))),
        breaker.execute(() => new Promise(() => undefined)),
        breaker.execute(() => Promise.reject(new Error('down')), {
          fallback: () => Promise.reject(new Error('too')),
        }),
        breaker
          .iterate(async function* () {
            yield await Promise.reject(new Error('down'));
          })
          .next(),
      ].map(rejection);
      await settled();
      clock.advance(100);
      await Promise.all(calls);
    });
    expect(errors).toEqual([]);
  });
});
