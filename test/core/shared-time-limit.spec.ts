import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { Breaker, CallTimeoutException, callSignal, FailureStreak } from '../../lib/core/index.js';
import { systemClock } from '../../lib/core/base/clock.js';
import { Deadlines } from '../../lib/core/base/deadlines.js';
import { callSite, type CallSite } from '../../lib/core/call-site.js';
import { deferred, rejection, settled } from '../support/async.js';
import { aBreaker, aHalfOpen } from '../support/breaker.js';

const never = (): Promise<never> => new Promise(() => undefined);
const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

describe('calls through a closed circuit with a time limit', () => {
  it('share one timer, and each ends at its own instant', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100, tripper: FailureStreak(10) });
    const ends: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      breaker.execute(never).catch(() => ends.push(`${name} ${clock.now() - 1000}`));
      await clock.advanceAsync(30);
    }
    expect(clock.timerCount).toBe(1);
    await clock.advanceAsync(200);
    expect(ends).toEqual(['a 100', 'b 130', 'c 160']);
    expect(clock.timerCount).toBe(0);
  });

  it('end at their own instants when an older or a younger one ends by itself', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    const [first, middle, last] = [deferred(), deferred(), deferred()];
    const ends: string[] = [];
    const run = async (name: string, task: () => Promise<unknown>): Promise<void> => {
      breaker.execute(task).then(
        () => ends.push(`${name} ok`),
        () => ends.push(`${name} ${clock.now() - 1000}`),
      );
      await clock.advanceAsync(10);
    };
    await run('first', () => first.promise);
    await run('a', never);
    await run('middle', () => middle.promise);
    await run('b', never);
    await run('last', () => last.promise);
    for (const one of [middle, last, first]) one.resolve('value');
    await clock.advanceAsync(200);
    expect(ends).toEqual(['middle ok', 'last ok', 'first ok', 'a 110', 'b 130']);
    expect(breaker.snapshot().calls.inFlight).toBe(0);
  });

  it('keep the limit they began with when the circuit opens or is reconfigured', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100, tripper: FailureStreak(1) });
    const old = rejection(breaker.execute(never));
    await rejection(breaker.execute(() => Promise.reject(new Error('down'))));
    expect(breaker.state).toBe('open');
    breaker.reset();
    breaker.reconfigure({ timeoutMs: 500 });
    const young = rejection(breaker.execute(never));
    clock.advance(100);
    expect(await old).toMatchObject({ timeoutMs: 100 });
    clock.advance(400);
    expect(await young).toMatchObject({ timeoutMs: 500 });
  });

  it('may begin others when they end, with limits of their own', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100, tripper: FailureStreak(10) });
    let again: Promise<unknown> | undefined;
    const begin = (): number => {
      again = rejection(breaker.execute(never));
      return 1;
    };
    const call = breaker.execute<number>(never, { fallback: begin });
    await clock.advanceAsync(100);
    expect(await call).toBe(1);
    await clock.advanceAsync(99);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, inFlight: 1 });
    await clock.advanceAsync(1);
    expect(await again).toBeInstanceOf(CallTimeoutException);
  });

  it('end by a clock gone astray after the limit, and not at once', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100, tripper: FailureStreak(10) });
    const ends: string[] = [];
    breaker.execute(never).catch(() => ends.push('first'));
    clock.advance(50);
    const now = jest.spyOn(clock, 'now').mockReturnValue(NaN);
    breaker.execute(never).catch(() => ends.push('second'));
    await clock.advanceAsync(50);
    expect(ends).toEqual(['first']);
    await clock.advanceAsync(100);
    expect(ends).toEqual(['first', 'second']);
    now.mockRestore();
  });

  it.each([
    ['gives a promise', () => never()],
    ['throws', () => Promise.reject(new Error('too late'))],
  ])('are over at once when their own task aborts the signal before it %s', async (_, give) => {
    const { breaker } = aBreaker({ timeoutMs: 100 });
    const caller = new AbortController();
    let own: AbortSignal | undefined;
    const call = breaker.execute(
      (context) => {
        own = context.signal;
        caller.abort('enough');
        return give();
      },
      { signal: caller.signal },
    );
    expect(await rejection(call)).toBe('enough');
    expect(own).toMatchObject({ aborted: true, reason: 'enough' });
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, inFlight: 0 });
  });

  it('are over when their own task aborts the signal and throws in the same tick', async () => {
    const { breaker } = aBreaker({ timeoutMs: 100 });
    const caller = new AbortController();
    const call = breaker.execute(
      () => {
        caller.abort('enough');
        throw new Error('too late');
      },
      { signal: caller.signal },
    );
    expect(await rejection(call)).toBe('enough');
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, failure: 0, inFlight: 0 });
  });

  it('have a fallback when their time is up', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    const call = breaker.execute<string>(never, { fallback: (error) => (error as Error).name });
    await clock.advanceAsync(100);
    expect(await call).toBe('CallTimeoutException');
  });

  it.each([
    ['asked for its signal', false, callSignal],
    ['did not', undefined, () => undefined],
  ] as [string, boolean | undefined, () => unknown][])(
    'tell trackers of the signal of a sync task that %s',
    async (_, isAborted, ask) => {
      const known: unknown[] = [];
      const tracker = (error: unknown, call?: { isAborted: boolean }): boolean =>
        known.push((error as Error).message, call?.isAborted) > 0;
      const { breaker } = aBreaker({ idleTimeoutMs: 100, tracker });
      const task = (): unknown => {
        ask();
        return Promise.reject(new Error('down'));
      };
      await rejection(breaker.executeSync(task) as Promise<unknown>);
      expect(known).toEqual(['down', isAborted]);
    },
  );
});

