// Known bugs of peers (list B of the reference), 43–50 without 46 (a shared store): calls.
import { describe, expect, it } from '@jest/globals';

import { Breaker, FailureStreak } from '../../lib/core/index.js';
import { deferred, rejection, unhandled } from '../support/async.js';
import { aBreaker, aBreakerIn, bad, knock } from '../support/breaker.js';

describe('a call', () => {
  it('B43 of a sync function that returns a promise is recorded when that settles (fluxgate sync, pybreaker#7)', async () => {
    const { breaker } = aBreaker();
    const later = deferred();
    const got = rejection(breaker.executeSync(() => later.promise));
    expect(breaker.snapshot().calls).toMatchObject({ success: 0, inFlight: 1 });
    later.reject(new Error('down'));
    await got;
    expect(breaker.snapshot().calls).toMatchObject({ success: 0, failure: 1 });
  });

  it('B44 whose async fallback rejects rejects, with nothing unhandled; one that resolves is awaited (opossum#100, fluxgate)', async () => {
    const { breaker } = aBreaker();
    const down = new Error('down');
    const own = new Error('no cache');
    const errors = await unhandled(async () => {
      const call = breaker.execute(() => Promise.reject(down), { fallback: () => Promise.reject(own) });
      expect(await rejection(call)).toBe(own);
    });
    expect(errors).toEqual([]);
    expect(own.cause).toBe(down);
    const call = breaker.execute<string>(() => Promise.reject(down), { fallback: async () => 'cached' });
    expect(await call).toBe('cached');
  });

  it('B45 does not wait for another one (pybreaker#55 #57, gobreaker distributed)', async () => {
    const { breaker } = aBreaker();
    const slow = deferred();
    const first = breaker.execute(() => slow.promise);
    expect(await breaker.execute(() => 'second')).toBe('second');
    slow.resolve('first');
    expect(await first).toBe('first');
  });

  it('B47 of a method keeps the `this` of its own instance, and all instances share one breaker (nestjs-resilience#487, opossum#349)', async () => {
    const { breaker } = aBreaker({ tripper: FailureStreak(2) });
    class PerRequest {
      constructor(readonly user: string) {}
      async status(): Promise<string> {
        if (this.user === 'mallory') throw new Error('down');
        return this.user;
      }
    }
    PerRequest.prototype.status = breaker.wrap(PerRequest.prototype.status);
    const [ann, bob] = [new PerRequest('ann'), new PerRequest('bob')];
    expect(await Promise.all([ann.status(), bob.status(), ann.status()])).toEqual(['ann', 'bob', 'ann']);
    await Promise.all([1, 2].map(() => rejection(new PerRequest('mallory').status())));
    expect(await rejection(bob.status())).toMatchObject({ reason: 'open' });
  });

  it('B50 whose predicate fails still completes (R4J#2209)', async () => {
    const { breaker } = aBreaker({
      tracker: () => {
        throw new Error('my predicate');
      },
    });
    const error = new Error('down');
    let isSettled = false;
    const call = breaker.execute(() => Promise.reject(error)).finally(() => (isSettled = true));
    expect(await rejection(call)).toBe(error);
    expect(isSettled).toBe(true);
  });
});

describe('a rejection', () => {
  it('B48 has a stack that does not grow, and is a new error each time (Polly#1878)', () => {
    const { breaker } = aBreakerIn('open', { rejectionStackTraces: true });
    const lengths = Array.from({ length: 50 }, () => (knock(breaker) as Error).stack!.length);
    expect(new Set(lengths).size).toBe(1);
    expect(knock(breaker)).not.toBe(knock(breaker));
  });

  it('B49 is free of recursion: 100 000 in a row leave the circuit as it was (R4J#2038)', () => {
    const breaker = new Breaker('payments', { initialState: 'forced_open' });
    for (let i = 0; i < 100_000; i++) knock(breaker);
    expect(breaker.snapshot()).toMatchObject({
      state: 'forced_open',
      calls: { rejected: 100_000, inFlight: 0 },
    });
  });

  it('B49 of a caller that tries again at once, from the rejection itself, ends', async () => {
    const { breaker } = aBreaker();
    bad(breaker, 3);
    let tries = 0;
    const retry = (): Promise<unknown> =>
      breaker
        .execute(() => 'value')
        .catch((error: unknown) => (++tries < 1000 ? retry() : Promise.reject(error)));
    expect(await rejection(retry())).toMatchObject({ reason: 'open' });
    expect(tries).toBe(1000);
  });
});
