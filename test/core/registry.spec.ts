import { describe, expect, it } from '@jest/globals';

import {
  Breaker,
  BreakerNotFoundError,
  BreakerRegistry,
  Cooldown,
  FailureStreak,
  MinRequests,
  type Signal,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { RecordingListener } from '../../lib/testing/recording-listener.js';
import { thrown } from '../support/async.js';
import { bad, good } from '../support/breaker.js';

function aRegistry(): BreakerRegistry {
  const registry = new BreakerRegistry();
  registry.create('payments');
  registry.create('inventory');
  return registry;
}

describe('a registry', () => {
  it('gives what was created, by name, in the order of creation', () => {
    const registry = aRegistry();
    expect(registry.get('payments')).toBeInstanceOf(Breaker);
    expect(registry.find('payments')).toBe(registry.get('payments'));
    expect(registry.names()).toEqual(['payments', 'inventory']);
    expect(registry.list().map(({ name }) => name)).toEqual(['payments', 'inventory']);
  });

  it('creates nothing by being asked', () => {
    const registry = aRegistry();
    expect(registry.find('paymnets')).toBeUndefined();
    expect(() => registry.get('paymnets')).toThrow(BreakerNotFoundError);
    expect(registry.names()).toHaveLength(2);
  });

  it('names the nearest breaker and the list when there is none of that name', () => {
    expect(thrown(() => aRegistry().get('paymnets'))).toMatchObject({
      code: 'FLUXGATE_BREAKER_NOT_FOUND',
      breaker: 'paymnets',
      message:
        'no circuit breaker is called "paymnets". Did you mean "payments"? Registered: payments, inventory. ' +
        'Add it to the breakers of FluxgateModule.forRoot or forFeature.',
    });
    expect(() => new BreakerRegistry().get('x')).toThrow('Registered: none.');
  });

  it.each([undefined, null, 7, Symbol('x')])('can be asked for %p from JavaScript', (name) => {
    expect(() => aRegistry().get(name as never)).toThrow(BreakerNotFoundError);
  });

  it('refuses a name that is taken', () => {
    const registry = aRegistry();
    const first = registry.get('payments');
    expect(() => registry.create('payments', { timeoutMs: 1 })).toThrow(
      'BreakerRegistry.create: a breaker called "payments" is registered already. Get it with get("payments"), or choose another name.',
    );
    expect(registry.get('payments')).toBe(first);
  });

  it('registers nothing when the options are invalid', () => {
    const registry = aRegistry();
    expect(() => registry.create('orders', { timeoutMs: 0 })).toThrow('timeoutMs');
    expect(registry.find('orders')).toBeUndefined();
  });

  it('forgets a breaker, which can still be used', async () => {
    const registry = aRegistry();
    const breaker = registry.get('payments');
    expect(registry.remove('payments')).toBe(true);
    expect(registry.remove('payments')).toBe(false);
    expect(registry.names()).toEqual(['inventory']);
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(registry.create('payments')).not.toBe(breaker);
  });

  it('gives its defaults to options that a breaker does not give', () => {
    const clock = new ManualClock();
    const registry = new BreakerRegistry({
      defaults: { retry: Cooldown(7000), tripper: FailureStreak(2), timeoutMs: 300 },
      clock,
    });
    const [a, b] = [registry.create('a'), registry.create('b', { retry: Cooldown(10), tripper: undefined })];
    bad(a, 2);
    bad(b, 2);
    expect(a.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 7000 });
    expect(b.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 10 });
    expect(a.timeoutMs).toBe(300);
  });

  it('reads its defaults once for all breakers that give no options, and refuses what are none each time', () => {
    let reads = 0;
    const retry = { waitMs: () => 1, toString: () => `Mine(${++reads})` };
    const registry = new BreakerRegistry({ defaults: { retry } });
    const before = reads;
    const rules = ['a', 'b'].map((name) => registry.create(name).snapshot().rules.retry);
    expect([rules, reads]).toEqual([[`Mine(${before + 1})`, `Mine(${before + 1})`], before + 1]);
    expect(registry.create('c', { timeoutMs: 5 }).timeoutMs).toBe(5);
    expect(() => registry.create('d', null as never)).toThrow('options must be an options object');
  });

  it('shares clock and chance', () => {
    const clock = new ManualClock(0);
    const draws: number[] = [];
    const random = (): number => (draws.push(1), 0.5);
    const registry = new BreakerRegistry({
      clock,
      random,
      defaults: { tripper: FailureStreak(1), retry: Cooldown(100, { jitter: 0.5 }) },
    });
    const breaker = registry.create('a');
    bad(breaker);
    expect(breaker.snapshot()).toMatchObject({ changedAt: 0, retryAfterMs: 100 });
    expect(draws).toHaveLength(1);
  });
});

