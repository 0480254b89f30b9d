import { types } from 'node:util';

import { Injectable } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import {
  CausedBy,
  CircuitBreaker,
  ErrorCode,
  FailureStreak,
  FluxgateModule,
  HttpStatusIn,
  LoggerListener,
  NetworkErrors,
  or,
  TypeOf,
  type Breaker,
} from 'nestjs-fluxgate';
import { RecordingListener } from 'nestjs-fluxgate/testing';
import { Test } from '@nestjs/testing';
import { defer, lastValueFrom, Observable, of, throwError } from 'rxjs';

import { unhandled } from '../support/async.js';
import { aBreaker } from '../support/breaker.js';
import { isOneLine, refusesAll, revoked, THROWN } from './hostile.js';

/** What came of a call: nothing else than the very thing that was thrown may come out. */
type Came = { readonly threw: unknown } | { readonly gave: unknown };

async function came(run: () => unknown): Promise<Came> {
  try {
    // Not awaited as it is: a value with a `then` of its own is no promise here.
    const given = run();
    return { gave: types.isPromise(given) ? await given : given };
  } catch (error) {
    return { threw: error };
  }
}

const threwSame = (result: Came, error: unknown): boolean =>
  'threw' in result && Object.is(result.threw, error);

const fail = (error: unknown) => (): never => {
  throw error;
};

async function* generatorOf(error: unknown): AsyncGenerator<number> {
  yield 1;
  throw error;
}

/** Not `of(value)`, which looks whether the value is a scheduler. */
const emits = (value: unknown): Observable<unknown> =>
  new Observable((subscriber) => {
    subscriber.next(value);
    subscriber.complete();
  });

async function drain(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of iterable);
}

/** Every way in; each fails with that error. */
const DOORS: Record<string, (breaker: Breaker, error: unknown) => unknown> = {
  'execute, rejected': (breaker, error) => breaker.execute(() => Promise.reject(error)),
  'execute, thrown at once': (breaker, error) => breaker.execute(fail(error)),
  'execute, with a signal': (breaker, error) =>
    breaker.execute(fail(error), { signal: new AbortController().signal }),
  executeSync: (breaker, error) => breaker.executeSync(fail(error)),
  'executeSync of a promise': (breaker, error) => breaker.executeSync(() => Promise.reject(error)),
  observe: (breaker, error) => lastValueFrom(breaker.observe(throwError(() => error))),
  'observe, thrown by the factory': (breaker, error) => lastValueFrom(breaker.observe(fail(error))),
  iterate: (breaker, error) => drain(breaker.iterate(() => generatorOf(error))),
  'iterate, thrown by the factory': (breaker, error) => drain(breaker.iterate(fail(error))),
  wrap: (breaker, error) => breaker.wrap(async () => fail(error)())(),
  acquire: (breaker, error) => {
    breaker.acquire().fail(error);
    throw error;
  },
};

/** Trackers that look into what was thrown, by all that they know. */
const curious = or(
  NetworkErrors(),
  ErrorCode('E1'),
  HttpStatusIn(500, 599),
  CausedBy(TypeOf(TypeError)),
  TypeOf(RangeError).not(),
);

describe.each(Object.entries(DOORS))('through %s', (_door, enter) => {
  it.each(THROWN)('%s comes out as it went in, counts once, and nothing else happens', async (_, error) => {
    const lines: string[] = [];
    const write = (line: string): number => lines.push(line);
    const logger = new LoggerListener({ log: write, warn: write, error: write });
    const { breaker, signals } = aBreaker({
      tracker: curious,
      tripper: FailureStreak(1),
      listeners: [logger],
    });
    const stray = await unhandled(async () => {
      expect(threwSame(await came(() => enter(breaker, error)), error)).toBe(true);
    });
    expect(stray.length).toBe(0);
    expect(signals.of('fault').length).toBe(0);
    const { calls, lastError } = breaker.snapshot();
    expect(calls).toMatchObject({ admitted: 1, failure: 1, inFlight: 0 });
    expect(breaker.state).toBe('open');
    expect(lines).toHaveLength(1);
    // The tree of the rule stands below the line of the opening, in the same entry.
    const [line, ...tree] = lines[0]!.split('\n');
    expect(tree).toEqual(['  FailureStreak 1 ≥ 1 ✓']);
    for (const text of [lastError!, line!]) {
      expect(isOneLine(text)).toBe(true);
      expect(text.length).toBeLessThan(1000);
    }
  });
});

