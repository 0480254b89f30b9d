import { describe, expect, it } from '@jest/globals';

import {
  callSite,
  CallTimeoutException,
  FailureStreak,
  type Breaker,
  type CallShape,
  type SiteOptions,
} from '../../../lib/core/index.js';
import type { ManualClock } from '../../../lib/testing/index.js';
import { deferred, rejection, settled, thrown, unhandled } from '../../support/async.js';
import { aBreaker, aHalfOpen } from '../../support/breaker.js';
import { A_METHOD } from '../../support/method.js';

const down = new Error('down');

/** A method that is no async function; each has a place of call of its own. */
function method(
  breaker: Breaker,
  shape: CallShape = 'sync',
  options: SiteOptions = {},
): <T>(give: () => T) => T {
  const site = callSite('Rows.find', options, { ...A_METHOD, isAsync: false });
  return <T>(give: () => T) => breaker.enter(shape, site, give, undefined, []) as T;
}

/** A query as builders have it: it begins when it is awaited. */
class Query implements PromiseLike<string> {
  readonly #text: string[] = [];
  static begun = 0;
  static Model = class Row {
    id = 1;
  };
  readonly Model = Query.Model;
  constructor(private readonly end: () => Promise<string> = async () => 'rows') {}

  where(text: string): this {
    this.#text.push(text);
    return this;
  }
  clone(): Query {
    return new Query(this.end).where(this.text);
  }
  get text(): string {
    return this.#text.join(' and ');
  }
  then<A = string, B = never>(
    ok?: ((value: string) => A | PromiseLike<A>) | null,
    fail?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    Query.begun++;
    return this.end().then(ok, fail);
  }
  catch<B>(fail: (error: unknown) => B): Promise<string | B> {
    return this.then(undefined, fail);
  }
  finally(run: () => void): Promise<string> {
    return this.end().finally(run);
  }
  exec(): Promise<string> {
    return this.then((value) => value);
  }
  run(): Promise<string> {
    return this.exec();
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    yield await this.end();
  }
}

const fails = (): Query => new Query(() => Promise.reject(down));
const begunBy = async (run: () => unknown): Promise<number> => {
  const before = Query.begun;
  await run();
  return Query.begun - before;
};

