import { describe, expect, it } from '@jest/globals';

import { Custom, Tracker, TypeOf } from '../../lib/core/index.js';
import { rejection, unhandled } from '../support/async.js';
import { aBreaker, aHalfOpen, bad } from '../support/breaker.js';

class NotFound extends Error {}

describe('an error', () => {
  it('that is tracked is a failure', () => {
    const { breaker, signals } = aBreaker({ tracker: TypeOf(RangeError) });
    breaker.acquire().fail(new RangeError());
    expect(signals.of('call')[0]).toMatchObject({ outcome: 'failure', isRecorded: true });
  });

  it('that is not tracked is ignored: it ends no streak and is no success', () => {
    const { breaker } = aBreaker({ tracker: TypeOf(NotFound).not() });
    bad(breaker, 2);
    bad(breaker, 1, new NotFound());
    expect(breaker.snapshot()).toMatchObject({
      failureStreak: 2,
      metric: { totalCount: 2 },
      calls: { ignored: 1 },
    });
    bad(breaker);
    expect(breaker.state).toBe('open');
  });

  it("that is not tracked is proof of life with untracked: 'success'", () => {
    const { breaker, first, signals } = aHalfOpen({ tracker: TypeOf(NotFound).not(), untracked: 'success' });
    expect(first.fail(new NotFound())).toBe(true);
    expect(breaker.state).toBe('closed');
    expect(signals.of('call')[0]).toMatchObject({ outcome: 'success', error: expect.any(NotFound) });
  });

  it('is judged by the tracker of the call site, if that has one', async () => {
    const { breaker } = aBreaker({ tracker: TypeOf(RangeError) });
    const task = (): Promise<never> => Promise.reject(new NotFound());
    await rejection(breaker.execute(task));
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, failure: 0 });
    await rejection(breaker.execute(task, { tracker: TypeOf(NotFound) }));
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, failure: 1 });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'down'],
    ['a symbol', Symbol('down')],
    ['a proxy whose every trap throws', hostileProxy()],
    ['a revoked proxy', revokedProxy()],
    ['an object without a prototype', Object.create(null)],
    ['a frozen error', Object.freeze(new Error('down'))],
  ])('may be %s, and reaches the caller as it is', async (_, error) => {
    const { breaker } = aBreaker();
    let isSame = false;
    await breaker
      .execute(() => Promise.reject(error))
      .catch((got: unknown) => {
        isSame = Object.is(got, error);
      });
    expect(isSame).toBe(true);
    expect(breaker.snapshot().calls.failure).toBe(1);
    expect(typeof breaker.snapshot().lastError).toBe('string');
  });
});

function hostileProxy(): object {
  const trap = (): never => {
    throw new Error('trapped');
  };
  return new Proxy(
    {},
    { get: trap, has: trap, getPrototypeOf: trap, ownKeys: trap, getOwnPropertyDescriptor: trap },
  );
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('a tracker at fault', () => {
  it('makes the call a failure, and the caller gets the original error', async () => {
    const { breaker, signals } = aBreaker({
      tracker: () => {
        throw new TypeError('my tracker');
      },
    });
    const error = new Error('down');
    expect(await rejection(breaker.execute(() => Promise.reject(error)))).toBe(error);
    expect(breaker.snapshot().calls.failure).toBe(1);
    expect(signals.of('fault')).toMatchObject([{ source: 'tracker', error: { message: 'my tracker' } }]);
  });

  it.each([
    ['a predicate', Custom((async () => false) as never)],
    [
      'a class of its own',
      new (class extends Tracker {
        isFailure(): boolean {
          return Promise.resolve(false) as never;
        }
      })(),
    ],
    ['a thenable', Custom((() => ({ then: () => undefined })) as never)],
  ])('is one that answers with a promise: %s', async (_, tracker) => {
    const { breaker, signals } = aBreaker({ tracker });
    bad(breaker);
    expect(breaker.snapshot().calls.failure).toBe(1);
    expect(signals.of('fault')).toHaveLength(1);
    expect(String(signals.of('fault')[0]!.error)).toContain('returned a promise');
  });

  it('is named in the fault, and so is the way out', () => {
    class Own extends Tracker {
      isFailure(): boolean {
        return Promise.resolve(true) as never;
      }
    }
    const { breaker, signals } = aBreaker({
      tracker: new Own(),
      trackResult: (() => Promise.resolve(true)) as never,
    });
    bad(breaker);
    breaker.acquire().succeed();
    expect(signals.of('fault').map(({ error }) => (error as Error).message)).toEqual([
      'the tracker returned a promise; trackers are synchronous. Return true or false.',
      'the trackResult returned a promise; result trackers are synchronous. Return true or false.',
    ]);
  });

  it('leaves no rejection behind', async () => {
    class Own extends Tracker {
      isFailure(): boolean {
        return Promise.reject(new Error('late')) as never;
      }
    }
    const { breaker } = aBreaker({
      tracker: new Own(),
      trackResult: (() => Promise.reject(new Error())) as never,
    });
    expect(
      await unhandled(() => {
        bad(breaker);
        breaker.acquire().succeed();
      }),
    ).toEqual([]);
    expect(breaker.snapshot().calls.failure).toBe(2);
  });
});

describe('a returned value', () => {
  const trackResult = (value: unknown): boolean => (value as { status?: number }).status === 503;

  it('that trackResult takes for a failure is one, and is still returned', async () => {
    const { breaker, signals } = aBreaker({ trackResult });
    const value = { status: 503 };
    expect(await breaker.execute(() => value)).toBe(value);
    expect(signals.of('call')[0]).toMatchObject({ outcome: 'failure', error: undefined });
    expect(breaker.snapshot()).toMatchObject({
      failureStreak: 1,
      lastError: 'a returned value (trackResult)',
    });
  });

  it('may open the circuit', () => {
    const { breaker, signals } = aBreaker({ trackResult });
    for (let i = 0; i < 3; i++) breaker.executeSync(() => ({ status: 503 }));
    expect(breaker.state).toBe('open');
    expect(signals.of('transition')[0]!.lastError).toBeUndefined();
  });

  it('is judged by the call site first', () => {
    const { breaker } = aBreaker({ trackResult });
    breaker.executeSync(() => ({ status: 503 }), { trackResult: () => false });
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, failure: 0 });
  });

  it('is a failure when trackResult throws, which is told', async () => {
    const { breaker, signals } = aBreaker({ trackResult });
    expect(await breaker.execute(() => null)).toBeNull();
    expect(breaker.snapshot().calls.failure).toBe(1);
    expect(signals.of('fault')).toMatchObject([{ source: 'trackResult' }]);
  });

  it('is judged once it is awaited', async () => {
    const { breaker } = aBreaker({ trackResult });
    await breaker.execute(async () => ({ status: 503 }));
    expect(breaker.snapshot().calls.failure).toBe(1);
  });
});

describe("the breaker's own rejection of a nested call", () => {
  it('says nothing about the dependency', async () => {
    const { breaker } = aBreaker();
    const outer = breaker.execute(async () => {
      breaker.forceOpen();
      return breaker.execute(() => 'inner');
    });
    expect(await rejection(outer)).toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED' });
    expect(breaker.snapshot().calls.failure).toBe(0);
  });

  it('is ignored while closed too', () => {
    const [{ breaker }, other] = [aBreaker(), aBreaker()];
    other.breaker.forceOpen();
    const own = (): unknown => breaker.executeSync(() => other.breaker.acquire());
    expect(own).toThrow('is forced open');
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, failure: 0 });
  });
});
