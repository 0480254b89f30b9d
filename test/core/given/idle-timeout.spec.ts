import { describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';

import { CallTimeoutException, type BreakerOptions, type CallContext } from '../../../lib/core/index.js';
import { deferred, rejection, settled } from '../../support/async.js';
import { aBreaker } from '../../support/breaker.js';

describe('idleTimeoutMs', () => {
  it('cuts an Observable that gives nothing for so long after a value', () => {
    const { breaker, clock } = aBreaker({ idleTimeoutMs: 100 });
    const source = new Subject<number>();
    let error: unknown;
    breaker.observe(source).subscribe({ error: (given: unknown) => (error = given) });
    clock.advance(10_000); // Until the first value there is timeoutMs.
    source.next(1);
    clock.advance(99);
    source.next(2);
    clock.advance(99);
    expect(error).toBeUndefined();
    clock.advance(1);
    expect(error).toBeInstanceOf(CallTimeoutException);
    expect(String(error)).toContain(
      'a stream through circuit breaker "payments" gave nothing for longer than 100 ms',
    );
    expect(source.observed).toBe(false);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, inFlight: 0 });
    expect(clock.timerCount).toBe(0);
  });

  it('is set anew after timeoutMs, which is for the first value', () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 50, idleTimeoutMs: 100 });
    const source = new Subject<number>();
    breaker.observe(source).subscribe();
    source.next(1);
    clock.advance(60);
    source.next(2);
    source.complete();
    expect(breaker.snapshot().calls.success).toBe(1);
    expect(clock.timerCount).toBe(0);
  });

  it('cuts an iteration: the step rejects, the source is closed and its signal aborted', async () => {
    const { breaker, clock } = aBreaker({ idleTimeoutMs: 100 });
    let context!: CallContext;
    let closed = 0;
    const steps = [Promise.resolve({ done: false as const, value: 1 }), deferred<never>().promise];
    const iteration = breaker.iterate<number>((call) => {
      context = call;
      const iterator: AsyncIterator<number> = {
        next: () => steps.shift()!,
        return: async () => (closed++, { done: true, value: undefined }),
      };
      return { [Symbol.asyncIterator]: () => iterator };
    });
    await iteration.next();
    clock.advance(10_000); // A reader that takes his time is no silence.
    const step = rejection(iteration.next());
    await settled();
    clock.advance(100);
    expect(await step).toBeInstanceOf(CallTimeoutException);
    expect([closed, context.signal.reason]).toEqual([1, await step]);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, inFlight: 0 });
  });

  it.each([0, -1, NaN, Infinity, '5' as never])('is not %p', (idleTimeoutMs) => {
    expect(() => aBreaker({ idleTimeoutMs })).toThrow(
      'idleTimeoutMs must be a finite number of milliseconds > 0',
    );
  });

  it("is taken away by 'none', and changed while it runs", () => {
    const { breaker, clock } = aBreaker({ idleTimeoutMs: 100 });
    breaker.reconfigure({ idleTimeoutMs: 'none' });
    const source = new Subject<number>();
    breaker.observe(source).subscribe();
    source.next(1);
    expect(clock.timerCount).toBe(0);
  });

  describe('of a reader that asks ahead', () => {
    const ahead = (limits: BreakerOptions) => {
      const made = aBreaker(limits);
      const steps = [1, 2, 3].map(() => deferred<IteratorResult<number>>());
      let asked = 0;
      const source: AsyncIterableIterator<number> = {
        [Symbol.asyncIterator]: () => source,
        next: () => steps[asked++]!.promise,
        return: async () => ({ done: true, value: undefined }),
      };
      const come = async (index: number): Promise<void> => {
        steps[index]!.resolve({ done: false, value: index });
        await settled();
      };
      return { ...made, source, come, end: () => steps[2]!.resolve({ done: true, value: undefined }) };
    };

    it('is between two values: no step waits for longer because others were before it', async () => {
      const { breaker, clock, source, come, end } = ahead({ timeoutMs: 100, idleTimeoutMs: 100 });
      const stream = await breaker.execute(async () => source);
      const given = Promise.all([stream.next(), stream.next(), stream.next()]);
      for (const index of [0, 1]) {
        clock.advance(99);
        await come(index);
      }
      clock.advance(99);
      end();
      expect((await given).map(({ done }) => done)).toEqual([false, false, true]);
      expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
      expect(clock.timerCount).toBe(0);
    });

    it.each([{ idleTimeoutMs: 100 }, { timeoutMs: 500, idleTimeoutMs: 100 }])(
      'cuts all steps that wait, with %j',
      async (limits) => {
        const { breaker, clock, source, come } = ahead(limits);
        const stream = await breaker.execute(async () => source);
        const [first, ...others] = [stream.next(), stream.next(), stream.next()];
        const errors = Promise.all(others.map(rejection));
        await come(0);
        await first;
        clock.advance(100);
        for (const error of await errors) expect(error).toBeInstanceOf(CallTimeoutException);
        expect(breaker.snapshot().calls).toMatchObject({ failure: 1, inFlight: 0 });
        expect(clock.timerCount).toBe(0);
      },
    );

    it('has left when it leaves, while the second step still waits', async () => {
      const { breaker, source, come } = ahead({ timeoutMs: 100 });
      let signal!: AbortSignal;
      const stream = await breaker.execute(async (call) => ((signal = call.signal), source));
      const [first] = [stream.next(), stream.next()];
      await come(0);
      await first;
      void stream.return!();
      expect(signal.aborted).toBe(true);
      expect(breaker.snapshot().calls).toMatchObject({ success: 1, inFlight: 0 });
    });
  });
});
