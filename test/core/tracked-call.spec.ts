import { describe, expect, it } from '@jest/globals';

import {
  and,
  callSignal,
  CallTimeoutException,
  CausedBy,
  Custom,
  FailureStreak,
  not,
  or,
  Tracker,
  type BreakerOptions,
  type TrackedCall,
} from '../../lib/core/index.js';
import { rejection, settled } from '../support/async.js';
import { aBreaker, aHalfOpen } from '../support/breaker.js';

const NOT_ABORTED = { isAborted: false };

/** What a client makes of its own time-out: nothing in it says who aborted. */
const abortError = (): Error => new DOMException('This operation was aborted', 'AbortError');

/** A breaker whose tracker tells what it is given. */
function watched(options: BreakerOptions = {}) {
  const calls: (TrackedCall | undefined)[] = [];
  const tracker = (_: unknown, call?: TrackedCall): boolean => {
    calls.push(call);
    return call?.isAborted === false;
  };
  return { calls, ...aBreaker({ tracker, tripper: FailureStreak(100), ...options }) };
}

type Client = (take: () => unknown) => Promise<never>;

/** Clients that fail by themselves, with or without the signal of their call. */
const CLIENTS: [string, Client][] = [
  ['at once', (take) => (take(), Promise.reject(abortError()))],
  [
    'in the same tick',
    (take) => {
      take();
      throw abortError();
    },
  ],
  [
    'later',
    async (take) => {
      take();
      await Promise.resolve();
      throw abortError();
    },
  ],
];

describe('what a tracker is told of the call', () => {
  it.each(CLIENTS)('is that the signal of its caller has not aborted: it fails %s', async (_, client) => {
    const { breaker, calls } = watched();
    const { signal } = new AbortController();
    await rejection(breaker.execute(() => client(() => signal), { signal }));
    await rejection(breaker.wrap(() => client(() => signal), { signal })());
    expect(calls).toEqual([NOT_ABORTED, NOT_ABORTED]);
    expect(breaker.snapshot().calls.failure).toBe(2);
  });

  it.each(CLIENTS)('is that the signal it took has not aborted: it fails %s', async (_, client) => {
    for (const options of [{}, { timeoutMs: 1000 }]) {
      const { breaker, calls } = watched(options);
      await rejection(breaker.execute(() => client(callSignal)));
      await rejection(breaker.execute((call) => client(() => call.signal)));
      await rejection(breaker.wrap(() => client(callSignal))());
      expect(calls).toEqual([NOT_ABORTED, NOT_ABORTED, NOT_ABORTED]);
    }
  });

  it.each(CLIENTS)('is nothing where the call has no signal: it fails %s', async (_, client) => {
    for (const options of [{}, { timeoutMs: 1000 }]) {
      const { breaker, calls } = watched(options);
      await rejection(breaker.execute(() => client(() => undefined)));
      await rejection(breaker.wrap(() => client(() => undefined))());
      expect(calls).toEqual([undefined, undefined]);
      expect(breaker.snapshot().calls.ignored).toBe(2);
    }
  });

  it('is of each call by itself, also of those that run inside of each other', async () => {
    const { breaker, calls } = watched();
    const fails = breaker.wrap(async (takes: boolean, inner?: () => Promise<unknown>) => {
      if (takes) callSignal();
      await inner?.().catch(() => undefined);
      throw abortError();
    });
    await rejection(fails(false, () => fails(true)));
    await rejection(fails(true, () => fails(false)));
    await rejection(fails(false));
    expect(calls).toEqual([NOT_ABORTED, undefined, undefined, NOT_ABORTED, undefined]);
  });

  it('is the same for a probe', async () => {
    const calls: unknown[] = [];
    const tracker = (_: unknown, call?: TrackedCall): boolean => calls.push(call) > 0;
    const { breaker, first } = aHalfOpen({ tracker });
    await rejection(breaker.execute(({ signal }) => Promise.reject(signal.aborted ? 1 : abortError())));
    expect(calls).toEqual([NOT_ABORTED]);
    first.fail(abortError());
    expect(calls).toEqual([NOT_ABORTED, undefined]);
  });

  it('is the same for a stream, whether the breaker makes it or the call gave it', async () => {
    const { breaker, calls } = watched();
    const source = async function* ({ signal }: { signal: AbortSignal }) {
      yield signal.aborted;
      throw abortError();
    };
    const read = async (stream: AsyncIterable<unknown>): Promise<void> => {
      for await (const one of stream) expect(one).toBe(false);
    };
    const { signal } = new AbortController();
    await rejection(read(breaker.iterate(source)));
    await rejection(read(await breaker.execute((call) => source(call))));
    await rejection(read(await breaker.wrap(async () => source({ signal: callSignal()! }))()));
    await rejection(read(breaker.iterate(() => source({ signal }))));
    await rejection(read(breaker.iterate(() => source({ signal }), { signal })));
    expect(calls).toEqual([NOT_ABORTED, NOT_ABORTED, NOT_ABORTED, undefined, NOT_ABORTED]);
  });

  it('is nothing for a ticket, whose call the breaker does not run', () => {
    const { breaker, calls } = watched();
    breaker.acquire().fail(abortError());
    expect(calls).toEqual([undefined]);
  });

  it('is told to ignore too, and that the deadline of the caller has passed', async () => {
    const calls: unknown[] = [];
    const ignore = (_: unknown, call?: TrackedCall): boolean => calls.push(call) > 0;
    const { breaker } = aBreaker({ ignore });
    const caller = new AbortController();
    const { signal } = caller;
    await rejection(breaker.execute(() => Promise.reject(abortError()), { signal }));
    const call = rejection(breaker.execute(() => new Promise<never>(() => undefined), { signal }));
    caller.abort(new DOMException('too late', 'TimeoutError'));
    await call;
    expect(calls).toEqual([NOT_ABORTED, { isAborted: true }]);
  });

  it('is that the caller has aborted, where the source of a stream fails before the breaker could hear of it', async () => {
    const { breaker, calls } = watched();
    const caller = new AbortController();
    const stream = breaker.iterate(
      () => {
        caller.abort();
        throw abortError();
      },
      { signal: caller.signal },
    );
    await rejection(stream.next());
    expect(calls).toEqual([{ isAborted: true }]);
    expect(breaker.snapshot().calls.ignored).toBe(1);
  });

  it('asks no tracker where the caller has aborted, so its AbortError stays ignored', async () => {
    const { breaker, calls } = watched();
    const caller = new AbortController();
    const task = (): Promise<never> =>
      new Promise((_, reject) => {
        caller.signal.addEventListener('abort', () => reject(abortError()));
      });
    const call = rejection(breaker.execute(task, { signal: caller.signal }));
    await settled();
    caller.abort();
    await call;
    expect(calls).toEqual([]);
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, failure: 0 });
  });
});

