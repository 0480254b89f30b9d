import { describe, expect, it } from '@jest/globals';

import { rejection, settled } from '../support/async.js';
import { aBreaker, aBreakerIn } from '../support/breaker.js';

describe('execute', () => {
  it('gives the very value of the task, awaited', async () => {
    const { breaker } = aBreaker();
    const value = {};
    expect(await breaker.execute(() => value)).toBe(value);
    expect(await breaker.execute(async () => value)).toBe(value);
    expect(await breaker.execute(() => ({ then: (resolve: (got: object) => void) => resolve(value) }))).toBe(
      value,
    );
  });

  it('gives the very error of the task, thrown or rejected', async () => {
    const { breaker } = aBreaker();
    const error = new Error('down');
    expect(await rejection(breaker.execute(() => Promise.reject(error)))).toBe(error);
    const throws = (): never => {
      throw error;
    };
    expect(await rejection(breaker.execute(throws))).toBe(error);
    expect(breaker.snapshot().calls.failure).toBe(2);
  });

  it('never throws: an open circuit and wrong options reject', async () => {
    const { breaker } = aBreakerIn('open');
    expect(await rejection(breaker.execute(() => 'value'))).toMatchObject({ reason: 'open' });
    expect(await rejection(breaker.execute(() => 'value', { fallbackWen: 'any' } as never))).toMatchObject({
      code: 'FLUXGATE_CONFIG',
    });
  });

  it('takes a thenable at its first word', async () => {
    const { breaker } = aBreaker();
    const thenable = {
      then(resolve: (value: string) => void, reject: (error: unknown) => void) {
        resolve('first');
        reject(new Error('second'));
        throw new Error('third');
      },
    };
    expect(await breaker.execute(() => thenable as unknown)).toBe('first');
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, failure: 0 });
  });

  it('takes a thenable that cannot be read for a failure', async () => {
    const { breaker } = aBreaker();
    const error = new Error('trapped');
    const hostile = {
      get then() {
        throw error;
      },
    };
    expect(await rejection(breaker.execute(() => hostile as unknown))).toBe(error);
    expect(breaker.snapshot().calls.failure).toBe(1);
  });

  it('does not run one call after the other', async () => {
    const { breaker } = aBreaker();
    const started: number[] = [];
    const calls = [1, 2, 3].map((n) =>
      breaker.execute(async () => {
        started.push(n);
        await settled();
      }),
    );
    expect(started).toEqual([1, 2, 3]);
    expect(breaker.snapshot().calls.inFlight).toBe(3);
    await Promise.all(calls);
  });

  it('starts the task in the same tick', () => {
    const { breaker } = aBreaker();
    let isStarted = false;
    void breaker.execute(() => (isStarted = true));
    expect(isStarted).toBe(true);
  });
});

describe('wrap', () => {
  it('keeps name and length', () => {
    const { breaker } = aBreaker();
    const wrapped = breaker.wrap(async function status(_id: string, _deep: boolean) {
      return 'paid';
    });
    expect([wrapped.name, wrapped.length]).toEqual(['status', 2]);
    for (const property of ['name', 'length']) {
      expect(Object.getOwnPropertyDescriptor(wrapped, property)).toMatchObject({
        configurable: true,
        enumerable: false,
        writable: false,
      });
    }
  });

  it('hands on `this`, each call its own, and the arguments', async () => {
    const { breaker } = aBreaker();
    class Service {
      constructor(readonly prefix: string) {}
      async status(id: string): Promise<string> {
        return this.prefix + id;
      }
    }
    Service.prototype.status = breaker.wrap(Service.prototype.status);
    expect(await new Service('a').status('1')).toBe('a1');
    expect(await new Service('b').status('2')).toBe('b2');
  });

  it('rejects when the circuit is open, and does not call', async () => {
    const { breaker } = aBreakerIn('open');
    let calls = 0;
    const wrapped = breaker.wrap(async () => ++calls);
    expect(await rejection(wrapped())).toMatchObject({ reason: 'open' });
    expect(calls).toBe(0);
  });

  it('makes a sync throw a rejection', async () => {
    const { breaker } = aBreaker();
    const error = new Error('down');
    const wrapped = breaker.wrap((): Promise<never> => {
      throw error;
    });
    expect(await rejection(wrapped())).toBe(error);
  });

  it('refuses wrong options when it wraps, not when it is called', () => {
    const { breaker } = aBreaker();
    expect(() => breaker.wrap(async () => 'value', { fallback: 'other' as never })).toThrow(
      'Breaker "payments": fallback must be a function (error, ...args), got "other".',
    );
  });

  it('judges by the options it was given', async () => {
    const { breaker } = aBreaker();
    const wrapped = breaker.wrap(async () => 503, { trackResult: (value) => value === 503 });
    expect(await wrapped()).toBe(503);
    expect(breaker.snapshot().calls.failure).toBe(1);
  });
});
