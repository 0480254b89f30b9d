import { afterEach, describe, expect, it, jest } from '@jest/globals';

import {
  AllowAll,
  Breaker,
  BreakerRegistry,
  CallTimeoutException,
  Cooldown,
  FailureStreak,
  KeyedBreakers,
  minutes,
} from '../../lib/core/index.js';
import { systemClock } from '../../lib/core/base/clock.js';
import { rejection } from '../support/async.js';
import { bad, knock } from '../support/breaker.js';

type Fakes = Parameters<typeof jest.useFakeTimers>[0];

const OPTIONS = { tripper: FailureStreak(1), retry: Cooldown(minutes(1)), permit: AllowAll() };

afterEach(() => {
  jest.useRealTimers();
});

const makers: readonly (readonly [string, () => Breaker])[] = [
  ['a breaker', () => new Breaker('payments', OPTIONS)],
  ['a breaker of a registry', () => new BreakerRegistry({ defaults: OPTIONS }).create('payments')],
  ['a breaker of a key', () => new KeyedBreakers('payments', { ...OPTIONS, keys: {} }).for('key')],
];

/** Whichever of it jest fakes. */
const ways: readonly (readonly [string, Fakes])[] = [
  ['all', {}],
  ['all but performance', { doNotFake: ['performance'] }],
  ['all but performance, hrtime and Date', { doNotFake: ['performance', 'hrtime', 'Date'] }],
  ['all but setImmediate', { doNotFake: ['setImmediate'] }],
  ['all but timers', { doNotFake: ['setTimeout', 'clearTimeout', 'setInterval', 'setImmediate'] }],
  ['all, with a time that goes on by itself', { advanceTimers: true }],
];

describe.each(ways)('while jest fakes %s', (_, fakes) => {
  it.each(makers)('%s made then follows: advancing ends its cooldown', async (__, make) => {
    jest.useFakeTimers(fakes);
    const breaker = make();
    bad(breaker);
    await jest.advanceTimersByTimeAsync(minutes(1) - 1000);
    expect(knock(breaker)).toMatchObject({ reason: 'open' });
    await jest.advanceTimersByTimeAsync(1000);
    expect(knock(breaker)).not.toBeInstanceOf(Error);
    expect(breaker.state).toBe('half_open');
  });
});

describe('while fake timers are on', () => {
  it('a call times out, exactly, and is measured by them', async () => {
    jest.useFakeTimers();
    const durations: number[] = [];
    const listener = { onCall: ({ durationMs }: { durationMs: number }) => void durations.push(durationMs) };
    const breaker = new Breaker('payments', { timeoutMs: 3000, listeners: [listener] });
    const call = rejection(breaker.execute(() => new Promise(() => undefined)));
    await jest.advanceTimersByTimeAsync(2999);
    expect(durations).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(durations).toEqual([3000]);
    expect(await call).toBeInstanceOf(CallTimeoutException);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('whoever waits is told when the cooldown is over', async () => {
    jest.useFakeTimers();
    const breaker = new Breaker('payments', OPTIONS);
    bad(breaker);
    let isFree = false;
    void breaker.whenAvailable().then(() => (isFree = true));
    await jest.advanceTimersByTimeAsync(minutes(1) - 1);
    expect(isFree).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(isFree).toBe(true);
  });

  it('setSystemTime moves what is displayed, and no interval', () => {
    jest.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
    const breaker = new Breaker('payments', OPTIONS);
    bad(breaker);
    jest.setSystemTime(Date.UTC(2030, 0, 1));
    expect(breaker.snapshot().retryAfterMs).toBe(minutes(1));
    expect(knock(breaker)).toMatchObject({ reason: 'open' });
    breaker.reset();
    expect(breaker.snapshot().changedAt).toBe(Date.UTC(2030, 0, 1));
    bad(breaker);
    jest.setSystemTime(0);
    jest.advanceTimersByTime(minutes(1));
    expect(knock(breaker)).not.toBeInstanceOf(Error);
  });

  it('what they are cleared to is no step back', () => {
    jest.useFakeTimers();
    const { clock } = new Breaker('payments');
    jest.advanceTimersByTime(5000);
    expect(clock.now()).toBe(5000);
    jest.clearAllTimers(); // Begins at 0 again.
    expect(clock.now()).toBe(5000);
    jest.advanceTimersByTime(10);
    expect(clock.now()).toBe(5010);
  });
});

describe('a breaker made under fake timers, when they are off again', () => {
  it('goes on with real time, without a jump: neither back nor by the time they were on', () => {
    jest.useFakeTimers();
    const { clock } = new Breaker('payments');
    jest.advanceTimersByTime(minutes(60));
    const before = clock.now();
    jest.useRealTimers();
    const after = clock.now();
    expect(before).toBe(minutes(60));
    expect(after - before).toBeGreaterThanOrEqual(0);
    expect(after - before).toBeLessThan(minutes(1));
    for (const endMs = performance.now() + 5; performance.now() < endMs;);
    expect(clock.now() - after).toBeGreaterThanOrEqual(4);
    expect(clock.now() - after).toBeLessThan(minutes(1));
  });

  it('has had the time they were advanced by, though nobody looked meanwhile', () => {
    jest.useFakeTimers();
    const breaker = new Breaker('payments', OPTIONS);
    bad(breaker);
    jest.advanceTimersByTime(minutes(1));
    jest.useRealTimers();
    expect(knock(breaker)).not.toBeInstanceOf(Error);
  });

  it('follows the next fake timers as well, from where it is', () => {
    jest.useFakeTimers();
    const { clock } = new Breaker('payments');
    jest.advanceTimersByTime(1000);
    jest.useRealTimers();
    clock.now();
    jest.useFakeTimers();
    const before = clock.now();
    expect(before - 1000).toBeLessThan(minutes(1));
    jest.advanceTimersByTime(minutes(60));
    expect(clock.now()).toBeCloseTo(before + minutes(60), 6);
    jest.useFakeTimers(); // Others at once.
    jest.advanceTimersByTime(500);
    expect(clock.now()).toBeCloseTo(before + minutes(60) + 500, 6);
  });
});

describe('a breaker made before fake timers', () => {
  it('keeps the real time while they are on, and its timers are those that are on when they are set', async () => {
    const breaker = new Breaker('payments', { ...OPTIONS, timeoutMs: 3000 });
    expect(breaker.clock).toBe(systemClock);
    bad(breaker);
    jest.useFakeTimers();
    jest.advanceTimersByTime(minutes(60));
    expect(knock(breaker)).toMatchObject({ reason: 'open' });
    breaker.disable();
    const call = rejection(breaker.execute(() => new Promise(() => undefined)));
    jest.advanceTimersByTime(3000);
    expect(await call).toBeInstanceOf(CallTimeoutException);
  });

  it('has the real clock itself, so fake timers cost nothing elsewhere; also where only Date is fake', () => {
    expect(new Breaker('payments').clock).toBe(systemClock);
    const everything = [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ] as const;
    jest.useFakeTimers({ doNotFake: [...everything], now: Date.UTC(2030, 0, 1) });
    const breaker = new Breaker('payments', OPTIONS);
    expect(breaker.clock).toBe(systemClock);
    bad(breaker);
    expect(breaker.snapshot().changedAt).toBe(Date.UTC(2030, 0, 1));
    jest.setSystemTime(Date.UTC(2040, 0, 1));
    expect(knock(breaker)).toMatchObject({ reason: 'open' });
  });
});
