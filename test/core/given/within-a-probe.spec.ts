import { AsyncLocalStorage } from 'node:async_hooks';

import { describe, expect, it } from '@jest/globals';
import { defer, from, lastValueFrom, of, type Observable } from 'rxjs';

import {
  BreakerRegistry,
  callSite,
  FailureRate,
  MinRequests,
  type Breaker,
} from '../../../lib/core/index.js';
import { deferred, rejection, settled } from '../../support/async.js';
import { aBreaker, aHalfOpen, type Made } from '../../support/breaker.js';
import { A_METHOD } from '../../support/method.js';

/** The next call is the first and only probe. */
function probing(options: Parameters<typeof aBreaker>[0] = {}): Made {
  const made = aBreaker({ maxHalfOpenCalls: 1, ...options });
  made.breaker.forceOpen({ forMs: 1 });
  made.clock.advance(1);
  made.signals.clear();
  return made;
}

/** All ways to make a call within a call. */
const WAYS: readonly [string, (breaker: Breaker, run: () => Promise<unknown>) => Promise<unknown>][] = [
  ['execute', (breaker, run) => breaker.execute(run)],
  ['executeSync', (breaker, run) => breaker.executeSync(run)],
  ['observe', (breaker, run) => lastValueFrom(breaker.observe(() => defer(() => from(run()))))],
  [
    'iterate',
    async (breaker, run) => {
      let last: unknown;
      const source = async function* (): AsyncGenerator {
        yield await run();
      };
      for await (const value of breaker.iterate(source)) last = value;
      return last;
    },
  ],
];

describe.each(WAYS)('a call inside of a probe of %s', (_, outer) => {
  it.each(WAYS)('goes with it: %s takes no place and leaves no record', async (_name, inner) => {
    const { breaker, signals } = probing();
    const value = await outer(breaker, async () => {
      await settled();
      return inner(breaker, async () => 'inner');
    });
    expect(value).toBe('inner');
    expect(breaker.snapshot()).toMatchObject({
      state: 'closed',
      calls: { admitted: 1, success: 1, rejected: 0, inFlight: 0 },
    });
    expect(signals.of('call')).toHaveLength(1);
  });
});

describe('a call inside of a probe', () => {
  it('fails for its caller, but the outer end is the verdict', async () => {
    const { breaker } = probing();
    const value = await breaker.execute(() =>
      breaker.execute(() => Promise.reject(new Error('down'))).catch(() => 'went on'),
    );
    expect(value).toBe('went on');
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: { success: 1, failure: 0 } });
  });

  it('may give what goes on as the call: nothing of it takes a place', async () => {
    const { breaker } = probing();
    const site = callSite('Rows.find', {}, { ...A_METHOD, isAsync: false });
    const inner = <T>(give: () => T): T => breaker.enter('sync', site, give, undefined, []) as T;
    const seen: unknown[] = [];
    await breaker.execute(async () => {
      const query = inner(
        () => ({ then: (end: (value: string) => void) => end('query') }) as PromiseLike<string>,
      );
      seen.push(await query);
      const stream = inner(() => of('stream')) as Observable<string>;
      seen.push(await lastValueFrom(stream));
      const tokens = inner(async () => ({
        async *[Symbol.asyncIterator]() {
          yield 'token';
        },
      }));
      for await (const token of await tokens) seen.push(token);
      const special = inner(() => Object.assign(Promise.resolve('special'), { json: () => 1 }));
      seen.push(await special);
    });
    expect(seen).toEqual(['query', 'stream', 'token', 'special']);
    expect(breaker.snapshot()).toMatchObject({
      state: 'closed',
      calls: { admitted: 1, success: 1, inFlight: 0 },
    });
  });

  it('by acquire() records nothing', async () => {
    const { breaker } = probing();
    const answers = await breaker.execute(async () => {
      const ticket = breaker.acquire();
      return [ticket.fail(new Error('down')), ticket.succeed(), ticket.release()];
    });
    expect(answers).toEqual([false, false, false]);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, failure: 0 });
  });

  it('lets ten that start at once through, each with a call of its own inside', async () => {
    const { breaker } = probing({ maxHalfOpenCalls: 10 });
    const inner = (): Promise<string> => breaker.execute(async () => (await settled(), 'inner'));
    const ten = Array.from({ length: 10 }, () =>
      breaker.execute(async () => {
        await settled();
        return inner();
      }),
    );
    expect(new Set(await Promise.all(ten))).toEqual(new Set(['inner']));
    expect(breaker.snapshot().calls.rejected).toBe(0);
  });

  it('has its time limit and its fallback all the same', async () => {
    const { breaker, clock } = probing({ timeoutMs: 1000 });
    const value = breaker.execute(async () => {
      const inner = breaker.execute<unknown>(() => deferred().promise, { fallback: () => 'instead' });
      clock.advance(999);
      await settled();
      return inner;
    });
    await settled();
    clock.advance(1);
    await rejection(value);
    expect(breaker.snapshot()).toMatchObject({ calls: { admitted: 1, failure: 1 } });
  });

  it('is a call like any other once that probe is settled, or the state is over', async () => {
    const { breaker } = probing();
    const later = deferred<void>();
    let after!: Promise<unknown>;
    await breaker.execute(async () => {
      after = later.promise.then(() => breaker.execute(async () => 'after'));
    });
    expect(breaker.state).toBe('closed');
    later.resolve();
    expect(await after).toBe('after');
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, success: 2 });
  });

  it('is a call like any other when a listener makes it, which hears of another call meanwhile', async () => {
    const { breaker } = probing({ maxHalfOpenCalls: 3, tripper: MinRequests(9).and(FailureRate(0.5)) });
    const other = breaker.acquire();
    let heard: Promise<unknown> | undefined;
    breaker.subscribe({ onCall: () => void (heard ??= breaker.execute(async () => 'of the listener')) });
    await breaker.execute(async () => other.succeed());
    expect(await heard).toBe('of the listener');
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 3, success: 3, inFlight: 0 });
  });

  it('of another breaker of the same name is that breaker’s own', async () => {
    const { breaker } = probing();
    const other = new BreakerRegistry().create('payments');
    await breaker.execute(() => other.execute(async () => 'other'));
    expect(other.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
  });

  it('does not know probes that are none of its callers', async () => {
    const { breaker } = probing();
    const end = deferred();
    const probe = breaker.execute(() => end.promise);
    expect(await rejection(breaker.execute(async () => 'second'))).toMatchObject({ reason: 'half_open' });
    end.resolve('ok');
    await probe;
  });

  it('two deep, through another breaker, still goes with the outermost', async () => {
    const { breaker } = probing();
    const other = probing().breaker;
    const value = await breaker.execute(() =>
      other.execute(() => breaker.execute(() => other.execute(async () => 'deep'))),
    );
    expect(value).toBe('deep');
    expect([breaker.state, other.state]).toEqual(['closed', 'closed']);
  });
});

