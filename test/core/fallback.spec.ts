import { describe, expect, it, jest } from '@jest/globals';
import { concat, lastValueFrom, of, throwError, toArray } from 'rxjs';

import { TypeOf, type FallbackWhen, type SiteOptions } from '../../lib/core/index.js';
import { deferred, rejection } from '../support/async.js';
import { aBreaker } from '../support/breaker.js';

const down = new Error('down');
const tracker = TypeOf(RangeError).not();

/** What happens to a call → the error its fallback would get. */
const ENDS = {
  'is rejected': { error: 'CIRCUIT_NOT_PERMITTED', whens: ['failure', 'rejected', 'any'] },
  fails: { error: 'down', whens: ['failure', 'any'] },
  'has an untracked error': { error: 'out', whens: ['any'] },
} as const;

const tasks: Record<keyof typeof ENDS, () => never> = {
  'is rejected': () => {
    throw new Error('never called');
  },
  fails: () => {
    throw down;
  },
  'has an untracked error': () => {
    throw new RangeError('out');
  },
};

const cases = (Object.keys(ENDS) as (keyof typeof ENDS)[]).flatMap((end) =>
  (['failure', 'rejected', 'any', undefined] as const).map((when) => ({ end, when })),
);

function isWanted(end: keyof typeof ENDS, when: FallbackWhen | undefined): boolean {
  return (ENDS[end].whens as readonly string[]).includes(when ?? 'failure');
}

function prepared(end: keyof typeof ENDS, when: FallbackWhen | undefined) {
  const { breaker } = aBreaker({ tracker });
  if (end === 'is rejected') breaker.forceOpen();
  const seen: unknown[] = [];
  const fallback = (error: unknown): string => {
    seen.push((error as { code?: string }).code ?? (error as Error).message);
    return 'instead';
  };
  const options: SiteOptions = { fallback, ...(when === undefined ? {} : { fallbackWhen: when }) };
  return { breaker, options, seen, task: tasks[end] };
}

describe('a fallback of a task', () => {
  it('is given the error alone', async () => {
    const { breaker } = aBreaker();
    const fallback = jest.fn(() => 'instead');
    await breaker.execute(tasks.fails, { fallback });
    expect(fallback.mock.calls).toEqual([[down]]);
  });

  it.each([{}, { timeoutMs: 1000 }])(
    'stands in for a call whose nested call was not let in, %j',
    async (options) => {
      const { breaker } = aBreaker(options);
      const nested = (): Promise<string> => {
        breaker.forceOpen();
        return breaker.execute(() => 'never');
      };
      expect(await breaker.execute(nested, { fallback: () => 'instead' })).toBe('instead');
    },
  );
});