describe('a fallback', () => {
  const enter: Record<
    string,
    (breaker: Breaker, error: unknown, fallback: (error: unknown) => unknown) => unknown
  > = {
    execute: (breaker, error, fallback) => breaker.execute(fail(error), { fallback }),
    executeSync: (breaker, error, fallback) => breaker.executeSync(fail(error), { fallback }),
    observe: (breaker, error, fallback) =>
      lastValueFrom(breaker.observe(throwError(() => error) as never, { fallback })),
    iterate: async (breaker, error, fallback) => {
      const { value } = await breaker.iterate(fail(error), { fallback }).next();
      return value as unknown;
    },
  };

  describe.each(Object.entries(enter))('of %s', (_door, call) => {
    it.each(THROWN)('is given %s as it is', async (_, error) => {
      const { breaker } = aBreaker();
      let got: unknown;
      const standIn = (given: unknown): string => {
        got = given;
        return 'stand-in';
      };
      expect(await came(() => call(breaker, error, standIn))).toEqual({ gave: 'stand-in' });
      expect(Object.is(got, error)).toBe(true);
    });

    it.each(THROWN)('may itself throw %s', async (_, error) => {
      const { breaker } = aBreaker();
      const result = await came(() => call(breaker, new Error('first'), fail(error)));
      expect(threwSame(result, error)).toBe(true);
      expect(breaker.snapshot().calls).toMatchObject({ failure: 1, inFlight: 0 });
    });
  });
});

describe('a decorated method', () => {
  @Injectable()
  class Shop {
    @CircuitBreaker('shop')
    async later(task: () => unknown): Promise<unknown> {
      return task();
    }

    @CircuitBreaker('shop')
    now(task: () => unknown): unknown {
      return task();
    }

    @CircuitBreaker({ breaker: 'shop', returns: 'observable' })
    stream(task: () => unknown): unknown {
      return defer(() => of(task()));
    }

    @CircuitBreaker('shop')
    async *each(task: () => unknown): AsyncGenerator<unknown> {
      yield task();
    }
  }

  async function open(): Promise<{ shop: Shop; signals: RecordingListener; close(): Promise<void> }> {
    const signals = new RecordingListener();
    const app = await Test.createTestingModule({
      imports: [
        FluxgateModule.forRoot({
          breakers: { shop: { tracker: curious, tripper: FailureStreak(1000) } },
          listeners: [signals],
          logger: false,
        }),
      ],
      providers: [Shop],
    }).compile();
    await app.init();
    return { shop: app.get(Shop), signals, close: () => app.close() };
  }

  it('throws whatever it throws', async () => {
    const { shop, signals, close } = await open();
    const stray = await unhandled(async () => {
      for (const [name, error] of THROWN) {
        const results = [
          await came(() => shop.later(fail(error))),
          await came(() => shop.now(fail(error))),
          await came(() => lastValueFrom(shop.stream(fail(error)) as ReturnType<typeof of>)),
          await came(() => drain(shop.each(fail(error)))),
        ];
        expect([name, results.map((result) => threwSame(result, error))]).toEqual([
          name,
          [true, true, true, true],
        ]);
      }
    });
    expect(stray.length).toBe(0);
    expect(signals.of('fault').length).toBe(0);
    expect(signals.of('call').filter(({ outcome }) => outcome === 'failure')).toHaveLength(4 * THROWN.length);
    await close();
  });

  it.each<[string, unknown]>([
    ['a revoked proxy', revoked({})],
    ['a revoked proxy of a function', revoked(() => 1)],
    ['a proxy that refuses everything', refusesAll({})],
    [
      'an object whose accessors throw',
      {
        get lift() {
          throw new Error('no lift');
        },
      },
    ],
  ])('that is sync returns %s as it is, and its call is over', async (_, value) => {
    const { shop, signals, close } = await open();
    const result = await came(() => shop.now(() => value));
    expect('gave' in result && Object.is(result.gave, value)).toBe(true);
    expect(signals.of('call').map(({ outcome }) => outcome)).toEqual(['success']);
    await close();
  });
});

describe('a value', () => {
  it.each<[string, unknown]>([
    ['a revoked proxy', revoked({})],
    ['a revoked proxy of an array', revoked([])],
    ['a proxy that refuses everything', refusesAll({})],
    ['a symbol', Symbol('x')],
  ])('that is %s comes out as it is, and is a success', async (_, value) => {
    const { breaker } = aBreaker({ trackResult: () => false });
    const results = [
      await came(() => breaker.executeSync(() => value)),
      await came(() =>
        breaker.observe(emits(value)).subscribe((got) => expect(Object.is(got, value)).toBe(true)),
      ),
    ];
    expect('gave' in results[0]! && Object.is(results[0].gave, value)).toBe(true);
    expect(breaker.snapshot().calls).toMatchObject({ success: 2, inFlight: 0 });
  });

  it('that cannot be waited for rejects as the language has it, and counts as a failure', async () => {
    const { breaker } = aBreaker();
    const result = await came(() => breaker.execute(() => revoked({})));
    expect('threw' in result && result.threw).toBeInstanceOf(TypeError);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, inFlight: 0 });
  });
});
