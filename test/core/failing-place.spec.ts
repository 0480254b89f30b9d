import { describe, expect, it } from '@jest/globals';

import { lastValueFrom, throwError, type Observable } from 'rxjs';

import { callSite, NO_INVOCATION } from '../../lib/core/call-site.js';
import { runPromise } from '../../lib/core/doors/promise.js';
import { Breaker, FailureStreak, type BreakerOptions } from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { deferred, rejection, unhandled } from '../support/async.js';
import { A_METHOD } from '../support/method.js';

/** Nobody listens, so hardly a call is timed. */
const aQuietBreaker = (options: BreakerOptions = {}): Breaker =>
  new Breaker('payments', { tripper: FailureStreak(9), ...options }, { clock: new ManualClock() });

const down = new Error('down');
const fails = async (): Promise<string> => {
  await Promise.resolve();
  throw down;
};
const works = async (): Promise<string> => {
  await Promise.resolve();
  return 'up';
};

/** A breaker whose last calls failed, the untimed ones too. */
async function aFailingOne(options: BreakerOptions = {}): Promise<Breaker> {
  const breaker = aQuietBreaker(options);
  for (let i = 0; i < 4; i++) await rejection(breaker.execute(fails));
  return breaker;
}

describe('a place whose last calls failed', () => {
  it('gives the very error of the next one', async () => {
    const breaker = await aFailingOne();
    expect(await rejection(breaker.execute(fails))).toBe(down);
    expect(breaker.snapshot()).toMatchObject({ failureStreak: 5, calls: { failure: 5, inFlight: 0 } });
  });

  it('gives the value, when the next ones work again', async () => {
    const breaker = await aFailingOne();
    for (let i = 0; i < 3; i++) expect(await breaker.execute(works)).toBe('up');
    expect(breaker.snapshot()).toMatchObject({ failureStreak: 0, calls: { success: 3, failure: 4 } });
  });

  it('has the circuit open before the caller hears of the error', async () => {
    const breaker = await aFailingOne({ tripper: FailureStreak(5) });
    const states = breaker.execute(fails).catch(() => breaker.state);
    expect(await states).toBe('open');
  });

  it('is judged by the values too, where trackResult looks at them', async () => {
    const breaker = await aFailingOne({ trackResult: (value) => value === 'up' });
    expect(await breaker.execute(works)).toBe('up');
    expect(breaker.snapshot().calls).toMatchObject({ failure: 5, success: 0 });
  });

  it('drops what ends after its state is over', async () => {
    const breaker = await aFailingOne();
    const late = deferred<string>();
    const call = breaker.execute(() => late.promise);
    breaker.disable();
    breaker.reset();
    late.reject(down);
    expect(await rejection(call)).toBe(down);
    expect(breaker.snapshot()).toMatchObject({ failureStreak: 0, calls: { unrecorded: 1 } });
  });

  it('leaves none that is caught', async () => {
    const breaker = await aFailingOne();
    expect(await unhandled(() => void breaker.execute(fails).catch(() => undefined))).toEqual([]);
  });

  it('follows the stream that a promise of it gives when it works again', async () => {
    const breaker = await aFailingOne();
    const site = callSite('Payments.status', {}, A_METHOD);
    const enter = (task: () => Promise<unknown>): Promise<unknown> =>
      breaker.enter('promise', site, task, undefined, []) as Promise<unknown>;
    for (let i = 0; i < 2; i++) await rejection(enter(fails));
    const stream = (await enter(async () => throwError(() => down))) as Observable<unknown>;
    expect(breaker.snapshot().calls).toMatchObject({ failure: 6, ignored: 1, inFlight: 0 });
    expect(await rejection(lastValueFrom(stream))).toBe(down);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 7, ignored: 0, inFlight: 0 });
  });

  it('still has its fallback where nobody says who calls', async () => {
    const breaker = aQuietBreaker();
    const site = breaker.site({ fallback: () => 'instead' });
    for (let i = 0; i < 5; i++) expect(await runPromise(breaker, site, fails, NO_INVOCATION)).toBe('instead');
    expect(breaker.snapshot().calls.failure).toBe(5);
  });

  it('still has its fallback', async () => {
    const breaker = aQuietBreaker();
    const site = breaker.site({ fallback: () => 'instead' });
    for (let i = 0; i < 5; i++) {
      expect(await breaker.enter('promise', site, fails, undefined, [])).toBe('instead');
    }
    expect(breaker.snapshot().calls.failure).toBe(5);
  });
});
