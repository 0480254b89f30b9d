import { describe, expect, it } from '@jest/globals';

import { FailureStreak, type Breaker } from '../../lib/core/index.js';
import { deferred, rejection, settled } from '../support/async.js';
import { aBreaker } from '../support/breaker.js';

/** A breaker whose next call is the first probe. */
function probing(): { breaker: Breaker; advance: (ms: number) => void } {
  const { breaker, clock } = aBreaker({ tripper: FailureStreak(1), maxHalfOpenCalls: 1 });
  breaker.forceOpen({ forMs: 1 });
  clock.advance(1);
  return { breaker, advance: (ms) => clock.advance(ms) };
}

describe('an iteration that is left', () => {
  it('is told as cancelled, and its signal says so', async () => {
    const { breaker, signals } = aBreaker();
    let signal: AbortSignal | undefined;
    const iteration = breaker.iterate(async function* silent(call): AsyncGenerator<number> {
      signal = call.signal;
      await deferred().promise;
      yield 1;
    });
    void iteration.next();
    await settled();
    void iteration.return(undefined);
    expect(signals.of('call')).toMatchObject([{ outcome: 'ignored', isCancelled: true }]);
    expect(String(signal?.reason)).toBe('AbortError: The iteration was given up.');
  });

  it('is not left by a source that throws: the language does not close that', async () => {
    const { breaker } = aBreaker();
    let closed = 0;
    const iterator: AsyncIterator<number> = {
      next: () => Promise.reject(new Error('down')),
      return: async () => {
        closed++;
        return { done: true, value: undefined };
      },
    };
    await rejection(breaker.iterate(() => ({ [Symbol.asyncIterator]: () => iterator })).next());
    await settled();
    expect(closed).toBe(0);
  });
});

describe('an iteration that is left while its source is silent', () => {
  it('frees its slot at once, is ignored, and its lease has nothing to lapse', async () => {
    const { breaker, advance } = probing();
    const iteration = breaker.iterate(async function* silent(): AsyncGenerator<number> {
      await deferred().promise;
      yield 1;
    });
    void iteration.next();
    await settled();
    expect(breaker.snapshot().probesInFlight).toBe(1);
    void iteration.return(undefined);
    expect(breaker.snapshot()).toMatchObject({
      state: 'half_open',
      probesInFlight: 0,
      calls: { ignored: 1 },
    });
    advance(60_000);
    expect(breaker.state).toBe('half_open');
  });

  it('aborts the signal of the source, and closes it once', async () => {
    const { breaker } = aBreaker();
    let signal: AbortSignal | undefined;
    let closed = 0;
    const waiting = deferred<IteratorResult<number>>();
    const iteration = breaker.iterate<number>((call) => {
      signal = call.signal;
      const iterator: AsyncIterator<number> = {
        next: () => waiting.promise,
        return: async () => {
          closed++;
          waiting.resolve({ done: true, value: undefined });
          return { done: true, value: undefined };
        },
      };
      return { [Symbol.asyncIterator]: () => iterator };
    });
    const step = iteration.next();
    await settled();
    await iteration.return(undefined);
    expect(await step).toEqual({ done: true, value: undefined });
    expect(signal?.reason).toMatchObject({ name: 'AbortError' });
    expect(closed).toBe(1);
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, success: 0, inFlight: 0 });
  });

  it('runs no fallback when the source fails for it', async () => {
    const { breaker } = aBreaker();
    const end = deferred<never>();
    let isAsked = false;
    const iteration = breaker.iterate(
      async function* failing(): AsyncGenerator<number> {
        yield await end.promise;
      },
      {
        fallback: () => {
          isAsked = true;
          return 1;
        },
      },
    );
    const step = iteration.next().catch((error: unknown) => error);
    await settled();
    const left = iteration.return(undefined);
    const error = new Error('aborted');
    end.reject(error);
    expect(await step).toBe(error);
    await left;
    expect(isAsked).toBe(false);
  });
});
