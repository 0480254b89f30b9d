import { describe, expect, it } from '@jest/globals';
import {
  Breaker,
  BreakerRegistry,
  CountWindow,
  FailureStreak,
  KeyedBreakers,
  type BreakerOptions,
  type CallOptions,
} from 'nestjs-fluxgate';
import { lastValueFrom, throwError } from 'rxjs';

import { collectGarbage } from '../support/garbage.js';

const MIB = 2 ** 20;

/** Lets what is on its way settle, then collects. */
async function collected(): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    collectGarbage();
  }
}

/** How much more heap there is after `run`. */
async function growth(run: () => Promise<unknown>): Promise<{ grown: number; kept: unknown }> {
  await collected();
  const before = process.memoryUsage().heapUsed;
  const kept = await run();
  await collected();
  return { grown: process.memoryUsage().heapUsed - before, kept };
}

/** An error as a client of HTTP gives it: with what it asked, and what came. */
function heavyError(i: number): Error {
  return Object.assign(new Error(`Request ${i} failed with status code 503`), {
    code: 'ERR_BAD_RESPONSE',
    response: { data: Array.from({ length: 1000 }, (_, n) => `line ${i} ${n}`) },
  });
}

const ignore = (): undefined => undefined;

describe('an error that a call failed with', () => {
  type Run = (breaker: Breaker, error: Error, options?: CallOptions) => unknown;
  const doors: [string, Run][] = [
    ['execute', (breaker, error) => breaker.execute(() => Promise.reject(error)).catch(ignore)],
    [
      'wrap',
      (breaker, error) =>
        breaker
          .wrap(() => Promise.reject(error))()
          .catch(ignore),
    ],
    [
      'executeSync',
      (breaker, error) =>
        breaker.executeSync(
          () => {
            throw error;
          },
          { fallback: ignore },
        ),
    ],
    ['observe', (breaker, error) => lastValueFrom(breaker.observe(throwError(() => error))).catch(ignore)],
    ['acquire', (breaker, error) => breaker.acquire().fail(error)],
    ['a fallback', (breaker, error) => breaker.execute(() => Promise.reject(error), { fallback: () => 1 })],
    [
      'iterate',
      async (breaker, error) => {
        const values = breaker.iterate(async function* () {
          yield 1;
          throw error;
        });
        await values.next();
        await values.next().catch(ignore);
      },
    ],
  ];
  const states: [string, BreakerOptions][] = [
    ['closed', { tripper: FailureStreak(100) }],
    ['closed, in a row that changes no count', { tripper: FailureStreak(100), window: CountWindow(3) }],
    ['open', { tripper: FailureStreak(1) }],
    ['metrics_only', { initialState: 'metrics_only' }],
  ];

  it.each(doors)('by %s is gone afterwards, whatever the state', async (_door, run) => {
    const made: { state: string; breaker: Breaker; refs: WeakRef<Error>[] }[] = [];
    for (const [state, options] of states) {
      const breaker = new Breaker('payments', options);
      const refs: WeakRef<Error>[] = [];
      for (let i = 0; i < (state === 'open' ? 1 : 5); i++) {
        await (async () => {
          const error = heavyError(i);
          refs.push(new WeakRef(error));
          await run(breaker, error);
        })();
      }
      made.push({ state, breaker, refs });
    }
    await collected();
    for (const { state, breaker, refs } of made) {
      expect([state, refs.filter((ref) => ref.deref() !== undefined).length]).toEqual([state, 0]);
      expect(breaker.snapshot().calls.failure).toBe(refs.length);
    }
  });

  it('is not collected while somebody has it (the test above can fail)', async () => {
    const error = heavyError(1);
    const ref = new WeakRef(error);
    await collected();
    expect(ref.deref()).toBe(error);
  });

  it('takes no memory: 2000 keys with one failed call each hold their texts alone', async () => {
    const { grown, kept } = await growth(async () => {
      const group = new KeyedBreakers('gateway', { keys: {} });
      for (let i = 0; i < 2000; i++) {
        await group
          .for(`tenant-${i}`)
          .execute(() => Promise.reject(heavyError(i)))
          .catch(ignore);
      }
      return group;
    });
    expect((kept as KeyedBreakers).size).toBe(2000);
    // 2000 errors are more than 100 MiB.
    expect(grown / MIB).toBeLessThan(15);
  });

  it('takes its message along, and not the text that this was cut from', async () => {
    const { grown, kept } = await growth(async () => {
      const breakers: Breaker[] = [];
      for (let i = 0; i < 20; i++) {
        const body = `${i} `.repeat(MIB);
        const breaker = new Breaker(`cut-${i}`);
        const error = Object.assign(new Error(body.slice(100, 200)), { code: body.slice(0, 40) });
        error.name = body.slice(200, 230);
        await breaker.execute(() => Promise.reject(error)).catch(ignore);
        breakers.push(breaker);
      }
      return breakers;
    });
    expect((kept as Breaker[])[19]!.snapshot().lastError).toContain('19 19');
    // The bodies are 40 MiB.
    expect(grown / MIB).toBeLessThan(5);
  });

  it('of a megabyte leaves the beginning', async () => {
    const { grown, kept } = await growth(async () => {
      const breakers: Breaker[] = [];
      for (let i = 0; i < 20; i++) {
        const breaker = new Breaker(`long-${i}`);
        await breaker.execute(() => Promise.reject(new Error(`${i} `.repeat(MIB)))).catch(ignore);
        breakers.push(breaker);
      }
      return breakers;
    });
    expect(kept).toHaveLength(20);
    expect(grown / MIB).toBeLessThan(5);
  });
});

