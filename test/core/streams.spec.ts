import { describe, expect, it } from '@jest/globals';
import { Subject, lastValueFrom, of, throwError, toArray, type Observable } from 'rxjs';

import { callSite, type Breaker, type SiteOptions } from '../../lib/core/index.js';
import { rejection } from '../support/async.js';
import { aBreaker, aHalfOpen } from '../support/breaker.js';
import { A_METHOD } from '../support/method.js';

/** As the decorator has it: the door of the declared shape, and results that may turn out to be streams. */
function enter(
  breaker: Breaker,
  shape: 'promise' | 'sync' | 'observable' | 'iterator',
  task: () => unknown,
  options: SiteOptions = {},
): unknown {
  const site = callSite('Payments.status', options, A_METHOD);
  return breaker.enter(shape, site, task, undefined, []);
}

describe('the door of a shape', () => {
  it.each([
    ['promise', async (got: unknown) => await (got as Promise<unknown>)],
    ['sync', async (got: unknown) => got],
    ['observable', async (got: unknown) => lastValueFrom(got as Observable<unknown>)],
    ['iterator', async (got: unknown) => (await (got as AsyncGenerator).next()).value],
  ] as const)('%s gives what that shape gives', async (shape, read) => {
    const { breaker } = aBreaker();
    const task = {
      promise: async () => 7,
      sync: () => 7,
      observable: () => of(7),
      iterator: async function* () {
        yield 7;
      },
    }[shape];
    expect(await read(enter(breaker, shape, task))).toBe(7);
    expect(breaker.snapshot().calls.admitted).toBe(1);
  });

  it('waits for a promise of any make where one was declared', async () => {
    const { breaker } = aBreaker();
    const query = { then: (_: unknown, fail: (error: Error) => void) => fail(new Error('down')) };
    await rejection(enter(breaker, 'promise', () => query) as Promise<unknown>);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, success: 0 });
  });

  it('says where wrong options stand', () => {
    expect(() => callSite('Payments.status', { fallbackWhen: 'never' as never })).toThrow(
      'Payments.status: fallbackWhen must be',
    );
  });
});

describe.each([
  [
    'a sync call',
    (breaker: Breaker, source: unknown, options?: SiteOptions) =>
      Promise.resolve(enter(breaker, 'sync', () => source, options)),
  ],
  [
    'an async call',
    (breaker: Breaker, source: unknown, options?: SiteOptions) =>
      enter(breaker, 'promise', () => source, options),
  ],
  [
    'a sync call that returns a promise',
    (breaker: Breaker, source: unknown, options?: SiteOptions) =>
      enter(breaker, 'sync', async () => source, options),
  ],
])('%s whose result is a stream', (_, run) => {
  const call = async <T>(
    breaker: Breaker,
    source: Observable<T>,
    options?: SiteOptions,
  ): Promise<Observable<T>> => (await run(breaker, source, options)) as Observable<T>;

  it('is ignored until somebody subscribes: then that is the call', async () => {
    const { breaker } = aBreaker();
    const stream = await call(breaker, of(1, 2));
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, ignored: 1, inFlight: 0 });
    expect(await lastValueFrom(stream.pipe(toArray()))).toEqual([1, 2]);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, ignored: 0, inFlight: 0 });
  });

  it('has a ticket of its own for each subscription', async () => {
    const { breaker } = aBreaker();
    const stream = await call(breaker, of(1));
    await lastValueFrom(stream);
    await lastValueFrom(stream);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, success: 2 });
    breaker.forceOpen();
    expect(await rejection(lastValueFrom(stream))).toMatchObject({ reason: 'forced_open' });
  });

  it('fails when the stream does, and has its fallback', async () => {
    const { breaker } = aBreaker();
    const broken = throwError(() => new Error('down'));
    expect(await rejection(lastValueFrom(await call(breaker, broken)))).toMatchObject({ message: 'down' });
    expect(await lastValueFrom(await call<unknown>(breaker, broken, { fallback: () => 'instead' }))).toBe(
      'instead',
    );
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, failure: 2 });
  });

  it('is ignored when its subscriber leaves before a value', async () => {
    const { breaker } = aHalfOpen();
    const stream = await call(breaker, new Subject());
    stream.subscribe().unsubscribe();
    expect(breaker.snapshot()).toMatchObject({ probesInFlight: 1, calls: { ignored: 1 } });
  });
});

describe('a place of call that does not follow streams', () => {
  it('gives the very stream back, with a time limit too', async () => {
    const stream = of(1);
    const { breaker } = aBreaker({ timeoutMs: 1000 });
    expect(await breaker.execute(() => stream)).toBe(stream);
  });

  it('takes a stream for a value', async () => {
    const { breaker } = aBreaker();
    const stream = of(1);
    expect(breaker.executeSync(() => stream)).toBe(stream);
    expect(await breaker.execute(() => stream)).toBe(stream);
    expect(breaker.snapshot().calls.success).toBe(2);
  });
});
