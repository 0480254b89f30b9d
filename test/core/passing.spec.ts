import { describe, expect, it } from '@jest/globals';

import {
  Breaker,
  CallNotPermittedException,
  CountWindow,
  FailureStreak,
  TripWhen,
  type TripContext,
} from '../../lib/core/index.js';
import { systemClock } from '../../lib/core/base/clock.js';
import { RecordingListener } from '../../lib/testing/recording-listener.js';
import { rejection } from '../support/async.js';
import { aCountedClock } from '../support/looks.js';

/** Default options: nothing looks at the duration of a call. */
function aPlainOne(options: ConstructorParameters<typeof Breaker>[1] = {}) {
  const { clock, counting, looksOf } = aCountedClock();
  const breaker = new Breaker('plain', options, { clock: counting });
  /** A call of that many ms. */
  const last = (ms: number): Promise<unknown> => breaker.execute(() => clock.advance(ms));
  return { breaker, clock, looksOf, last };
}

describe('a call through a closed circuit', () => {
  it('settles as its task does, promise or not', async () => {
    const { breaker } = aPlainOne();
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(await breaker.execute(async () => 'promise')).toBe('promise');
    const thenable = { then: (resolve: (value: string) => void) => resolve('thenable') };
    expect(await breaker.execute(() => thenable as unknown as PromiseLike<string>)).toBe('thenable');
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 3, success: 3, inFlight: 0 });
  });

  it('does not ask a promise for a method of its own', async () => {
    const odd = Promise.resolve('value');
    void Object.defineProperty(odd, 'then', {
      get() {
        throw new Error('not to be asked');
      },
    });
    const { breaker } = aPlainOne();
    expect(await breaker.execute(() => odd)).toBe('value');
    // The first is timed, the next is not.
    expect(await breaker.execute(() => odd)).toBe('value');
  });

  it('rejects with the very error, thrown at once or later', async () => {
    const { breaker } = aPlainOne();
    const error = new Error('down');
    const throws = (): never => {
      throw error;
    };
    expect(await rejection(breaker.execute(throws))).toBe(error);
    expect(await rejection(breaker.execute(() => Promise.reject(error)))).toBe(error);
    expect(await rejection(breaker.execute(throws, { fallback: throws }))).toBe(error);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 3, inFlight: 0 });
  });

  it('gives the same stand-in, timed or not', async () => {
    const { breaker } = aPlainOne();
    const fails = (): Promise<string> => Promise.reject(new Error('down'));
    for (let i = 0; i < 4; i++)
      expect(await breaker.execute(fails, { fallback: () => 'stand-in' })).toBe('stand-in');
    const place = breaker.site({ fallback: (_error, name) => name });
    for (let i = 0; i < 4; i++) {
      const given = breaker.enter('promise', place, fails, undefined, ['argument']);
      expect(await given).toBe('argument');
    }
  });

  it('is a failure by any truthy answer of trackResult', async () => {
    const trackResult = (value: unknown): boolean => value as boolean;
    const { breaker } = aPlainOne({ trackResult });
    for (const value of ['bad', '', 1, 0, true, false]) await breaker.execute(() => value);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 3, success: 3 });
  });

  it('changes nothing when the circuit has moved since and nobody timed it', async () => {
    const { breaker } = aPlainOne();
    for (let i = 0; i < 100; i++) await breaker.execute(() => i);
    let end: (value: unknown) => void = () => undefined;
    const call = breaker.execute(() => new Promise((resolve) => (end = resolve)));
    breaker.disable();
    end('late');
    await call;
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 101, success: 100, unrecorded: 1 });
  });

  it('changes nothing when the circuit has moved meanwhile, there and back', async () => {
    const { breaker } = aPlainOne();
    let end: (value: unknown) => void = () => undefined;
    const call = breaker.execute(() => new Promise((resolve) => (end = resolve)));
    breaker.disable();
    breaker.reset();
    end('late');
    expect(await call).toBe('late');
    expect(breaker.snapshot()).toMatchObject({
      metric: { totalCount: 0 },
      calls: { admitted: 1, success: 0, unrecorded: 1, inFlight: 0 },
    });
  });

  it('is counted when it takes the place of another success, and forgets a failure that it pushes out', async () => {
    const { breaker } = aPlainOne({ window: CountWindow(3), tripper: FailureStreak(9) });
    await rejection(breaker.execute(() => Promise.reject(new Error('down'))));
    for (let i = 0; i < 2; i++) await breaker.execute(() => i);
    expect(breaker.snapshot().metric).toMatchObject({ totalCount: 3, failureCount: 1 });
    for (let i = 0; i < 7; i++) await breaker.execute(() => i);
    expect(breaker.snapshot()).toMatchObject({
      metric: { totalCount: 3, failureCount: 0 },
      calls: { success: 9, failure: 1 },
    });
  });
});

describe('a sync call with a ticket', () => {
  it('throws the very error, where the circuit is not closed', () => {
    const { breaker } = aPlainOne({ initialState: 'metrics_only' });
    const error = new Error('down');
    const throws = (): never => {
      throw error;
    };
    expect(() => breaker.executeSync(throws)).toThrow(error);
    expect(breaker.executeSync(throws as () => string, { fallback: () => 'stand-in' })).toBe('stand-in');
    expect(breaker.snapshot().metric.failureCount).toBe(2);
  });
});

describe('a rejection made by hand', () => {
  it('reads like one of a breaker', () => {
    const rejection = { breaker: 'b', state: 'open', reason: 'open', retryAfterMs: 5, retryAt: 5 } as const;
    expect(new CallNotPermittedException(rejection).message).toBe(
      'circuit breaker "b" is open; the next probe is allowed in 5 ms',
    );
  });
});