describe('the deadline of the breaker', () => {
  /** A client that turns whatever ends it into its own error. */
  const client = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('Request was aborted.')));
    });

  it('is its CallTimeoutException, whatever the client turned it into', async () => {
    const { breaker, clock, calls } = watched({ timeoutMs: 100 });
    const { signal: callers } = new AbortController();
    const stream = breaker.iterate(async function* ({ signal }): AsyncGenerator<undefined> {
      yield await client(signal);
    });
    const ended = [
      rejection(breaker.execute(({ signal }) => client(signal))),
      rejection(breaker.wrap(() => client(callSignal()!))()),
      rejection(breaker.execute(({ signal }) => client(signal), { signal: callers })),
      rejection(stream.next()),
    ];
    await settled();
    clock.advance(100);
    for (const error of await Promise.all(ended)) expect(error).toBeInstanceOf(CallTimeoutException);
    await settled();
    expect(calls).toEqual([]);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 4, ignored: 0, inFlight: 0 });
  });
});

describe('a tracker made of others', () => {
  const given: unknown[] = [];
  const asked = (answer: boolean) => (_: unknown, call?: TrackedCall) => {
    given.push(call);
    return answer;
  };
  class Own extends Tracker {
    isFailure(_: unknown, call?: TrackedCall): boolean {
      given.push(call);
      return true;
    }
  }

  it.each<[string, Tracker]>([
    ['and', and(Custom(asked(true)), asked(true))],
    ['or', or(Custom(asked(false)), asked(true))],
    ['not', not(Custom(asked(true)))],
    ['Custom', Custom(asked(true), 'with a text')],
    ['CausedBy', CausedBy(asked(false))],
    ['an object', CausedBy({ isFailure: asked(true) }).or(asked(true))],
    ['a class', new Own().and(new Own()).not()],
  ])('hands on what it is told: %s', (_, tracker) => {
    given.length = 0;
    tracker.isFailure(new Error('x', { cause: new Error('y') }), NOT_ABORTED);
    expect(given.length).toBeGreaterThan(0);
    expect(new Set(given)).toEqual(new Set([NOT_ABORTED]));
  });
});
