import { describe, expect, it } from '@jest/globals';

import { CallTimeoutException, type CallContext } from '../../lib/core/index.js';
import { rejection, settled, thrown } from '../support/async.js';
import { aBreaker, aBreakerIn, aHalfOpen } from '../support/breaker.js';

async function* numbers(): AsyncGenerator<number, string, undefined> {
  yield 1;
  yield 2;
  return 'done';
}

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) values.push(value);
  return values;
}

describe('iterate', () => {
  it('gives every value, and is one call', async () => {
    const { breaker } = aBreaker();
    expect(await all(breaker.iterate(numbers))).toEqual([1, 2]);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
  });

  it('costs nothing when it is never started', async () => {
    const { breaker } = aBreakerIn('open');
    let made = 0;
    const iteration = breaker.iterate(() => (made++, numbers()));
    await iteration.return('never mind');
    expect(made).toBe(0);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 3, rejected: 0 });
  });

  it('hands on the return value of a generator', async () => {
    const { breaker } = aBreaker();
    const iteration = breaker.iterate(numbers);
    await iteration.next();
    await iteration.next();
    expect(await iteration.next()).toEqual({ done: true, value: 'done' });
  });

  it('hands on what next() is given, and what throw() is given', async () => {
    const { breaker } = aBreaker();
    const iteration = breaker.iterate<string, void, string>(async function* () {
      let sent = yield 'ready';
      for (;;) {
        try {
          sent = yield `got ${sent}`;
        } catch (error) {
          sent = yield `caught ${error as string}`;
        }
      }
    });
    expect((await iteration.next('unheard')).value).toBe('ready');
    expect((await iteration.next('one')).value).toBe('got one');
    expect((await iteration.throw('two')).value).toBe('caught two');
    expect((await iteration.next('three')).value).toBe('got three');
    await iteration.return();
  });

  it('fails with the very error', async () => {
    const { breaker } = aBreaker();
    const error = new Error('down');
    const source = async function* (): AsyncGenerator<number> {
      yield 1;
      throw error;
    };
    expect(await rejection(all(breaker.iterate(source)))).toBe(error);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1 });
  });

  it('takes a source that throws, or gives no iterable, for a failure', async () => {
    const { breaker } = aBreaker();
    const throws = (): never => {
      throw new Error('down');
    };
    expect(await rejection(all(breaker.iterate(throws)))).toMatchObject({ message: 'down' });
    expect(await rejection(all(breaker.iterate((() => ({})) as never)))).toBeInstanceOf(TypeError);
    expect(breaker.snapshot().calls.failure).toBe(2);
  });

  it('rejects at the first next() when the circuit is open', async () => {
    const { breaker } = aBreakerIn('open');
    expect(await rejection(breaker.iterate(numbers).next())).toMatchObject({ reason: 'open' });
  });

  it('throws what is wrong with its options at once', () => {
    const { breaker } = aBreaker();
    expect(thrown(() => breaker.iterate(numbers, { nope: 1 } as never))).toMatchObject({
      code: 'FLUXGATE_CONFIG',
    });
  });

  it('is judged by its last value', async () => {
    const { breaker } = aBreaker({ trackResult: (value) => value === 2 });
    await all(breaker.iterate(numbers));
    expect(breaker.snapshot().calls.failure).toBe(1);
  });
});

describe('break', () => {
  it('after a value is a success, and closes the source first', async () => {
    const { breaker } = aBreaker();
    const order: string[] = [];
    breaker.subscribe({ onCall: ({ outcome }) => order.push(outcome) });
    const source = async function* (): AsyncGenerator<number> {
      try {
        yield 1;
        yield 2;
      } finally {
        await settled();
        order.push('closed');
      }
    };
    for await (const _ of breaker.iterate(source)) break;
    expect(order).toEqual(['closed', 'success']);
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, inFlight: 0 });
  });

  it('in half_open is a probe that went well', async () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    first.release();
    for await (const _ of breaker.iterate(numbers)) break;
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', probesInFlight: 0 });
  });

  it('works on an iterator that has neither return() nor throw()', async () => {
    const { breaker } = aBreaker();
    const bare = (): AsyncIterable<number> => ({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false as const, value: 7 }) }),
    });
    for await (const value of breaker.iterate(bare)) {
      expect(value).toBe(7);
      break;
    }
    const iteration = breaker.iterate(bare);
    await iteration.next();
    expect(await rejection(iteration.throw(new Error('mine')))).toBeInstanceOf(TypeError);
    expect(breaker.snapshot().calls.inFlight).toBe(0);
  });
});

describe('timeoutMs of an iteration', () => {
  it('is the time to the first value', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    const source = async function* (): AsyncGenerator<number> {
      yield 1;
      clock.advance(10_000);
      yield 2;
    };
    expect(await all(breaker.iterate(source))).toEqual([1, 2]);
    expect(clock.timerCount).toBe(0);
  });

  it('rejects, counts as a failure, aborts the signal and closes the source when it wakes up', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    let context!: CallContext;
    let wake!: () => void;
    let isClosed = false;
    const source = async function* (call: CallContext): AsyncGenerator<number> {
      context = call;
      try {
        await new Promise<void>((resolve) => (wake = resolve));
        yield 1;
      } finally {
        isClosed = true;
      }
    };
    const error = rejection(breaker.iterate(source).next());
    await settled();
    clock.advance(100);
    expect(await error).toBeInstanceOf(CallTimeoutException);
    expect(context.signal.reason).toBe(await error);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, inFlight: 0 });
    wake();
    await settled();
    expect(isClosed).toBe(true);
  });

  it('does not care whether the source can be closed', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    const hanging = (more: object) => (): AsyncIterable<number> => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined), ...more }),
    });
    const sources = [hanging({}), hanging({ return: () => Promise.reject(new Error('no')) })];
    const errors = sources.map((source) => rejection(breaker.iterate(source).next()));
    await settled();
    clock.advance(100);
    expect(await Promise.all(errors)).toEqual([
      expect.any(CallTimeoutException),
      expect.any(CallTimeoutException),
    ]);
  });
});

describe('the fallback of an iteration', () => {
  const down = (): never => {
    throw new Error('down');
  };

  it('may be an iterable', async () => {
    const { breaker } = aBreaker();
    expect(await all(breaker.iterate<number>(down, { fallback: numbers }))).toEqual([1, 2]);
  });

  it.each([
    ['a value', () => 'cached'],
    ['a promise', async () => 'cached'],
  ])('may be %s', async (_, fallback) => {
    const { breaker } = aBreaker();
    expect(await all(breaker.iterate<unknown>(down, { fallback }))).toEqual(['cached']);
  });

  it('takes a list for one value', async () => {
    const { breaker } = aBreaker();
    expect(await all(breaker.iterate<unknown>(down, { fallback: () => [1, 2] }))).toEqual([[1, 2]]);
    expect(await all(breaker.iterate<unknown>(down, { fallback: () => null }))).toEqual([null]);
  });
});