describe('a key or a name that was cut from a long text', () => {
  it('is kept without that text', async () => {
    const { grown, kept } = await growth(async () => {
      const group = new KeyedBreakers('gateway', { keys: {} });
      const registry = new BreakerRegistry();
      for (let i = 0; i < 20; i++) {
        const body = `tenant-${i}-of-many, `.repeat(100_000);
        group.for(body.slice(0, 18));
        registry.create(body.slice(0, 17)).forceOpen({ reason: body.slice(0, 50) });
      }
      return { group, registry };
    });
    expect((kept as { group: KeyedBreakers }).group.size).toBe(20);
    expect(grown / MIB).toBeLessThan(5);
  });
});

describe('what a call was given', () => {
  it('is gone when the call is over: fallback, trackResult, signal, task and value', async () => {
    const breaker = new Breaker('payments', { tripper: FailureStreak(100) });
    const refs: WeakRef<object>[] = [];
    for (let i = 0; i < 4; i++) {
      await (async () => {
        const { signal } = new AbortController();
        const value = { heavy: Array.from({ length: 1000 }) };
        const task = async (): Promise<object> => value;
        const fallback = (): object => ({});
        const trackResult = (): boolean => false;
        for (const kept of [signal, value, task, fallback, trackResult]) refs.push(new WeakRef(kept));
        await breaker.execute(task, { fallback, trackResult, signal });
        await breaker.execute(task, { fallback });
        await breaker.wrap(task)();
        breaker.executeSync(() => value, { trackResult });
      })();
    }
    await collected();
    expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
  });

  it('and what one error that a fallback throws for all was given as its cause', async () => {
    const breaker = new Breaker('payments', { tripper: FailureStreak(100) });
    const shared = new Error('no cache');
    const fallback = (): never => {
      throw shared;
    };
    const refs: WeakRef<Error>[] = [];
    for (let i = 0; i < 3; i++) {
      await (async () => {
        const error = heavyError(i);
        refs.push(new WeakRef(error));
        await breaker.execute(() => Promise.reject(error), { fallback }).catch(ignore);
      })();
    }
    await collected();
    expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
  });
});