describe('a fallback', () => {
  describe.each(cases)('of a call that $end, with fallbackWhen $when', ({ end, when }) => {
    const wanted = isWanted(end, when);
    const outcome = wanted ? 'stands in' : 'does not run';

    it(`${outcome} for a promise`, async () => {
      const { breaker, options, seen, task } = prepared(end, when);
      const got: unknown = await breaker.execute(task, options).catch(() => 'error');
      expect(got).toBe(wanted ? 'instead' : 'error');
      expect(seen).toEqual(wanted ? [ENDS[end].error] : []);
    });

    it(`${outcome} for a sync call`, () => {
      const { breaker, options, task } = prepared(end, when);
      const run = (): unknown => breaker.executeSync(task, options);
      if (wanted) expect(run()).toBe('instead');
      else expect(run).toThrow();
    });

    it(`${outcome} for a stream`, async () => {
      const { breaker, options, task } = prepared(end, when);
      const got = await lastValueFrom(breaker.observe(() => throwError(task), options)).catch(() => 'error');
      expect(got).toBe(wanted ? 'instead' : 'error');
    });

    it(`${outcome} for an iteration`, async () => {
      const { breaker, options, task } = prepared(end, when);
      const got = await breaker
        .iterate(async function* () {
          yield task();
        }, options)
        .next()
        .catch(() => ({ value: 'error' }));
      expect(got.value).toBe(wanted ? 'instead' : 'error');
    });
  });

  it('runs after the call was recorded', async () => {
    const { breaker } = aBreaker();
    const seen: number[] = [];
    await breaker.execute(() => Promise.reject(down), {
      fallback: () => seen.push(breaker.snapshot().calls.failure),
    });
    expect(seen).toEqual([1]);
  });

  it('is awaited when it is async', async () => {
    const { breaker } = aBreaker();
    const late = deferred<string>();
    const call = breaker.execute<unknown>(() => Promise.reject(down), { fallback: () => late.promise });
    late.resolve('instead');
    expect(await call).toBe('instead');
  });

  it('of a wrapped function gets its `this` and its arguments', async () => {
    const { breaker } = aBreaker();
    const seen: unknown[] = [];
    const service = {
      status: breaker.wrap((_id: string, _deep: boolean) => Promise.reject<string>(down), {
        fallback(this: unknown, ...args: unknown[]) {
          seen.push(this, ...args);
          return 'instead';
        },
      }),
    };
    expect(await service.status('42', true)).toBe('instead');
    expect(seen).toEqual([service, down, '42', true]);
  });

  it('does not run for a call that its caller gave up', async () => {
    const { breaker } = aBreaker();
    const fallback = jest.fn();
    const controller = new AbortController();
    const options = { fallback, fallbackWhen: 'any', signal: controller.signal } as const;
    const running = rejection(breaker.execute(() => new Promise(() => undefined), options));
    controller.abort('gone');
    expect(await running).toBe('gone');
    expect(await rejection(breaker.execute(() => 'value', options))).toBe('gone');
    expect(fallback).not.toHaveBeenCalled();
  });

  it('stands in for a timeout', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 200 });
    const call = breaker.execute<unknown>(() => new Promise(() => undefined), { fallback: () => 'instead' });
    clock.advance(200);
    expect(await call).toBe('instead');
  });

  it('does not run for a value that counts as a failure: the value is returned', async () => {
    const { breaker } = aBreaker();
    const fallback = jest.fn();
    expect(await breaker.execute(() => 503, { fallback, trackResult: () => true })).toBe(503);
    expect(fallback).not.toHaveBeenCalled();
  });

  it('stands in when a nested call of the same breaker was not let in', async () => {
    const { breaker } = aBreaker();
    const nested = async (): Promise<string> => {
      breaker.forceOpen();
      return breaker.execute(() => 'inner');
    };
    expect(await breaker.execute(nested, { fallback: () => 'instead', fallbackWhen: 'rejected' })).toBe(
      'instead',
    );
  });

  it('is not counted itself: its failure is no failure of the dependency', async () => {
    const { breaker } = aBreaker();
    await rejection(
      breaker.execute(() => Promise.reject(down), { fallback: () => Promise.reject(new Error('too')) }),
    );
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, failure: 1 });
  });

  it('may be a stream, a promise or a value for a stream', async () => {
    const { breaker } = aBreaker();
    const of3 = (fallback: () => unknown): Promise<unknown[]> =>
      lastValueFrom(
        breaker
          .observe<unknown>(
            throwError(() => down),
            { fallback },
          )
          .pipe(toArray()),
      );
    breaker.metricsOnly();
    expect(await of3(() => of(1, 2))).toEqual([1, 2]);
    expect(await of3(async () => 'later')).toEqual(['later']);
    expect(await of3(() => ({ then: (resolve: (value: string) => void) => resolve('thenable') }))).toEqual([
      'thenable',
    ]);
    expect(await of3(() => [1, 2])).toEqual([[1, 2]]);
    expect(await of3(() => null)).toEqual([null]);
  });

  it('follows what a stream has emitted already', async () => {
    const { breaker } = aBreaker();
    const broken = concat(
      of(1, 2),
      throwError(() => down),
    );
    const seen = lastValueFrom(breaker.observe<unknown>(broken, { fallback: () => 'rest' }).pipe(toArray()));
    expect(await seen).toEqual([1, 2, 'rest']);
  });
});

describe('a reset while a fallback runs', () => {
  it('leaves the fallback and the fresh circuit alone', async () => {
    const { breaker } = aBreaker();
    const late = deferred<string>();
    breaker.forceOpen();
    const call = breaker.execute<unknown>(() => 'value', { fallback: () => late.promise });
    breaker.reset();
    late.resolve('instead');
    expect(await call).toBe('instead');
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: { rejected: 1, admitted: 0 } });
  });
});
