import { getEventListeners } from 'node:events';

import { describe, expect, it } from '@jest/globals';

import {
  callSite,
  callSignal,
  CallTimeoutException,
  type Breaker,
  type CallOptions,
  type SiteOptions,
} from '../../../lib/core/index.js';
import { deferred, rejection, settled } from '../../support/async.js';
import { aBreaker, aHalfOpen } from '../../support/breaker.js';
import { A_METHOD } from '../../support/method.js';

const down = new Error('down');

/** A stream as SDKs have it: an object that can be iterated once. */
class Tokens implements AsyncIterable<string> {
  isConsumed = false;
  closedCount = 0;
  constructor(
    private readonly values: readonly string[] = ['one', 'two'],
    private readonly end: () => Promise<unknown> = async () => undefined,
  ) {}
  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    if (this.isConsumed) throw new Error('Cannot iterate over a consumed stream');
    this.isConsumed = true;
    try {
      yield* this.values;
      await this.end();
    } finally {
      this.closedCount++;
    }
  }
}

type Give = (breaker: Breaker, give: () => unknown, options?: SiteOptions) => Promise<unknown>;

const entered =
  (shape: 'sync' | 'promise', isAsync: boolean): Give =>
  async (breaker, give, options = {}) =>
    breaker.enter(shape, callSite('Chat.ask', options, { ...A_METHOD, isAsync }), give, undefined, []);

const GIVERS: readonly [string, Give][] = [
  ['a method that returns it', entered('sync', false)],
  [
    'an async method',
    (breaker, give, options) => entered('promise', true)(breaker, async () => give(), options),
  ],
  [
    'a method that returns a promise of it',
    (breaker, give, options) => entered('sync', false)(breaker, async () => give(), options),
  ],
  ['execute', async (breaker, give, options) => breaker.execute(give, options as CallOptions)],
  ['executeSync', async (breaker, give, options) => breaker.executeSync(give, options)],
];

async function drained(stream: unknown): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of stream as AsyncIterable<unknown>) values.push(value);
  return values;
}

describe.each(GIVERS)('an iterable of %s', (_, give) => {
  describe.each([
    ['closed', {}],
    ['closed, with limits', { timeoutMs: 1000, idleTimeoutMs: 1000 }],
  ])('%s', (_state, options) => {
    it('is the very object, and one call that ends as its iteration ends', async () => {
      const { breaker, clock, signals } = aBreaker(options);
      const tokens = new Tokens(['one'], async () => clock.advance(50));
      const stream = await give(breaker, () => tokens);
      expect(stream).toBe(tokens);
      expect(Object.keys(tokens)).toEqual(Object.keys(new Tokens()));
      expect(breaker.snapshot().calls).toMatchObject({ success: 0, inFlight: 0 });
      expect(await drained(stream)).toEqual(['one']);
      expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
      expect(signals.of('call')).toMatchObject([{ outcome: 'success', durationMs: 50 }]);
    });

    it('is in flight while it is read, and fails where it breaks, with the very error', async () => {
      const { breaker } = aBreaker(options);
      const stream = (await give(breaker, () => new Tokens(['one'], () => Promise.reject(down)))) as Tokens;
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      expect(breaker.snapshot().calls).toMatchObject({ inFlight: 1 });
      expect(await rejection(iterator.next())).toBe(down);
      expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, failure: 1, inFlight: 0 });
    });

    it('left after a value is a success that took until that value, and is closed', async () => {
      const { breaker, clock, signals } = aBreaker(options);
      const tokens = new Tokens();
      for await (const _value of (await give(breaker, () => tokens)) as Tokens) {
        clock.advance(500);
        break;
      }
      expect(tokens.closedCount).toBe(1);
      expect(signals.of('call')).toMatchObject([{ outcome: 'success', durationMs: 0, isCancelled: false }]);
    });

    it('left before a value says nothing', async () => {
      const { breaker } = aBreaker(options);
      const stream = (await give(breaker, () => new Tokens())) as Tokens;
      await stream[Symbol.asyncIterator]().return(undefined);
      expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, ignored: 1, inFlight: 0 });
    });

    it('left while it is silent is left at once', async () => {
      const { breaker } = aBreaker(options);
      const stream = (await give(breaker, () => new Tokens(['one'], () => deferred().promise))) as Tokens;
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      void iterator.next();
      void iterator.return(undefined);
      expect(breaker.snapshot().calls).toMatchObject({ success: 1, inFlight: 0 });
    });

    it('goes on with its fallback where it breaks', async () => {
      const { breaker } = aBreaker(options);
      const fallback = (): unknown => new Tokens(['three']);
      const breaks = (): Tokens => new Tokens(['one'], () => Promise.reject(down));
      expect(await drained(await give(breaker, breaks, { fallback }))).toEqual(['one', 'three']);
      expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, failure: 1 });
    });

    it('is judged by its last value', async () => {
      const { breaker } = aBreaker({ ...options, trackResult: (value) => value === 'two' });
      await drained(await give(breaker, () => new Tokens()));
      expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, failure: 1 });
    });
  });

  it('that nobody reads holds its slot as a probe, and is a success as of when it was given', async () => {
    const { breaker, clock, first, signals } = aHalfOpen({ probeLeaseMs: 100, maxHalfOpenCalls: 2 });
    first.release();
    signals.clear();
    await give(breaker, () => (clock.advance(30), new Tokens()));
    expect(breaker.snapshot()).toMatchObject({ probesInFlight: 1, calls: { inFlight: 0 } });
    clock.advance(100);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: { success: 1, inFlight: 0 } });
    expect(signals.of('call')).toMatchObject([{ outcome: 'success', durationMs: 30 }]);
  });

  it('given when its lease was over already is late', async () => {
    const { breaker, clock, first } = aHalfOpen({ probeLeaseMs: 100, maxHalfOpenCalls: 2 });
    first.release();
    const stream = await give(breaker, () => {
      clock.advance(100);
      expect(breaker.snapshot().calls.failure).toBe(1);
      return new Tokens();
    });
    expect(await drained(stream)).toEqual(['one', 'two']);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, success: 0, inFlight: 0 });
  });

  it('is read as a probe with a lease that its values renew', async () => {
    const { breaker, clock, first } = aHalfOpen({ probeLeaseMs: 100, maxHalfOpenCalls: 2 });
    first.release();
    const stream = (await give(breaker, () => new Tokens())) as Tokens;
    const iterator = stream[Symbol.asyncIterator]();
    clock.advance(90);
    await iterator.next();
    clock.advance(90);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 1 });
    await iterator.next();
    await iterator.next();
    expect(breaker.state).toBe('closed');
  });
});

