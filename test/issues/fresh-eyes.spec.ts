import { describe, expect, it } from '@jest/globals';

import {
  Breaker,
  BreakerRegistry,
  CountWindow,
  FailureRate,
  FailureStreak,
  FluxgateConfigError,
  MinRequests,
} from '../../lib/core/index.js';
import { rejection, settled, thrown } from '../support/async.js';
import { aBreaker, aBreakerIn, aHalfOpen } from '../support/breaker.js';
import { aGroup, ask } from '../support/keyed.js';

// Found by using the package as its users would, before its first release.

describe('a task that is no function', () => {
  const text =
    /^Breaker "payments": the task must be a function, got .+\. A promise has begun already: give what begins it/;

  it.each(['execute', 'wrap', 'executeSync', 'observe', 'iterate'] as const)(
    'is refused by %s, counts for nothing and is no business of the fallback',
    async (door) => {
      const { breaker } = aBreaker({ tripper: FailureStreak(1) });
      const call = breaker[door] as (task: unknown, options: object) => unknown;
      const enter = async (): Promise<unknown> => {
        const result = call.call(breaker, Promise.resolve(3), { fallback: () => 'masked' });
        return door === 'iterate' ? (result as AsyncGenerator).next() : result;
      };
      const error = await rejection(enter());
      expect(error).toBeInstanceOf(FluxgateConfigError);
      expect((error as Error).message).toMatch(text);
      expect(breaker.snapshot().calls.admitted).toBe(0);
    },
  );
});

describe('options that are no object', () => {
  it.each([[null], [5], [[]], [() => ({})]])(
    'are refused also after a breaker without any: %p',
    (options) => {
      expect(new Breaker('first', {}).state).toBe('closed');
      expect(() => new Breaker('second', options as never)).toThrow(
        'options must be an options object, got ',
      );
    },
  );

  it('are refused for what they are: a list has a method called keys, and no keys', () => {
    expect(() => new BreakerRegistry().create('payments', [] as never)).toThrow(
      'Breaker "payments": options must be an options object, got an array of 0.',
    );
  });
});

describe('timeoutMs', () => {
  it('holds for a promise that a sync task returns after all', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 50 });
    const late = rejection(breaker.executeSync(() => new Promise(() => undefined)));
    await settled();
    clock.advance(50);
    expect(await late).toMatchObject({ code: 'CIRCUIT_CALL_TIMEOUT' });
    expect(breaker.snapshot().calls.failure).toBe(1);
  });
});

describe('whenAvailable', () => {
  it('is not woken by rejections: nothing is looked at anew, no timer is set again', async () => {
    const { breaker, clock } = aBreakerIn('open');
    let timersSet = 0;
    const setTimer = clock.setTimer.bind(clock);
    clock.setTimer = (run, delayMs) => {
      timersSet++;
      return setTimer(run, delayMs);
    };
    const waiting = breaker.whenAvailable();
    thrown(() => breaker.acquire());
    const setAtFirst = timersSet;
    for (let i = 0; i < 100; i++) thrown(() => breaker.acquire());
    expect(timersSet).toBe(setAtFirst);
    await clock.advanceAsync(1000);
    await expect(waiting).resolves.toBeUndefined();
  });

  it('is woken by a slot that comes free, also when another was woken by one before', async () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    const earlier = breaker.whenAvailable();
    first.release();
    await earlier;
    const next = breaker.acquire();
    let isWoken = false;
    void breaker.whenAvailable().then(() => (isWoken = true));
    next.release();
    await settled();
    expect(isWoken).toBe(true);
  });
});

describe('time', () => {
  it('goes on for a breaker whose clock threw once', () => {
    const { breaker, clock } = aHalfOpen({ probeLeaseMs: 100, tripper: FailureStreak(1) });
    clock.advance(100);
    const { wallNow } = clock;
    clock.wallNow = () => {
      throw new Error('no wall');
    };
    thrown(() => breaker.state);
    clock.wallNow = wallNow;
    clock.advance(100);
    expect(breaker.state).not.toBe('half_open');
  });
});

describe('a window that another process left, with too many failures for the rule here', () => {
  const fiveCalls = (ratio: number): Breaker =>
    new Breaker('payments', {
      window: CountWindow(5),
      tripper: MinRequests(5).and(FailureRate(ratio)),
    });
  const good = (breaker: Breaker): unknown => breaker.executeSync(() => 'good');
  const bad = (breaker: Breaker): unknown => breaker.acquire().fail(new Error('down'));

  it('opens the circuit at the next call, though the window before it was fine', () => {
    const other = fiveCalls(0.9);
    for (const call of [good, good, bad, bad, good]) call(other);
    const breaker = fiveCalls(0.4);
    for (let i = 0; i < 6; i++) good(breaker);
    breaker.restore(other.snapshot({ window: true }));
    good(breaker);
    expect(breaker.state).toBe('open');
  });
});

describe('a breaker of a key that was dropped, and whose group has a time limit meanwhile', () => {
  it('limits the very call with which it comes back', async () => {
    const { group, clock } = aGroup({ keys: { max: 1 } });
    const held = group.for('a');
    ask(group, 'b');
    group.reconfigure({ timeoutMs: 100 });
    const call = rejection(held.execute(() => new Promise(() => undefined)));
    clock.advance(100);
    expect(await call).toMatchObject({ code: 'CIRCUIT_CALL_TIMEOUT' });
  });
});
