import { describe, expect, it } from '@jest/globals';
import { BreakerRegistry, FailureStreak, KeyedBreakers, type BreakerOptions } from 'nestjs-fluxgate';
import { RecordingListener } from 'nestjs-fluxgate/testing';

import { bad } from '../../support/breaker.js';
import { keysOf } from '../../support/keyed.js';

describe('a registry with breakers per key', () => {
  it('makes a group of its defaults, and finds it by keyed() alone', () => {
    const registry = new BreakerRegistry({ defaults: { tripper: FailureStreak(2) } });
    const group = registry.createKeyed('gateway', { keys: {} });
    registry.create('payments');
    expect(registry.keyed('gateway')).toBe(group);
    expect(registry.findKeyed('gateway')).toBe(group);
    expect(registry.find('gateway')).toBeUndefined();
    expect(registry.findKeyed('payments')).toBeUndefined();
    expect(group.for('a').snapshot().rules.tripper).toBe('FailureStreak(2)');
  });

  it('lists by name the breakers that have one of their own; all() has those of keys too', () => {
    const registry = new BreakerRegistry();
    registry.create('payments');
    const group = registry.createKeyed('gateway', { keys: {} });
    group.for('a');
    expect(registry.names()).toEqual(['payments']);
    expect(registry.list().map(({ name }) => name)).toEqual(['payments']);
    expect(registry.groups()).toEqual([group]);
    expect(registry.all().map(({ name }) => name)).toEqual(['payments', 'gateway', 'gateway[a]']);
  });

  it('says what to use instead: keyed() for get(), get() for keyed()', () => {
    const registry = new BreakerRegistry();
    registry.create('payments');
    registry.createKeyed('gateway', { keys: {} });
    expect(() => registry.get('gateway')).toThrow(
      'BreakerRegistry.get: "gateway" has one breaker per key. Use keyed("gateway").for(key)',
    );
    expect(() => registry.keyed('payments')).toThrow(
      'BreakerRegistry.keyed: the breaker "payments" has no keys. Use get("payments"), or give it some: "payments": { keys: {} }.',
    );
  });

  it('knows the names of groups where one is mistyped', () => {
    const registry = new BreakerRegistry();
    registry.createKeyed('gateway', { keys: {} });
    for (const ask of [() => registry.keyed('gatway'), () => registry.get('gatway')]) {
      expect(ask).toThrow('Did you mean "gateway"? Registered: gateway.');
    }
  });

  it('gives a name once, to one or the other', () => {
    const registry = new BreakerRegistry();
    registry.create('payments');
    registry.createKeyed('gateway', { keys: {} });
    expect(() => registry.create('gateway')).toThrow(
      'BreakerRegistry.create: a breaker called "gateway" is registered already. Get it with keyed("gateway")',
    );
    expect(() => registry.createKeyed('payments', { keys: {} })).toThrow(
      'BreakerRegistry.createKeyed: a breaker called "payments" is registered already. Get it with get("payments")',
    );
  });

  it('refuses keys where one breaker is to be made', () => {
    const registry = new BreakerRegistry();
    expect(() => registry.create('gateway', { keys: {} } as BreakerOptions)).toThrow(
      'BreakerRegistry.create: "gateway" is to have one breaker per key. Use createKeyed("gateway", …), or leave out keys.',
    );
  });

  it('registers nothing when the options are wrong', () => {
    const registry = new BreakerRegistry();
    expect(() => registry.createKeyed('gateway', { keys: { max: 0 } })).toThrow('keys.max');
    expect(registry.groups()).toEqual([]);
  });

  it('tells its listeners what breakers of keys do', () => {
    const registry = new BreakerRegistry({ defaults: { tripper: FailureStreak(1) } });
    const late = registry.createKeyed('gateway', { keys: {} });
    const signals = new RecordingListener();
    registry.subscribe(signals);
    bad(late.for('a'));
    late.for(7 as unknown as string);
    expect(signals.moves()).toEqual(['closed → open (tripper)']);
    expect(signals.of('fault')).toMatchObject([{ source: 'key', group: 'gateway' }]);
  });
});

