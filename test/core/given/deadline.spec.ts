import { describe, expect, it } from '@jest/globals';

import { FailureStreak, type CallOptions } from '../../../lib/core/index.js';
import { deferred, rejection, settled } from '../../support/async.js';
import { aBreaker } from '../../support/breaker.js';

const hanging = (): Promise<never> => deferred<never>().promise;
const timeUp = new DOMException('The operation was aborted due to timeout', 'TimeoutError');

describe('a signal that aborts a call', () => {
  it('with a TimeoutError is a deadline: the dependency hung, whatever the tracker knows', async () => {
    const { breaker, signals } = aBreaker({ tripper: FailureStreak(2), tracker: () => false });
    for (let i = 0; i < 2; i++) {
      const controller = new AbortController();
      const call = rejection(breaker.execute(hanging, { signal: controller.signal }));
      controller.abort(timeUp);
      expect(await call).toBe(timeUp);
    }
    expect(breaker.state).toBe('open');
    expect(signals.of('call')[0]).toMatchObject({ outcome: 'failure', isCancelled: false, error: timeUp });
  });

  it('by AbortSignal.timeout() is one', async () => {
    const { breaker } = aBreaker();
    await rejection(breaker.execute(hanging, { signal: AbortSignal.timeout(1) }));
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, ignored: 0 });
  });

  it('is ignored all the same where ignore matches', async () => {
    const { breaker } = aBreaker({ ignore: (error) => error === timeUp });
    const controller = new AbortController();
    const call = rejection(breaker.execute(hanging, { signal: controller.signal }));
    controller.abort(timeUp);
    await call;
    expect(breaker.snapshot().calls).toMatchObject({ failure: 0, ignored: 1 });
  });

  it('has its fallback, as any failure', async () => {
    const { breaker } = aBreaker();
    const controller = new AbortController();
    const options: CallOptions<unknown> = { signal: controller.signal, fallback: () => 'instead' };
    const call = breaker.execute<unknown>(hanging, options);
    controller.abort(timeUp);
    expect(await call).toBe('instead');
  });

  it.each([
    ['with another reason', new Error('the user left')],
    ['without one', undefined],
    [
      'with a reason that cannot be read',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
        },
      ),
    ],
  ])('%s says nothing about the dependency', async (_, reason) => {
    const { breaker, signals } = aBreaker();
    const controller = new AbortController();
    const call = breaker.execute(hanging, { signal: controller.signal }).catch((error: unknown) => [error]);
    controller.abort(reason);
    expect((await call)[0] === controller.signal.reason).toBe(true);
    expect(signals.of('call')).toMatchObject([{ outcome: 'ignored', isCancelled: true }]);
  });

  it('beforehand makes no call at all', async () => {
    const { breaker } = aBreaker();
    expect(await rejection(breaker.execute(hanging, { signal: AbortSignal.abort(timeUp) }))).toBe(timeUp);
    expect(breaker.snapshot().calls.admitted).toBe(0);
  });
});

describe('a signal of an iteration', () => {
  async function* endless(): AsyncGenerator<number> {
    for (let i = 1; ; i++) yield i;
  }

  it('ends it while it waits', async () => {
    const { breaker } = aBreaker();
    const controller = new AbortController();
    const source = async function* (): AsyncGenerator<number> {
      yield 1;
      await hanging();
    };
    const iteration = breaker.iterate(source, { signal: controller.signal });
    await iteration.next();
    const step = rejection(iteration.next());
    await settled();
    controller.abort(new Error('the user left'));
    expect(await step).toMatchObject({ message: 'the user left' });
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, inFlight: 0 });
  });

  it('ends it between two steps, and closes the source at the next', async () => {
    const { breaker } = aBreaker();
    const controller = new AbortController();
    let given: AbortSignal | undefined;
    const iteration = breaker.iterate((call) => ((given = call.signal), endless()), {
      signal: controller.signal,
      fallback: () => 7,
    });
    await iteration.next();
    controller.abort(timeUp);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, inFlight: 0 });
    expect(given?.reason).toBe(timeUp);
    expect(await iteration.next()).toEqual({ done: false, value: 7 });
    expect(await iteration.next()).toEqual({ done: true, value: undefined });
  });

  it('beforehand makes no call at all', async () => {
    const { breaker } = aBreaker();
    const iteration = breaker.iterate(endless, { signal: AbortSignal.abort(timeUp) });
    expect(await rejection(iteration.next())).toBe(timeUp);
    expect(breaker.snapshot().calls.admitted).toBe(0);
  });
});

describe('the source of an iteration', () => {
  it('may be a promise of the stream', async () => {
    const { breaker } = aBreaker();
    const seen: number[] = [];
    const source = async (): Promise<AsyncIterable<number>> =>
      (async function* () {
        yield 1;
        yield 2;
      })();
    for await (const value of breaker.iterate<number>(source)) seen.push(value);
    expect(seen).toEqual([1, 2]);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
  });

  it('whose promise rejects is one failure, with the very error', async () => {
    const { breaker } = aBreaker();
    const down = new Error('down');
    expect(await rejection(breaker.iterate<number>(() => Promise.reject(down)).next())).toBe(down);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1 });
  });

  it('may be left while its promise is being waited for', async () => {
    const { breaker } = aBreaker();
    const opening = deferred<AsyncIterable<number>>();
    const iteration = breaker.iterate<number>(() => opening.promise);
    void iteration.next();
    await settled();
    void iteration.return(undefined);
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, inFlight: 0 });
  });
});
