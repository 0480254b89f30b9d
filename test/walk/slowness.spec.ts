import { describe, expect, it } from '@jest/globals';

import {
  CallTimeoutException,
  FailureRate,
  MinRequests,
  SlowRate,
  isCallNotPermitted,
} from '../../lib/core/index.js';
import { rejection, settled } from '../support/async.js';
import { aBreaker, slow } from '../support/breaker.js';

describe('a dependency that hangs', () => {
  it('costs each caller its timeout, until the circuit opens; then nobody waits any more', async () => {
    const { breaker, clock } = aBreaker({
      timeoutMs: 500,
      tripper: MinRequests(5).and(SlowRate(0.5, 400)),
    });
    const aborted: boolean[] = [];
    const hang = ({ signal }: { signal: AbortSignal }): Promise<never> =>
      new Promise(() => signal.addEventListener('abort', () => aborted.push(signal.aborted)));
    const calls = Array.from({ length: 5 }, () => rejection(breaker.execute(hang)));
    await clock.advanceAsync(500);
    expect((await Promise.all(calls)).every((error) => error instanceof CallTimeoutException)).toBe(true);
    expect(aborted).toEqual([true, true, true, true, true]);
    expect(breaker.state).toBe('open');
    expect(isCallNotPermitted(await rejection(breaker.execute(hang)))).toBe(true);
    expect(clock.timerCount).toBe(0);
  });

  it('is given up by probes that never come back, and tried again', async () => {
    const { breaker, clock, signals } = aBreaker({
      tripper: MinRequests(2).and(FailureRate(0.5)),
      probeLeaseMs: 3000,
      maxHalfOpenCalls: 2,
    });
    const fail = (): Promise<never> => Promise.reject(new Error('down'));
    await Promise.all([rejection(breaker.execute(fail)), rejection(breaker.execute(fail))]);
    clock.advance(1000);
    const lost = [
      breaker.execute(() => new Promise(() => undefined)),
      breaker.execute(() => new Promise(() => undefined)),
    ];
    expect(await rejection(breaker.execute(() => 'value'))).toMatchObject({ reason: 'half_open' });
    clock.advance(4000);
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(breaker.state).toBe('closed');
    expect(signals.moves()).toEqual([
      'closed → open (tripper)',
      'open → half_open (retry)',
      'half_open → open (tripper)',
      'open → half_open (retry)',
      'half_open → closed (tripper)',
    ]);
    expect(lost).toHaveLength(2);
  });
});

describe('a dependency that is slow but answers', () => {
  it('opens the circuit by its slowness alone, and closes it once it is fast again', () => {
    const made = aBreaker({ tripper: MinRequests(4).and(SlowRate(0.5, 1000)) });
    const { breaker, clock, signals } = made;
    slow(made, 100);
    slow(made, 100);
    slow(made, 1200);
    expect(breaker.state).toBe('closed');
    slow(made, 1200);
    expect(breaker.state).toBe('open');
    expect(signals.of('transition')[0]).toMatchObject({
      lastError: undefined,
      metric: { failureCount: 0, slow: [{ thresholdMs: 1000, count: 2, rate: 0.5 }] },
    });
    clock.advance(1000);
    for (let i = 0; i < 4; i++) slow(made, 100);
    expect(breaker.state).toBe('closed');
  });
});

describe('a consumer', () => {
  it('pauses while the circuit is open, and takes up its work when a probe is allowed', async () => {
    const { breaker, clock } = aBreaker();
    const done: number[] = [];
    let isUp = false;
    const consume = async (): Promise<void> => {
      for (let job = 1; job <= 3;) {
        await breaker.whenAvailable();
        const answer = breaker.execute(() => (isUp ? job : Promise.reject(new Error('down'))));
        const got = await answer.catch(() => undefined);
        if (got !== undefined) done.push(job++);
      }
    };
    const consumer = consume();
    await settled();
    expect(breaker.snapshot()).toMatchObject({ state: 'open', calls: { failure: 3, rejected: 0 } });
    isUp = true;
    await clock.advanceAsync(1000);
    await consumer;
    expect(done).toEqual([1, 2, 3]);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: { rejected: 0 } });
  });
});
