import { describe, expect, it } from '@jest/globals';
import { runInNewContext } from 'node:vm';

import { deferred, rejection, thrown, unhandled } from '../support/async.js';
import { aBreaker, aBreakerIn } from '../support/breaker.js';

describe('executeSync', () => {
  it('returns in the same tick', () => {
    const { breaker } = aBreaker();
    expect(breaker.executeSync(() => 42)).toBe(42);
    expect(breaker.snapshot().calls.success).toBe(1);
  });

  it('throws the very error', () => {
    const { breaker } = aBreaker();
    const error = new Error('down');
    const task = (): never => {
      throw error;
    };
    expect(thrown(() => breaker.executeSync(task))).toBe(error);
    expect(breaker.snapshot().calls.failure).toBe(1);
  });

  it('throws when the circuit is open, without a call', () => {
    const { breaker } = aBreakerIn('open');
    let calls = 0;
    expect(thrown(() => breaker.executeSync(() => ++calls))).toMatchObject({ reason: 'open' });
    expect(calls).toBe(0);
  });

  it('throws what is wrong with its options', () => {
    const { breaker } = aBreaker();
    expect(() => breaker.executeSync(() => 1, { fallbackWhen: 'always' as never })).toThrow(
      `fallbackWhen must be 'failure', 'rejected' or 'any', got "always".`,
    );
  });
});

describe('a sync task that returns a promise after all', () => {
  it('is recorded when that settles, not before', async () => {
    const { breaker } = aBreaker();
    const late = deferred<string>();
    const got = breaker.executeSync(() => late.promise);
    expect(breaker.snapshot().calls).toMatchObject({ success: 0, inFlight: 1 });
    late.resolve('value');
    expect(await got).toBe('value');
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, inFlight: 0 });
  });

  it('fails with the very error', async () => {
    const { breaker } = aBreaker();
    const error = new Error('down');
    expect(await rejection(breaker.executeSync(() => Promise.reject(error)))).toBe(error);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, success: 0 });
  });

  it('may come from another realm', async () => {
    const { breaker } = aBreaker();
    const foreign = runInNewContext('Promise.reject("down")') as Promise<never>;
    expect(await rejection(breaker.executeSync(() => foreign))).toBe('down');
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, success: 0 });
  });

  it('has its fallback, awaited', async () => {
    const { breaker } = aBreaker();
    const task = (): Promise<string> => Promise.reject(new Error('down'));
    expect(await breaker.executeSync(task, { fallback: async () => 'instead' })).toBe('instead');
  });

  it('is judged by its value', async () => {
    const { breaker } = aBreaker();
    await breaker.executeSync(async () => 503, { trackResult: (value) => value === 503 });
    expect(breaker.snapshot().calls.failure).toBe(1);
  });

  it('leaves nothing unhandled but what its caller does not handle', async () => {
    const { breaker } = aBreaker();
    const errors = await unhandled(() =>
      rejection(breaker.executeSync(() => Promise.reject(new Error('down')))),
    );
    expect(errors).toEqual([]);
  });

  it('is begun at once, and once, when it is only a thenable', async () => {
    const { breaker } = aBreaker();
    let runs = 0;
    const query = { then: (end: (value: number) => void) => end(++runs), text: () => 'select' };
    for (const prepare of [() => undefined, () => breaker.metricsOnly()]) {
      prepare();
      runs = 0;
      const given = breaker.executeSync(() => query);
      expect([runs, given.text()]).toEqual([1, 'select']);
      expect(await given).toBe(1);
      expect(runs).toBe(1);
    }
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, success: 2 });
  });
});