describe('a thenable that a method gives', () => {
  it('is a call each time it is awaited, and none before', async () => {
    const { breaker } = aBreaker();
    const query = method(breaker)(() => new Query());
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 0, inFlight: 0 });
    expect([await query, await query]).toEqual(['rows', 'rows']);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, success: 2 });
  });

  it('opens the circuit by its failures, and then rejects without beginning', async () => {
    const { breaker } = aBreaker({ tripper: FailureStreak(5) });
    const find = method(breaker);
    for (let i = 0; i < 20; i++) await rejection(find(fails));
    expect(breaker.snapshot()).toMatchObject({ state: 'open', calls: { failure: 5, rejected: 15 } });
    let built = 0;
    const begun = await begunBy(() => rejection(find(() => (built++, new Query()))));
    expect([built, begun]).toEqual([1, 0]);
  });

  it('is asked for at its await, not where it was built', async () => {
    const { breaker } = aBreaker();
    const query = method(breaker)(() => new Query());
    breaker.forceOpen();
    expect(await rejection(query)).toMatchObject({ reason: 'forced_open' });
  });

  it('stays what it is, with its methods and private fields', async () => {
    const { breaker } = aBreaker();
    const query = method(breaker)(() => new Query());
    expect(query).toBeInstanceOf(Query);
    expect(query.where('a').where('b').text).toBe('a and b');
    expect(query.where('c')).toBe(query);
    expect(query.Model).toBe(Query.Model);
    expect(await query.clone()).toBe('rows');
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
  });

  it.each<[string, (query: Query) => PromiseLike<unknown>]>([
    ['catch()', (query) => query.catch(() => 'caught')],
    ['finally()', (query) => query.finally(() => undefined).catch(() => undefined)],
    ['exec()', (query) => query.exec().catch(() => undefined)],
    ['another method that gives a promise', (query) => query.run().catch(() => undefined)],
    [
      'for await',
      async (query) => (async () => query[Symbol.asyncIterator]().next())().catch(() => undefined),
    ],
  ])('counts what %s gives, once', async (_, use) => {
    const { breaker } = aBreaker();
    await use(method(breaker)(fails));
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, failure: 1, inFlight: 0 });
  });

  it('learns which methods begin something: they are not called while it is open', async () => {
    const { breaker } = aBreaker();
    const find = method(breaker);
    await find(() => new Query()).run();
    breaker.forceOpen();
    const query = find(() => new Query());
    const begun = await begunBy(async () => {
      for (const call of [query.exec(), query.run()]) {
        expect(await rejection(call)).toMatchObject({ reason: 'forced_open' });
      }
    });
    expect(begun).toBe(0);
  });

  it('leaves no unhandled rejection of a promise that it did not wait for', async () => {
    const { breaker } = aBreaker();
    const find = method(breaker);
    find(() => new Query());
    breaker.forceOpen();
    expect(
      await unhandled(async () => {
        expect(await rejection(find(fails).run())).toMatchObject({ reason: 'forced_open' });
      }),
    ).toEqual([]);
  });

  it('has the time limit and the fallback of its place', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    const hangs = (): Query => new Query(() => deferred<never>().promise);
    const call = rejection(method(breaker)(hangs));
    await settled();
    clock.advance(100);
    expect(await call).toBeInstanceOf(CallTimeoutException);
    expect(await method(breaker, 'sync', { fallback: () => 'instead' })(fails)).toBe('instead');
  });

  it('that throws where it is awaited fails so', async () => {
    const { breaker } = aBreaker();
    const query = method(breaker)(() => ({
      then() {
        throw down;
      },
    }));
    expect(await rejection(query as never)).toBe(down);
    expect(breaker.snapshot().calls.failure).toBe(1);
  });

  it('is awaited at once where a promise was declared, and by execute', async () => {
    const { breaker } = aBreaker();
    const begun = await begunBy(async () => {
      const declared = method(breaker, 'promise')(() => new Query() as unknown);
      const executed = breaker.execute(() => new Query());
      await settled();
      expect(breaker.snapshot().calls).toMatchObject({ success: 2 });
      await Promise.all([declared, executed]);
    });
    expect(begun).toBe(2);
  });

  it('may be a plain object with methods of its own, handed to a transaction', async () => {
    const { breaker } = aBreaker();
    const find = method(breaker);
    /** As Prisma's client gives it. */
    const query = (end: () => Promise<number>) => ({
      then: (ok: (value: number) => void, fail: (error: unknown) => void) => end().then(ok, fail),
      catch: (fail: (error: unknown) => void) => end().catch(fail),
      requestTransaction: async (_batch: object) => end(),
    });
    type Query = ReturnType<typeof query>;
    const transaction = (queries: readonly Query[]): Promise<number[]> =>
      Promise.all(queries.map((one) => one.requestTransaction({ id: 1 })));
    const both = [find(() => query(async () => 1)), find(() => query(async () => 2))];
    expect(await transaction(both)).toEqual([1, 2]);
    expect(await rejection(transaction([find(() => query(() => Promise.reject(down)))]))).toBe(down);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 3, success: 2, failure: 1, inFlight: 0 });
  });

  it('first found by a probe frees its place when the method returns, and is a probe at its await', async () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 2 });
    const query = method(breaker)(() => new Query());
    expect(breaker.snapshot()).toMatchObject({ probesInFlight: 1, calls: { admitted: 1 } });
    expect(await query).toBe('rows');
    first.release();
    expect(breaker.state).toBe('closed');
  });

  it('changes nothing where its state, or its lease, was over before the method returned', () => {
    for (const end of [() => 0, (clock: ManualClock) => clock.advance(100)]) {
      const { breaker, clock, first } = aHalfOpen({ maxHalfOpenCalls: 2, probeLeaseMs: 100 });
      first.release();
      method(breaker)(() => {
        end(clock);
        if (end.length === 0) breaker.reset();
        return new Query();
      });
      expect(breaker.snapshot().calls.inFlight).toBe(0);
    }
  });

  it('is no thenable where every property is answered, a made-up one too', () => {
    const { breaker } = aBreaker();
    const answersAll: object = new Proxy({}, { get: () => () => answersAll });
    const refusesAll: object = new Proxy(
      {},
      {
        get: () => {
          throw down;
        },
      },
    );
    for (const value of [answersAll, refusesAll]) expect(method(breaker)(() => value)).toBe(value);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, success: 2 });
  });

  it('is a value, too, where only a then is missing', async () => {
    const { breaker } = aBreaker();
    const client: object = new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : () => client) });
    const closedOff: object = new Proxy(
      {},
      {
        get: (_, key) => {
          if (key !== 'then') throw down;
        },
      },
    );
    for (const value of [client, closedOff])
      expect((await breaker.execute(() => value)) === value).toBe(true);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, success: 2 });
  });
});

