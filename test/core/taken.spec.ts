import { describe, expect, it } from '@jest/globals';

import {
  BreakerRegistry,
  FailureStreak,
  SlowRate,
  TypeOf,
  type BreakerOptions,
  type KeysOptions,
  type Listener,
} from '../../lib/core/index.js';
import { RecordingListener } from '../../lib/testing/recording-listener.js';
import { aBreaker, aBreakerIn, bad, good } from '../support/breaker.js';

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] };

describe('what users give is copied when it is taken', () => {
  it('the defaults of a registry, and the listeners in them', () => {
    const heard = new RecordingListener();
    const listeners: Listener[] = [];
    const defaults: Changeable<BreakerOptions> = { tripper: FailureStreak(1), listeners };
    const registry = new BreakerRegistry({ defaults });
    defaults.tripper = FailureStreak(100);
    listeners.push(heard);
    const breaker = registry.create('payments');
    bad(breaker);
    expect(breaker.state).toBe('open');
    expect(heard.signals).toEqual([]);
  });

  it('defaults that a class has, behind getters too', () => {
    class Defaults {
      readonly #streak = 1;
      get tripper() {
        return FailureStreak(this.#streak);
      }
    }
    const registry = new BreakerRegistry({ defaults: new Defaults() });
    const breaker = registry.create('payments');
    bad(breaker);
    expect(breaker.state).toBe('open');
  });

  it('the listeners of a registry, and of a breaker', () => {
    const heard = new RecordingListener();
    const listeners: Listener[] = [{ onTransition: () => 0 }];
    const breaker = new BreakerRegistry({ listeners }).create('payments', { listeners });
    listeners.push(heard);
    breaker.disable();
    expect(heard.signals).toEqual([]);
  });

  it('the options of a breaker and of a group', () => {
    const options: Changeable<BreakerOptions> = { tripper: FailureStreak(1) };
    const keys: Changeable<KeysOptions> = { max: 1 };
    const registry = new BreakerRegistry();
    const breaker = registry.create('payments', options);
    const group = registry.createKeyed('gateway', { ...options, keys });
    options.tripper = FailureStreak(100);
    keys.max = 100;
    bad(breaker);
    expect(breaker.state).toBe('open');
    expect(group.snapshot().max).toBe(1);
  });

  it('a list of classes', () => {
    const classes: (typeof Error)[] = [RangeError];
    const tracker = TypeOf(...classes);
    classes.push(TypeError);
    expect(tracker.isFailure(new TypeError())).toBe(false);
  });
});

/** Everything below that is ours to freeze is frozen; errors are not. */
function unfrozen(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || value instanceof Error) return [];
  const below = Object.entries(value).flatMap(([name, member]) => unfrozen(member, `${path}.${name}`));
  return Object.isFrozen(value) ? below : [path, ...below];
}

describe('what listeners get is frozen in depth', () => {
  it('all signals, but never an error', () => {
    const error = { code: 'E', deep: {} };
    const { breaker, clock, signals } = aBreaker({
      tripper: FailureStreak(2).or(SlowRate(1, 100)),
      retry: () => 1000,
    });
    bad(breaker, 2, new Error('down'));
    bad(breaker, 0);
    expect(() => breaker.acquire()).toThrow();
    clock.advance(1000);
    good(breaker);
    breaker.reconfigure({ tripper: FailureStreak(3) });
    breaker.executeSync(() => 1, { fallback: () => 2 });
    breaker.metricsOnly();
    bad(breaker, 3, new Error('down'));
    breaker.forceOpen();
    breaker.executeSync(() => 1, { fallback: () => 2 });
    const kinds = new Set(signals.signals.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual([
      'call',
      'fallback',
      'reconfigured',
      'rejected',
      'transition',
      'wouldTrip',
    ]);
    expect(signals.signals.flatMap((signal) => unfrozen(signal, signal.kind))).toEqual([]);
    const other = aBreakerIn('closed');
    bad(other.breaker, 1, error);
    expect(other.signals.of('call')[0]!.error).toBe(error);
    expect(Object.isFrozen(error) || Object.isFrozen(error.deep)).toBe(false);
  });
});