describe('an iterable that was given', () => {
  const ask = entered('promise', true);

  it('is cut where its first value does not come in time, and where the next does not', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100, idleTimeoutMs: 50 });
    for (const values of [[], ['one']]) {
      const tokens = new Tokens(values, () => deferred().promise);
      const iterator = ((await ask(breaker, async () => tokens)) as Tokens)[Symbol.asyncIterator]();
      for (const value of values) expect(await iterator.next()).toEqual({ done: false, value });
      const step = rejection(iterator.next());
      await settled();
      clock.advance(values.length === 0 ? 100 : 50);
      expect(await step).toBeInstanceOf(CallTimeoutException);
    }
    expect(breaker.snapshot().calls).toMatchObject({ failure: 2, inFlight: 0 });
    expect(clock.timerCount).toBe(0);
  });

  it('takes its first step at once, in the tick of its reader', async () => {
    const { breaker } = aBreaker({ timeoutMs: 100 });
    let begun = 0;
    const iterator: AsyncIterator<string> = { next: async () => (begun++, { done: true, value: undefined }) };
    const stream = (await ask(breaker, async () => ({
      [Symbol.asyncIterator]: () => iterator,
    }))) as AsyncIterable<string>;
    void stream[Symbol.asyncIterator]().next();
    expect(begun).toBe(1);
  });

  it('hands on what next(), throw() and return() are given', async () => {
    const { breaker } = aBreaker();
    const talk = async function* (): AsyncGenerator<string, string, string> {
      for (let sent = ''; ;) {
        try {
          sent = yield `got ${sent}`;
        } catch (error) {
          sent = `caught ${error as string}`;
        }
      }
    };
    const talking = (await ask(breaker, async () => talk())) as AsyncGenerator<string, string, string>;
    expect((await talking.next('unheard')).value).toBe('got ');
    expect((await talking.next('one')).value).toBe('got one');
    expect((await talking.throw('two')).value).toBe('got caught two');
    expect(await talking.return('end')).toEqual({ done: true, value: 'end' });
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
  });

  it('hands them on to its fallback, once that stands in', async () => {
    const { breaker } = aBreaker();
    const instead = async function* (): AsyncGenerator<string, string, string> {
      try {
        for (;;) yield 'instead';
      } catch (error) {
        yield `caught ${error as string}`;
      }
      return 'over';
    };
    const give = async (): Promise<unknown> => new Tokens([], () => Promise.reject(down));
    const stream = (await ask(breaker, give, { fallback: instead })) as Tokens;
    const talking = stream[Symbol.asyncIterator]() as AsyncGenerator<string, string, string>;
    expect((await talking.next('')).value).toBe('instead');
    expect((await talking.next('')).value).toBe('instead');
    expect((await talking.throw('two')).value).toBe('caught two');
    expect(await talking.return('end')).toEqual({ done: true, value: 'end' });
  });

  it('is read once: a second iteration is none of the call', async () => {
    const { breaker } = aBreaker();
    const stream = await ask(breaker, async () => new Tokens());
    await drained(stream);
    expect(await rejection(drained(stream))).toMatchObject({
      message: 'Cannot iterate over a consumed stream',
    });
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, failure: 0 });
  });

  it('that is a web stream may be handed to the platform, and be read twice by nobody', async () => {
    const { breaker } = aBreaker();
    const web = (await ask(breaker, async () => new Response('all of it').body!)) as ReadableStream;
    expect(await new Response(web).text()).toBe('all of it');
    expect(() => web.getReader()).toThrow('locked');
    expect(() => web.getReader()).toThrow('locked');
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
  });

  it('may be asked for several steps at once, each with its limit', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100, idleTimeoutMs: 100 });
    const steps = [deferred<IteratorResult<number>>(), deferred<IteratorResult<number>>()];
    const asked = [...steps];
    const iterator = { next: () => asked.shift()!.promise };
    const stream = (await ask(breaker, async () => ({
      [Symbol.asyncIterator]: () => iterator,
    }))) as AsyncIterable<number>;
    const reader = stream[Symbol.asyncIterator]();
    const both = [reader.next(), reader.next()];
    steps[0]!.resolve({ done: false, value: 1 });
    steps[1]!.resolve({ done: true, value: undefined });
    expect(await Promise.all(both)).toEqual([
      { done: false, value: 1 },
      { done: true, value: undefined },
    ]);
    expect(clock.timerCount).toBe(0);
    clock.advance(1000);
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, failure: 0, inFlight: 0 });
  });

  it('has other iterations as the source has them, whatever they are told', async () => {
    const { breaker } = aBreaker();
    const source = {
      async *[Symbol.asyncIterator](): AsyncGenerator<number> {
        try {
          yield 1;
        } catch (error) {
          yield error as number;
        }
      },
    };
    const stream = (await ask(breaker, async () => source)) as typeof source;
    await drained(stream);
    const second = stream[Symbol.asyncIterator]();
    await second.next();
    expect(await second.throw(2)).toEqual({ done: false, value: 2 });
    expect(await second.return(3)).toEqual({ done: true, value: 3 });
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
  });

  it('may be its own iterator', async () => {
    const { breaker } = aBreaker();
    const generator = (async function* () {
      yield 1;
    })();
    expect(await drained(await ask(breaker, async () => generator))).toEqual([1]);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
  });

  it('that is given again and again is wrapped once, and each reading is the latest call', async () => {
    const { breaker } = aBreaker();
    const site = callSite('Chat.ask', {}, A_METHOD);
    const shared = {
      async *[Symbol.asyncIterator](): AsyncGenerator<number> {
        yield 1;
      },
    };
    const give = (): Promise<AsyncIterable<number>> =>
      breaker.enter('promise', site, async () => shared, undefined, []) as Promise<AsyncIterable<number>>;
    await give();
    const wrapped = shared[Symbol.asyncIterator];
    for (let i = 0; i < 3; i++) expect(await drained(await give())).toEqual([1]);
    expect(shared[Symbol.asyncIterator]).toBe(wrapped);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 3, success: 3, inFlight: 0 });
  });

  it('that many places give is wrapped a few times, and can still be read', async () => {
    const { breaker } = aBreaker();
    const shared = {
      async *[Symbol.asyncIterator](): AsyncGenerator<number> {
        yield 1;
      },
    };
    // Each has options, so each is a place of its own.
    for (let i = 0; i < 20_000; i++) await breaker.execute(async () => shared, { fallback: () => shared });
    expect(await drained(shared)).toEqual([1]);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
    const others = Array.from({ length: 20 }, () => aBreaker().breaker);
    for (const other of others) await ask(other, async () => shared);
    expect(await drained(shared)).toEqual([1]);
    for (const other of others) expect(other.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
  });

  it('lets go of the signal of a call that gave it before', async () => {
    const { breaker } = aBreaker();
    const { signal } = new AbortController();
    const shared = new Tokens();
    await breaker.execute(async () => shared, { signal });
    await breaker.execute(async () => shared);
    await settled(); // The listener goes with the next turn of the loop.
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('of a service behind another one is a call of both', async () => {
    const [inner, outer] = [aBreaker().breaker, aBreaker().breaker];
    const stream = await ask(outer, async () => ask(inner, async () => new Tokens()));
    await drained(stream);
    for (const one of [inner, outer]) expect(one.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
  });

  it('that takes no property is a success at once, and works', async () => {
    const { breaker } = aBreaker();
    const stream = Object.freeze(new Tokens(['one']));
    const given = await ask(breaker, async () => stream);
    expect(given).toBe(stream);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
  });

  it('whose iterator takes no property is watched beside it', async () => {
    const { breaker } = aBreaker();
    const iterators: AsyncIterator<number>[] = [
      Object.freeze({ next: async () => ({ done: true as const, value: 7 }) }),
      Object.freeze({
        next: () => Promise.reject(down),
        return: async () => ({ done: true as const, value: 8 }),
        throw: async () => ({ done: true as const, value: 9 }),
      }),
    ];
    const streams = await Promise.all(
      iterators.map((iterator) => ask(breaker, async () => ({ [Symbol.asyncIterator]: () => iterator }))),
    );
    const [bare, full] = streams.map((one) => (one as AsyncIterable<number>)[Symbol.asyncIterator]());
    expect(await bare!.next()).toEqual({ done: true, value: 7 });
    expect((full as AsyncGenerator)[Symbol.asyncIterator]()).toBe(full);
    expect(await full!.throw!('x')).toEqual({ done: true, value: 9 });
    expect(await full!.return!(1)).toEqual({ done: true, value: 8 });
    expect(breaker.snapshot().calls).toMatchObject({ success: 2, inFlight: 0 });
  });

  it('has the call of its step: callSignal() is aborted by what cuts it', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    let signal: AbortSignal | undefined;
    const stream = {
      async *[Symbol.asyncIterator](): AsyncGenerator<number> {
        signal = callSignal();
        await deferred().promise;
        yield 1;
      },
    };
    const given = (await ask(breaker, async () => stream)) as typeof stream;
    const step = rejection(given[Symbol.asyncIterator]().next());
    await settled();
    clock.advance(100);
    expect(signal?.reason).toBe(await step);
  });
});

describe("the caller's signal of execute", () => {
  /** A stream that ends quietly when its signal is aborted, as SDKs do. */
  const quiet = ({ signal }: { readonly signal: AbortSignal }): AsyncIterable<number> => ({
    async *[Symbol.asyncIterator]() {
      yield 1;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  });

  it.each([
    ['ignored when its caller left', new Error('the user left'), { ignored: 1, success: 0, failure: 0 }],
    ['a failure when a deadline ended it', new DOMException('', 'TimeoutError'), { failure: 1, success: 0 }],
  ])('stays linked until the stream ends: one that ends quietly is %s', async (_, reason, counts) => {
    const { breaker } = aBreaker();
    const controller = new AbortController();
    const stream = await breaker.execute(async (call) => quiet(call), { signal: controller.signal });
    const iterator = stream[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    const step = iterator.next();
    controller.abort(reason);
    expect(await step).toEqual({ done: true, value: undefined });
    expect(breaker.snapshot().calls).toMatchObject({ ...counts, admitted: 1, inFlight: 0 });
  });

  it('is heard before anybody reads, too', async () => {
    const { breaker } = aBreaker();
    const controller = new AbortController();
    let own: AbortSignal | undefined;
    const stream = await breaker.execute(async (call) => ((own = call.signal), quiet(call)), {
      signal: controller.signal,
    });
    controller.abort(new Error('the user left'));
    expect(own?.aborted).toBe(true);
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, inFlight: 0 });
    for await (const _ of stream) break;
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, ignored: 1, inFlight: 0 });
  });
});

describe('a place of call that gave an iterable', () => {
  it('is refused from then on by an iterable that fails, or has its fallback', async () => {
    const { breaker } = aBreaker();
    for (const options of [{}, { fallback: () => 'instead' }]) {
      const site = callSite('Chat.ask', options, { ...A_METHOD, isAsync: false });
      const enter = (): AsyncIterable<unknown> =>
        breaker.enter('sync', site, () => new Tokens(), undefined, []) as AsyncIterable<unknown>;
      breaker.reset();
      enter();
      breaker.forceOpen();
      const refused = drained(enter());
      if ('fallback' in options) expect(await refused).toEqual(['instead']);
      else expect(await rejection(refused)).toMatchObject({ reason: 'forced_open' });
    }
  });
});