describe("returns: 'thenable'", () => {
  it('builds while the circuit is open, from the first call on', async () => {
    const { breaker } = aBreaker();
    breaker.forceOpen();
    const query = method(breaker, 'thenable')(() => new Query());
    expect(await rejection(query.where('a'))).toMatchObject({ reason: 'forced_open' });
  });

  it('asks for what turns out to be no thenable, too', async () => {
    const { breaker } = aBreaker();
    const find = method(breaker, 'thenable');
    expect(await find(async () => 7)).toBe(7);
    expect(find(() => 8)).toBe(8);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, success: 2 });
    breaker.forceOpen();
    expect(await unhandled(() => void rejection(find(() => Promise.reject(down))))).toEqual([]);
    expect(breaker.snapshot().calls.rejected).toBe(1);
  });

  it('throws what building throws: there was no call', () => {
    const { breaker } = aBreaker();
    const error = thrown(() =>
      method(
        breaker,
        'thenable',
      )(() => {
        throw down;
      }),
    );
    expect(error).toBe(down);
    expect(breaker.snapshot().calls.admitted).toBe(0);
  });
});

/** A promise with methods of its own, as SDKs have it. */
class ApiPromise<T> extends Promise<T> {
  #parsed: Promise<T> | undefined;
  parsedCount = 0;
  constructor(private readonly answer: Promise<{ readonly body: T }>) {
    super((resolve) => resolve(undefined as T));
  }
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }
  private parse(): Promise<T> {
    this.parsedCount++;
    return (this.#parsed ??= this.answer.then(({ body }) => body));
  }
  asResponse(): Promise<{ readonly body: T }> {
    return this.answer.then((answer) => answer);
  }
  renamed(): ApiPromise<T> {
    return new ApiPromise(this.answer);
  }
  self(): this {
    return this;
  }
  url(): string {
    return '/v1';
  }
  override then<A = T, B = never>(
    ok?: ((value: T) => A | PromiseLike<A>) | null,
    fail?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.parse().then(ok, fail);
  }
}

const answers = (): ApiPromise<string> => new ApiPromise(Promise.resolve({ body: 'text' }));
const refuses = (): ApiPromise<string> => {
  const answer = Promise.reject(down);
  answer.catch(() => undefined);
  return new ApiPromise(answer);
};

describe.each<[string, CallShape]>([
  ['a method without a declared type', 'sync'],
  ['a method that declares a promise', 'promise'],
])('a promise with methods of its own, of %s', (_, shape) => {
  describe.each([
    ['closed', {}],
    ['closed, with a time limit', { timeoutMs: 1000 }],
  ])('%s', (_state, options) => {
    it('keeps its methods; the first promise that any of them gives ends the call', async () => {
      const { breaker } = aBreaker(options);
      const promise = method(breaker, shape)(answers);
      expect(promise).toBeInstanceOf(ApiPromise);
      expect([promise.url(), promise.self()]).toEqual(['/v1', promise]);
      expect(breaker.snapshot().calls).toMatchObject({ success: 0, inFlight: 0 });
      expect(await promise.asResponse()).toEqual({ body: 'text' });
      expect(promise.parsedCount).toBe(0);
      expect([await promise, await promise.renamed(), await promise.asResponse()]).toEqual([
        'text',
        'text',
        { body: 'text' },
      ]);
      expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
    });

    it('is parsed once, however often it is awaited', async () => {
      const { breaker } = aBreaker(options);
      const promise = method(breaker, shape)(answers);
      expect([await promise, await promise.finally(() => undefined)]).toEqual(['text', 'text']);
      expect(promise.parsedCount).toBe(1);
      expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
    });

    it.each<[string, (promise: ApiPromise<string>) => Promise<unknown>]>([
      ['its own then', async (promise) => promise],
      ['catch()', (promise) => promise.catch((error: unknown) => Promise.reject(error as Error))],
      ['another method', (promise) => promise.asResponse()],
      ['another promise of its kind', async (promise) => promise.renamed()],
    ])('fails by %s', async (_how, use) => {
      const { breaker } = aBreaker(options);
      expect(await rejection(use(method(breaker, shape)(refuses)))).toBe(down);
      expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, failure: 1, inFlight: 0 });
    });

    it('may also be thrown, or be no promise at all', async () => {
      const { breaker } = aBreaker(options);
      const ask = method(breaker, shape);
      const throws = (): never => {
        throw down;
      };
      expect(await rejection((async () => ask(throws))())).toBe(down);
      expect(await ask<unknown>(() => 7)).toBe(7);
      expect(breaker.snapshot().calls).toMatchObject({ success: 1, failure: 1 });
    });

    it('has its fallback where it is awaited', async () => {
      const { breaker } = aBreaker(options);
      expect(await method(breaker, shape, { fallback: () => 'instead' })(refuses)).toBe('instead');
    });
  });

  it('is no call that holds anything when nobody awaits it; as a probe it is ignored at the end of its lease', () => {
    const { breaker, clock, first } = aHalfOpen({ probeLeaseMs: 100, maxHalfOpenCalls: 2 });
    first.release();
    void method(breaker, shape)(answers);
    expect(breaker.snapshot()).toMatchObject({ probesInFlight: 1, calls: { inFlight: 0 } });
    clock.advance(100);
    expect(breaker.snapshot()).toMatchObject({
      state: 'half_open',
      probesInFlight: 0,
      calls: { ignored: 2, failure: 0, inFlight: 0 },
    });
  });

  it('is cut by timeoutMs from when it is awaited', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    const promise = method(breaker, shape)(() => new ApiPromise<string>(deferred<never>().promise));
    const call = rejection(promise);
    await settled();
    clock.advance(100);
    expect(await call).toBeInstanceOf(CallTimeoutException);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, inFlight: 0 });
  });
});

