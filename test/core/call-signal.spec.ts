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