/** A promise with a method of its own, as SDKs give. */
class SpecialPromise extends Promise<unknown> {
  withResponse(): Promise<unknown> {
    return this.then((value) => [value]);
  }
}

describe('a method that may give a promise of its own', () => {
  const site = (): CallSite => callSite('test', {}, { isAsync: false, bodyOf: (value) => value });

  it('is over when its time is up before it gives one', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    const slow = (): unknown => {
      clock.advance(100); // It blocks for so long.
      return SpecialPromise.resolve('late');
    };
    const error = rejection(breaker.enter('promise', site(), slow, undefined, []) as Promise<unknown>);
    expect(await error).toBeInstanceOf(CallTimeoutException);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, success: 0, inFlight: 0 });
  });

  it('runs its limit when somebody awaits it', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    const slow = (): unknown => new SpecialPromise(() => undefined);
    const given = breaker.enter('promise', site(), slow, undefined, []) as SpecialPromise;
    clock.advance(100);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 0, inFlight: 0 });
    const error = rejection(given);
    await settled();
    clock.advance(100);
    await settled();
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1 });
    expect(await error).toBeInstanceOf(CallTimeoutException);
  });

  it('rejects when it throws as a probe', async () => {
    const { breaker } = aHalfOpen({ maxHalfOpenCalls: 2 });
    const failing = (): never => {
      throw new Error('down');
    };
    const error = rejection(breaker.enter('promise', site(), failing, undefined, []) as Promise<unknown>);
    expect(await error).toMatchObject({ message: 'down' });
  });
});

describe('a probe', () => {
  it('whose nested call was not let in is rejected to its fallback', async () => {
    const { breaker } = aHalfOpen({ maxHalfOpenCalls: 2 });
    const call = breaker.execute(
      () => {
        breaker.forceOpen();
        return breaker.execute(() => 1);
      },
      { fallback: () => 2, fallbackWhen: 'rejected' },
    );
    expect(await call).toBe(2);
  });
});

describe('the shared timer of the system clock', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

  it('holds the process only while a call is under way, and ends a later call in time', async () => {
    const before = timers();
    const breaker = new Breaker('real', { timeoutMs: 40 });
    await breaker.execute(() => 1);
    expect(timers()).toBe(before);
    await sleep(20);
    const startedMs = systemClock.now();
    const late = rejection(breaker.execute(never));
    expect(timers()).toBe(before + 1);
    expect(await late).toBeInstanceOf(CallTimeoutException);
    expect(systemClock.now() - startedMs).toBeGreaterThan(39);
    expect(timers()).toBe(before);
  });

  it('holds no process once the app is closed, and still ends calls', async () => {
    const deadlines = new Deadlines();
    const breaker = new Breaker('real', { timeoutMs: 20 }, { deadlines });
    const before = timers();
    await breaker.execute(() => 1);
    deadlines.release();
    const late = rejection(breaker.execute(never));
    expect(timers()).toBe(before);
    await sleep(40);
    expect(await late).toBeInstanceOf(CallTimeoutException);
  });

  it('ends a call whose limit is longer than setTimeout takes, and rests no timer of that length', async () => {
    const before = timers();
    const breaker = new Breaker('real', { timeoutMs: 2 ** 32 });
    await breaker.execute(() => 1);
    expect(timers()).toBe(before);
  });

  it('is none of the fake timers that are turned on later', async () => {
    const breaker = new Breaker('real', { timeoutMs: 10_000 });
    await breaker.execute(() => 1);
    jest.useFakeTimers();
    const before = jest.getTimerCount();
    const call = rejection(breaker.execute(never));
    jest.advanceTimersByTime(10_000);
    expect(await call).toBeInstanceOf(CallTimeoutException);
    await breaker.execute(() => 1);
    expect(jest.getTimerCount()).toBe(before);
    jest.useRealTimers();
    await settled();
  });
});
