import { describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';

import { CallTimeoutException, type CallContext } from '../../../lib/core/index.js';
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
});
