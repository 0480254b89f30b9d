import { describe, expect, it } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { lastValueFrom, throwError } from 'rxjs';

import type { Breaker } from '../../lib/core/index.js';
import { rejection, thrown, unhandled } from '../support/async.js';
import { aBreaker } from '../support/breaker.js';

const down = new Error('down');

describe("a fallback's own error", () => {
  it('propagates, with the original as its cause', async () => {
    const { breaker } = aBreaker();
    const own = new Error('no cache');
    const fallback = (): never => {
      throw own;
    };
    expect(await rejection(breaker.execute(() => Promise.reject(down), { fallback }))).toBe(own);
    expect(own.cause).toBe(down);
    expect(Object.keys(own)).toEqual([]);
  });

  const fails = (): never => {
    throw down;
  };
  type Run = (breaker: Breaker, fallback: () => never) => PromiseLike<unknown>;
  const doors: [string, Run][] = [
    ['promise', (breaker, fallback) => breaker.execute(fails, { fallback })],
    ['sync call', async (breaker, fallback) => breaker.executeSync(fails, { fallback })],
    ['stream', (breaker, fallback) => lastValueFrom(breaker.observe(throwError(fails), { fallback }))],
    ['iteration', (breaker, fallback) => breaker.iterate(fails, { fallback }).next()],
  ];

  it.each(doors)('goes out of a %s', async (_, run) => {
    const { breaker } = aBreaker();
    const own = new Error('no cache');
    const fallback = (): never => {
      throw own;
    };
    expect(await rejection(run(breaker, fallback))).toBe(own);
    expect(own.cause).toBe(down);
  });

  const standIn = (own: unknown): unknown => {
    const { breaker } = aBreaker();
    const task = (): never => {
      throw down;
    };
    const fallback = (): never => {
      throw own;
    };
    return thrown(() => breaker.executeSync(task, { fallback }));
  };

  it('gets its cause as Error() itself would set it', () => {
    const own = new Error('no cache');
    standIn(own);
    const native = new Error('no cache', { cause: down });
    expect(Object.getOwnPropertyDescriptor(own, 'cause')).toEqual(
      Object.getOwnPropertyDescriptor(native, 'cause'),
    );
  });

  it('keeps the cause it has', () => {
    const own = new Error('no cache', { cause: 'disk' });
    expect(standIn(own)).toBe(own);
    expect(own.cause).toBe('disk');
  });

  it('goes out as it is when it is frozen', () => {
    const own = Object.freeze(new Error('no cache'));
    expect(standIn(own)).toBe(own);
    expect(own.cause).toBeUndefined();
  });

  it('goes out as it is when it cannot be read', () => {
    const own = new Proxy(new Error('no cache'), {
      get() {
        throw new Error('trapped');
      },
    });
    expect(standIn(own)).toBe(own);
  });

  it('may be no error at all', () => {
    expect(standIn('no cache')).toBe('no cache');
    expect(standIn(undefined)).toBe(undefined);
    const answer = { status: 500 };
    expect(standIn(answer)).toBe(answer);
    expect(answer).toEqual({ status: 500 });
    expect('cause' in answer).toBe(false);
  });

  it('of another realm gets its cause too', () => {
    const own = runInNewContext('new Error("no cache")') as Error;
    expect(standIn(own)).toBe(own);
    expect(own.cause).toBe(down);
  });

  it('that is the original error is not its own cause', () => {
    expect(standIn(down)).toBe(down);
    expect(down.cause).toBeUndefined();
  });

  it('is the only rejection: nothing is left unhandled', async () => {
    const { breaker } = aBreaker();
    const errors = await unhandled(() =>
      rejection(
        breaker.execute(() => Promise.reject(down), { fallback: () => Promise.reject(new Error('too')) }),
      ),
    );
    expect(errors).toEqual([]);
  });
});

const raise = (error: unknown): never => {
  throw error;
};

describe('one error that a fallback throws for many calls', () => {
  const [first, second, third] = ['first', 'second', 'third'].map((text) => new Error(text));

  it('has no cause of another call: what the first call gave it is taken back', async () => {
    const { breaker } = aBreaker();
    const shared = new Error('no cache');
    const fallback = (): never => {
      throw shared;
    };
    const fail = async (error: unknown): Promise<unknown> =>
      rejection(breaker.execute(() => raise(error), { fallback, fallbackWhen: 'any' }));
    expect(await fail(first)).toBe(shared);
    expect(shared.cause).toBe(first);
    for (const error of [second, third]) {
      expect(await fail(error)).toBe(shared);
      expect('cause' in shared).toBe(false);
    }
  });

  it('has none either where the calls are made at once, through other breakers', async () => {
    const shared = new Error('no cache');
    const fallback = (): never => {
      throw shared;
    };
    await Promise.all(
      [first, second].map((error) => rejection(aBreaker().breaker.execute(() => raise(error), { fallback }))),
    );
    expect('cause' in shared).toBe(false);
  });

  it("keeps a cause that is the user's own, whenever it was given", () => {
    const shared = new Error('no cache') as Error & { cause?: unknown };
    const fails = (error: unknown) => {
      const fallback = (): never => {
        throw shared;
      };
      const task = (): never => {
        throw error;
      };
      return thrown(() => aBreaker().breaker.executeSync(task, { fallback }));
    };
    fails(first);
    shared.cause = 'disk';
    fails(second);
    expect(shared.cause).toBe('disk');
    fails(third);
    expect(shared.cause).toBe('disk');
  });
});