describe('a promise with methods of its own, of a place that gave one before', () => {
  it.each<CallShape>(['sync', 'promise'])(
    'rejects by each of its methods while it is open (%s)',
    async (shape) => {
      const { breaker } = aBreaker();
      const ask = method(breaker, shape, { fallback: () => 'instead' });
      await ask(answers);
      breaker.forceOpen();
      const promise = ask(answers);
      expect(promise).toBeInstanceOf(ApiPromise);
      expect(await rejection(promise.asResponse())).toMatchObject({ reason: 'forced_open' });
      expect(await rejection(Promise.resolve(promise.renamed()))).toMatchObject({ reason: 'forced_open' });
      expect([await promise, await promise.catch(() => 'caught')]).toEqual(['instead', 'instead']);
      expect('unknown' in promise).toBe(false);
      expect(Reflect.get(promise, 'unknown')).toBeUndefined();
    },
  );

  it('is no unhandled rejection where nobody asks', async () => {
    const { breaker } = aBreaker();
    const ask = method(breaker);
    await ask(answers);
    breaker.forceOpen();
    expect(await unhandled(() => void ask(answers))).toEqual([]);
    expect(breaker.snapshot().calls.rejected).toBe(1);
  });
});

describe('a native promise with properties of its own', () => {
  it('keeps them', async () => {
    const { breaker } = aBreaker();
    const give = () => Object.assign(Promise.resolve('text'), { json: async () => ({ a: 1 }) });
    const promise = method(breaker)(give);
    expect(await promise.json()).toEqual({ a: 1 });
    expect(await promise).toBe('text');
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
  });
});

describe('the shape of rejections', () => {
  it('is learned from the first promise that a place of call gave', async () => {
    const { breaker } = aBreaker();
    const find = method(breaker);
    breaker.forceOpen();
    expect(thrown(() => find(answers))).toMatchObject({ reason: 'forced_open' });
    breaker.reset();
    await find(answers);
    breaker.forceOpen();
    expect(await rejection(find(answers))).toMatchObject({ reason: 'forced_open' });
  });

  it('is not learned from values, and stays as it was learned first', () => {
    const { breaker } = aBreaker();
    const find = method(breaker);
    find<unknown>(() => 7);
    breaker.forceOpen();
    expect(thrown(() => find<unknown>(() => 7))).toMatchObject({ reason: 'forced_open' });
  });

  it('leaves what a method throws by itself as it is', async () => {
    const { breaker } = aBreaker();
    const find = method(breaker);
    await find(async () => 7);
    const error = thrown(() =>
      find(() => {
        throw down;
      }),
    );
    expect(error).toBe(down);
  });
});