describe('the context of probes', () => {
  /** How often it was turned off while this ran. */
  async function turnedOff(run: (count: () => number) => Promise<void>): Promise<void> {
    const { disable } = AsyncLocalStorage.prototype;
    let count = 0;
    AsyncLocalStorage.prototype.disable = function (this: AsyncLocalStorage<unknown>) {
      count++;
      return disable.call(this);
    };
    try {
      await run(() => count);
    } finally {
      AsyncLocalStorage.prototype.disable = disable;
    }
  }

  it('is turned off with the last of them', () =>
    turnedOff(async (count) => {
      const { breaker } = probing({ maxHalfOpenCalls: 2 });
      const ends = [deferred(), deferred()];
      const probes = ends.map(({ promise }) => breaker.execute(() => promise));
      ends[0]!.reject(new Error('down'));
      await rejection(probes[0]!);
      expect(count()).toBe(0);
      ends[1]!.resolve('ok');
      await probes[1];
      expect(count()).toBe(1);
      await breaker.execute(async () => 'closed');
      expect(count()).toBe(1);
    }));

  it.each([
    ['that hangs', () => new Promise(() => undefined)],
    ['whose stream nobody reads', () => (async function* () {})()],
  ])('is turned off when the circuit moves on from a probe %s', (_, give) =>
    turnedOff(async (count) => {
      for (const move of [
        (breaker: Breaker): unknown => breaker.reset(),
        (breaker: Breaker): unknown => breaker.execute(async () => 'ok'),
      ]) {
        const before = count();
        const { breaker } = probing({ maxHalfOpenCalls: 2 });
        void breaker.execute(give);
        await settled();
        await move(breaker);
        expect([breaker.state, count() - before]).toEqual(['closed', 1]);
      }
    }),
  );

  it('is not entered anew by a probe whose state is over', () =>
    turnedOff(async (count) => {
      const { breaker } = probing();
      const values = breaker.iterate(async function* () {
        yield* [1, 2];
      });
      await values.next();
      breaker.reset();
      expect(count()).toBe(1);
      await values.next();
      await values.return(undefined);
      expect(count()).toBe(1);
    }));

  it('keeps no probe that is over: what it began may begin others for ever', async () => {
    const { run } = AsyncLocalStorage.prototype;
    const outers: unknown[] = [];
    AsyncLocalStorage.prototype.run = function (
      this: AsyncLocalStorage<unknown>,
      store: unknown,
      ...rest: [() => unknown]
    ): never {
      if (store !== undefined) outers.push((store as { outer?: unknown }).outer);
      return run.call(this, store, ...rest) as never;
    };
    const holder = probing();
    const end = deferred();
    const held = holder.breaker.execute(() => end.promise); // Else the context is off, and nothing is kept anyway.
    try {
      const first = probing().breaker;
      const { breaker } = probing();
      let later!: Promise<unknown>;
      await first.execute(async () => {
        later = settled().then(() => breaker.execute(async () => 'later'));
      });
      expect(await later).toBe('later');
      expect(outers).toEqual([undefined, undefined, undefined]);
    } finally {
      AsyncLocalStorage.prototype.run = run;
      end.resolve('over');
      await held;
    }
  });

  it('is not entered by tickets: nobody knows what runs for them', () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    expect(() => breaker.acquire()).toThrow('has enough probes in flight');
    first.succeed();
  });
});