describe('a call that nobody has to time', () => {
  it('is timed all the same where calls are long: snapshots show their mean', async () => {
    const { breaker, last, looksOf } = aPlainOne();
    for (const ms of [10, 20, 30]) expect(await looksOf(() => last(ms))).toBe(2);
    expect(breaker.snapshot().metric).toMatchObject({ totalDurationMs: 60, avgDurationMs: 20 });
  });

  it('is as the first under other rules', async () => {
    const { breaker, last, looksOf } = aPlainOne();
    for (let i = 0; i < 3; i++) await last(0);
    breaker.reconfigure({ tripper: FailureStreak(9) });
    expect(await looksOf(() => last(5))).toBe(2);
  });

  it('is not where they are short, but for one in 256', async () => {
    const { breaker, last, looksOf } = aPlainOne();
    for (let i = 0; i < 2; i++) expect(await looksOf(() => last(0))).toBe(2);
    for (let i = 0; i < 255; i++) expect(await looksOf(() => last(5))).toBe(0);
    expect(await looksOf(() => last(5))).toBe(2);
    expect(await looksOf(() => last(7))).toBe(2);
    expect(breaker.snapshot().metric).toMatchObject({
      totalCount: 100,
      totalDurationMs: 12,
      avgDurationMs: 6,
    });
  });

  it('is long from 20 µs on', async () => {
    let nowMs = 0;
    let looks = 0;
    const clock = { ...systemClock, now: () => (looks++, nowMs) };
    const breaker = new Breaker('plain', {}, { clock });
    looks = 0;
    for (let i = 0; i < 3; i++) {
      nowMs = 0;
      await breaker.execute(() => (nowMs = 0.02));
    }
    expect(looks).toBe(6);
  });

  it('is one in 25 where long ones come closer than 5 ms: four of the window', async () => {
    const { clock, last, looksOf } = aPlainOne();
    const timedOf = async (calls: number, pauseMs = 0): Promise<string> => {
      const seen: number[] = [];
      for (let i = 0; i < calls; i++) {
        seen.push((await looksOf(() => last(0.1))) / 2);
        clock.advance(pauseMs);
      }
      return seen.join('');
    };
    expect(await timedOf(24)).toBe('1'.repeat(24));
    expect(await timedOf(1000)).toBe(`1${'0'.repeat(24)}`.repeat(40));
    // Fewer again: noticed after a row of twelve.
    await timedOf(12 * 25, 50);
    expect(await timedOf(24, 50)).toBe('1'.repeat(24));
    expect(await timedOf(24, 4)).toBe('1'.repeat(24));
  });

  it('is as often a slow one as there are: each eighth of them', async () => {
    const { breaker, last } = aPlainOne();
    for (let i = 0; i < 1000; i++) await last(i % 8 === 3 ? 10 : 0.5);
    for (let i = 0; i < 1000; i++) await last(i % 7 === 3 ? 10 : 0.5);
    const mean = (6 * 0.5 + 10) / 7;
    expect(Math.abs(breaker.snapshot().metric.avgDurationMs - mean)).toBeLessThan(0.5);
  });

  it('is timed on by a clock that goes astray for a moment', async () => {
    const { breaker, clock, last } = aPlainOne();
    const { now } = clock;
    for (let i = 0; i < 12; i++) await last(10);
    for (let i = 0; i < 30; i++) {
      clock.now = i === 11 ? () => NaN : now.bind(clock);
      await last(10);
    }
    clock.now = now.bind(clock);
    for (let i = 0; i < 120; i++) await last(10);
    expect(breaker.snapshot().metric.avgDurationMs).toBe(10);
  });

  it('is every one that a small window remembers', async () => {
    for (const [size, every] of [
      [7, 1],
      [8, 2],
      [127, 31],
      [128, 32],
      [10_000, 32],
    ] as const) {
      const { last, looksOf } = aPlainOne({ window: CountWindow(size), tripper: FailureStreak(9) });
      for (let i = 0; i < 200; i++) await last(0.05);
      const looks = await looksOf(() => Promise.all(Array.from({ length: 31 * 32 }, () => last(0.05))));
      expect(looks / 2).toBe((31 * 32) / every);
    }
  });

  it('is not told to a listener that came when it had begun', async () => {
    const { breaker, last } = aPlainOne();
    for (let i = 0; i < 2; i++) await last(0);
    const signals = new RecordingListener();
    await breaker.execute(() => void breaker.subscribe(signals));
    expect(signals.signals).toEqual([]);
    await last(4);
    expect(signals.of('call')).toMatchObject([{ seq: 4, durationMs: 4 }]);
  });

  it('looks at no clock when it is sync', async () => {
    const { breaker, looksOf } = aPlainOne();
    expect(await looksOf(() => breaker.executeSync(() => 'value'))).toBe(0);
    breaker.subscribe({ onCall: () => undefined });
    expect(await looksOf(() => breaker.executeSync(() => 'value'))).toBeGreaterThanOrEqual(2);
  });
});

describe('a tripper that calls its own breaker', () => {
  it('keeps what it was asked about', () => {
    const seen: number[] = [];
    const inner = (context: TripContext): boolean => {
      if (context.metric.totalCount < 3) breaker.acquire().succeed();
      seen.push(context.failureStreak);
      return false;
    };
    const breaker = new Breaker('reentrant', { tripper: TripWhen(inner) });
    breaker.acquire().fail(new Error('down'));
    expect(seen).toEqual([0, 0, 1]);
  });
});
