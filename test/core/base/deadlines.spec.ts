import { describe, expect, it } from '@jest/globals';

import type { Clock } from '../../../lib/core/base/clock.js';
import { Deadlines } from '../../../lib/core/base/deadlines.js';
import { BreakerRegistry } from '../../../lib/core/index.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { rejection } from '../../support/async.js';

/** A manual clock whose timers say whether they hold the process. */
function aClock(): { clock: ManualClock; held: () => number } {
  const clock = new ManualClock();
  const set = clock.setTimer.bind(clock);
  const held = new Set<object>();
  clock.setTimer = (run, delayMs) => {
    const one = {};
    held.add(one);
    const end = (): void => void held.delete(one);
    const timer = set(() => (end(), run()), delayMs);
    return { cancel: () => (end(), timer.cancel()), unref: end };
  };
  return { clock, held: () => held.size };
}

describe('deadlines', () => {
  it('hold the process until they fire, are cancelled or are released; then those to come hold it neither', () => {
    const { clock, held } = aClock();
    const deadlines = new Deadlines();
    const fired: string[] = [];
    const set = (name: string, ms: number) => deadlines.set(clock, () => fired.push(name), ms);
    set('first', 10);
    const cancelled = set('cancelled', 20);
    set('released', 30);
    expect(held()).toBe(3);
    clock.advance(10);
    expect(held()).toBe(2);
    cancelled.cancel();
    expect(held()).toBe(1);
    deadlines.release();
    expect(held()).toBe(0);
    set('later', 20);
    expect(held()).toBe(0);
    clock.advance(20);
    expect(fired).toEqual(['first', 'released', 'later']);
  });

  it('work with a clock whose timers cannot be released', () => {
    const clock = new ManualClock();
    const deadlines = new Deadlines();
    let fired = 0;
    deadlines.set(clock, () => fired++, 10);
    deadlines.release();
    deadlines.set(clock, () => fired++, 10);
    clock.advance(10);
    expect(fired).toBe(2);
  });
});

describe('a registry', () => {
  it('releases its own, also those of keys, and of no other registry with the same clock; none is cancelled', async () => {
    const { clock, held } = aClock();
    const options = { clock: clock as Clock, defaults: { timeoutMs: 1000 } };
    const [one, other] = [new BreakerRegistry(options), new BreakerRegistry(options)];
    const never = (): Promise<never> => new Promise(() => undefined);
    const calls = [
      one.create('own').execute(never),
      one.createKeyed('keyed', { keys: {} }).for('key').execute(never),
      other.create('own').execute(never),
    ].map(rejection);
    expect(held()).toBe(3);
    one.release();
    expect(held()).toBe(1);
    calls.push(rejection(one.get('own').execute(never)));
    expect(held()).toBe(1);
    clock.advance(1000);
    for (const error of await Promise.all(calls))
      expect(error).toMatchObject({ code: 'CIRCUIT_CALL_TIMEOUT' });
  });
});