describe('watching a registry with breakers per key', () => {
  const watched = (max = 1) => {
    const registry = new BreakerRegistry();
    const heard: string[] = [];
    const group = registry.createKeyed('gateway', { keys: { max } });
    group.for('early');
    const stop = registry.watch({
      onAdded: ({ name }) => void heard.push(`+${name}`),
      onRemoved: ({ name }) => void heard.push(`-${name}`),
    });
    return { registry, group, heard, stop };
  };

  it('tells of those there are, and of each that comes and goes', () => {
    const { registry, group, heard } = watched();
    group.for('late');
    registry.createKeyed('hosts', { keys: {} });
    expect(heard).toEqual(['+gateway', '+gateway[early]', '-gateway[early]', '+gateway[late]', '+hosts']);
  });

  it('tells of all of a group that is removed, and of none that it makes later', () => {
    const { registry, group, heard } = watched();
    heard.length = 0;
    expect(registry.remove('gateway')).toBe(true);
    expect(registry.remove('gateway')).toBe(false);
    group.for('later');
    expect(heard).toEqual(['-gateway', '-gateway[early]']);
    expect(keysOf(group)).toEqual(['later']);
    expect(() => registry.keyed('gateway')).toThrow('Registered: none.');
  });

  it('stops', () => {
    const { group, heard, stop } = watched();
    heard.length = 0;
    stop();
    group.for('late');
    expect(heard).toEqual([]);
  });

  it('never fails the call that makes a breaker: what a watcher throws is a fault', () => {
    const { registry, group } = watched();
    const signals = new RecordingListener();
    registry.subscribe(signals);
    let isIll = false;
    const heard: string[] = [];
    registry.watch({
      onAdded: () => {
        if (isIll) throw new Error('ill');
      },
    });
    registry.watch({ onAdded: ({ name }) => void heard.push(name) });
    isIll = true;
    heard.length = 0;
    group.for('late');
    expect(heard).toEqual(['gateway[late]']);
    expect(signals.of('fault')).toMatchObject([{ breaker: 'gateway', source: 'listener' }]);
  });

  it('may ask the group from inside: it hears of everything, in order', () => {
    const { registry, group, heard } = watched(2);
    heard.length = 0;
    registry.watch({
      onAdded: ({ key }) => {
        if (key === 'one') group.for('two');
      },
    });
    group.for('one');
    expect(heard).toEqual(['+gateway[one]', '-gateway[early]', '+gateway[two]']);
    expect(keysOf(group)).toEqual(['one', 'two']);
  });
});

describe('watching one group', () => {
  it('never is a fault by itself, whatever a watcher leaves out, and whoever has forgotten the group', () => {
    const signals = new RecordingListener();
    const registry = new BreakerRegistry({ listeners: [signals] });
    const group = registry.createKeyed('gateway', { keys: { max: 1 } });
    registry.watch({ onAdded: () => undefined });
    group.watch({ onAdded: () => undefined });
    group.watch({ onRemoved: () => undefined });
    group.for('a');
    group.for('b');
    registry.remove('gateway');
    group.for('c');
    const alone = new KeyedBreakers('alone', { keys: { max: 1 }, listeners: [signals] });
    for (const key of ['a', 'b']) alone.for(key);
    expect(signals.of('fault')).toEqual([]);
  });

  it('tells of its breakers until it is stopped, even one of two subscriptions of a watcher', () => {
    const group = new BreakerRegistry().createKeyed('gateway', { keys: {} });
    const heard: string[] = [];
    const watcher = { onAdded: ({ name }: { name: string }) => void heard.push(name) };
    const stop = group.watch(watcher);
    group.watch(watcher);
    group.watch({ onRemoved: () => undefined });
    stop();
    group.for('a');
    expect(heard).toEqual(['gateway', 'gateway', 'gateway[a]']);
  });
});
