import { describe, expect, it } from '@jest/globals';

import { callSignal } from '../../lib/core/index.js';
import { rejection, settled } from '../support/async.js';
import { aBreaker } from '../support/breaker.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('callSignal', () => {
  it('is the signal of the call that starts: it aborts when that times out', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    let signal: AbortSignal | undefined;
    const error = rejection(
      breaker.execute(() => {
        signal = callSignal();
        return never();
      }),
    );
    await settled();
    expect(signal?.aborted).toBe(false);
    clock.advance(100);
    expect(signal?.reason).toBe(await error);
  });

  it('is the one the task is given', async () => {
    const { breaker } = aBreaker();
    await breaker.execute(({ signal }) => {
      expect(callSignal()).toBe(signal);
    });
  });

  it('is that of the inner call inside, and of the outer one again after it', async () => {
    const { breaker } = aBreaker();
    await breaker.execute(async ({ signal: outer }) => {
      const inner = breaker.execute(({ signal }) => {
        expect(callSignal()).toBe(signal);
        expect(signal).not.toBe(outer);
      });
      expect(callSignal()).toBe(outer);
      await inner;
    });
  });

  it('is known to an async generator until its first await', async () => {
    const { breaker } = aBreaker();
    let signal: AbortSignal | undefined;
    const iteration = breaker.iterate(async function* one() {
      signal = callSignal();
      yield 1;
    });
    await iteration.next();
    expect(signal).toBeInstanceOf(AbortSignal);
    await iteration.return(undefined);
  });

  it('is one signal for each call of a wrapped function, however often it asks', async () => {
    const { breaker } = aBreaker();
    const wrapped = breaker.wrap(async () => [callSignal(), callSignal()]);
    const [[first, again], [other]] = await Promise.all([wrapped(), wrapped()]);
    expect(first).toBeInstanceOf(AbortSignal);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(callSignal()).toBeUndefined();
  });

  it('is that of the outer function again after one inside, asked before or only then', async () => {
    const { breaker } = aBreaker();
    const inner = breaker.wrap(async () => callSignal());
    const early = breaker.wrap(async () => {
      const before = callSignal();
      return [before, inner(), callSignal()] as const;
    });
    const late = breaker.wrap(async () => [inner(), callSignal()] as const);
    const [before, innerOfEarly, after] = await early();
    expect(after).toBe(before);
    expect(await innerOfEarly).not.toBe(before);
    const [innerOfLate, outer] = await late();
    expect(outer).toBeInstanceOf(AbortSignal);
    expect(await innerOfLate).not.toBe(outer);
  });

  it('is undefined again after a wrapped function that threw', async () => {
    const { breaker } = aBreaker();
    const wrapped = breaker.wrap((): Promise<never> => {
      throw new Error(String(callSignal()?.aborted));
    });
    expect(await rejection(wrapped())).toMatchObject({ message: 'false' });
    expect(callSignal()).toBeUndefined();
  });

  it('is undefined outside of a call, after one that threw as well', async () => {
    const { breaker } = aBreaker();
    await rejection(
      breaker.execute(() => {
        throw new Error('down');
      }),
    );
    expect(callSignal()).toBeUndefined();
    breaker.executeSync(() => expect(callSignal()).toBeUndefined());
  });
});