describe('listeners of a registry', () => {
  it('hear of every breaker, those to come as well', () => {
    const signals = new RecordingListener();
    const registry = new BreakerRegistry({ listeners: [signals] });
    const a = registry.create('a');
    const off = registry.subscribe({ onCall: (signal: Signal) => heard.push(signal.breaker) });
    const heard: string[] = [];
    good(a);
    good(registry.create('b'));
    off();
    good(a);
    expect(heard).toEqual(['a', 'b']);
    expect(signals.of('call').map(({ breaker, seq }) => [breaker, seq])).toEqual([
      ['a', 1],
      ['b', 1],
      ['a', 2],
    ]);
  });

  it("come after the breaker's own", () => {
    const heard: string[] = [];
    const registry = new BreakerRegistry({ listeners: [{ onTransition: () => heard.push('shared') }] });
    const breaker = registry.create('a', { listeners: [{ onTransition: () => heard.push('own') }] });
    breaker.disable();
    expect(heard).toEqual(['own', 'shared']);
  });

  it('have to be listeners', () => {
    expect(() => aRegistry().subscribe({} as never)).toThrow(
      'BreakerRegistry.subscribe: listener must be an object with any of',
    );
  });
});

describe('the options of a registry', () => {
  it('are checked, all of them, before anything is taken over', () => {
    const make = (): BreakerRegistry =>
      new BreakerRegistry({
        defaults: { timeoutMs: -1, tripper: MinRequests(0), cooldown: 5 } as never,
        listeners: [{}, { onCall: 1 }] as never,
      });
    expect(thrown(make)).toMatchObject({
      code: 'FLUXGATE_CONFIG',
      problems: [
        expect.stringContaining('defaults.cooldown is not an option.'),
        expect.stringContaining('defaults.tripper: MinRequests(0): count must be'),
        expect.stringContaining('defaults.timeoutMs must be a finite number of milliseconds > 0, got -1.'),
        expect.stringContaining('listeners[0] must be an object with any of'),
        expect.stringContaining('listeners[1].onCall must be a method, got 1.'),
      ],
    });
  });

  it.each([
    [{ default: {} }, 'BreakerRegistry: options.default is not an option. Did you mean defaults?'],
    [{ listeners: {} }, 'BreakerRegistry: listeners must be an array of listeners, got an object (Object).'],
    [null, 'BreakerRegistry: options must be an options object, got null.'],
  ])('refuse %j', (options, text) => {
    expect(() => new BreakerRegistry(options as never)).toThrow(text);
  });

  it('tell a wrong default once, where it is given', () => {
    const { problems } = thrown(() => new BreakerRegistry({ defaults: { timeoutMs: 0 } })) as {
      problems: string[];
    };
    expect(problems).toHaveLength(1);
  });

  it('changes options of a breaker by its name', () => {
    const registry = new BreakerRegistry();
    const breaker = registry.create('payments');
    expect(registry.reconfigure('payments', { tripper: FailureStreak(7) })).toBe(true);
    expect(registry.reconfigure('payments', {})).toBe(false);
    expect(breaker.snapshot().rules.tripper).toBe('FailureStreak(7)');
    expect(() => registry.reconfigure('paymets', {})).toThrow(/Did you mean "payments"/);
  });
});
