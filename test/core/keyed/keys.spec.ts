import { describe, expect, it } from '@jest/globals';
import {
  BreakerRegistry,
  CountWindow,
  FailureStreak,
  KeyedBreakers,
  type KeyedBreakerOptions,
  type PageOptions,
} from 'nestjs-fluxgate';

import { unhandled } from '../../support/async.js';
import { bad, good } from '../../support/breaker.js';
import { aGroup, ask, keysOf } from '../../support/keyed.js';

describe('the bounds of a group', () => {
  it('may be as tight and as wide as they say', () => {
    expect(() => aGroup({ keys: { max: 1_000_000 } })).not.toThrow();
    const { group } = aGroup({ keys: { max: 1 } });
    good(group.for('a'));
    expect(group.keys({ limit: 1 }).keys).toEqual(['a']);
    expect(group.keys({ limit: 1000 }).keys).toEqual(['a']);
  });
});

describe('one breaker per key', () => {
  it('gives every key a circuit of its own, by one policy', () => {
    const { group } = aGroup();
    bad(group.for('ill'));
    expect([group.for('ill').state, group.for('well').state]).toEqual(['open', 'closed']);
    expect(group.for('ill').snapshot().rules).toEqual(group.for('well').snapshot().rules);
  });

  it('makes a window for each, of one specification', () => {
    const { group } = aGroup({ window: CountWindow(10) });
    good(group.for('a'), 3);
    expect(group.for('a').snapshot().metric.totalCount).toBe(3);
    expect(group.for('b').snapshot().metric.totalCount).toBe(0);
  });

  it('gives the same breaker to the same key', () => {
    const { group } = aGroup();
    expect(group.for('a')).toBe(group.for('a'));
    expect(group.size).toBe(1);
  });

  it('reads the policy once, however many keys there are', () => {
    let reads = 0;
    const retry = {
      waitMs: () => 1,
      toString: () => (reads++, 'Mine()'),
    };
    const { group } = aGroup({ retry });
    const before = reads;
    ask(group, 'a', 'b', 'c');
    expect(reads).toBe(before);
  });

  it('says in name, snapshot and signals which group and key it is', () => {
    const { group, signals } = aGroup();
    const breaker = group.for('tenant-1');
    bad(breaker);
    const identity = { group: 'gateway', key: 'tenant-1' };
    expect(breaker).toMatchObject({ name: 'gateway[tenant-1]', ...identity });
    expect(breaker.snapshot()).toMatchObject({ name: 'gateway[tenant-1]', ...identity });
    expect(signals.of('transition')[0]).toMatchObject({ breaker: 'gateway[tenant-1]', ...identity });
  });

  it('leaves group and key out where there are none', () => {
    const { group } = aGroup();
    expect(group.shared).toMatchObject({ name: 'gateway', group: 'gateway', key: undefined });
    expect(Object.keys(group.shared.snapshot())).not.toContain('key');
  });

  it.each([
    ['a prototype', '__proto__', 'gateway[__proto__]'],
    ['a method of objects', 'constructor', 'gateway[constructor]'],
    ['nothing', '', 'gateway[]'],
    ['an emoji', '🦊', 'gateway[🦊]'],
    ['control characters', 'a\u0000\u001b[31m\n', 'gateway[a\\u0000\\u001b[31m\\u000a]'],
    ['marks that turn the line round', 'a\u202eb', 'gateway[a\\u202eb]'],
    ['what looks like an escaped control character', 'a\\u0000', 'gateway[a\\\\u0000]'],
    ['256 characters', 'x'.repeat(256), `gateway[${'x'.repeat(256)}]`],
  ])('takes a key that is %s, and shows it printable', (_what, key, name) => {
    const { group, signals } = aGroup();
    const breaker = group.for(key);
    expect(breaker).toMatchObject({ name, key });
    expect(group.for(key)).toBe(breaker);
    expect(keysOf(group)).toEqual([key]);
    expect(signals.of('fault')).toEqual([]);
  });
});

describe('a key that is none', () => {
  it.each([
    ['a number', 42, 'got 42. Make it a string: String(42).'],
    ['a big number', 42n, 'got 42. Make it a string: String(42).'],
    ['undefined', undefined, 'got undefined. Is what it is read from there?'],
    ['null', null, 'got null. Is what it is read from there?'],
    ['an object', {}, 'got an object (Object).'],
    ['a promise', Promise.resolve('a'), 'got an object (Promise).'],
    ['too long', 'x'.repeat(257), 'got one of 257. Hash it, or take less of it.'],
  ])('goes through the shared breaker and is told, when it is %s', (_what, key, text) => {
    const { group, signals } = aGroup();
    expect(group.for(key as string)).toBe(group.shared);
    expect(group.size).toBe(0);
    const [fault] = signals.of('fault');
    expect(fault).toMatchObject({ breaker: 'gateway', group: 'gateway', source: 'key', seq: 1 });
    expect(String(fault!.error)).toBe(
      `TypeError: gateway: a key must be a string of at most 256 characters, ${text}`,
    );
    expect(group.snapshot().badKeyCount).toBe(1);
  });

  it('is a promise that rejects: the process does not end by it', async () => {
    const { group } = aGroup();
    const key = Promise.reject(new Error('late')) as unknown as string;
    expect(await unhandled(() => void group.for(key))).toEqual([]);
    expect(group.size).toBe(0);
  });

  it('fails no call when the function that gives it throws', () => {
    const { group, signals } = aGroup();
    const error = new Error('no tenant');
    const breaker = group.ask(() => {
      throw error;
    });
    expect(breaker).toBe(group.shared);
    expect(signals.of('fault')).toMatchObject([{ source: 'key', error }]);
  });
});

describe('the options of a group', () => {
  it('have defaults', () => {
    const group = new KeyedBreakers('gateway', { keys: {} });
    expect(group.snapshot()).toMatchObject({ max: 10_000, idleMs: 600_000, whenFull: 'passthrough' });
  });

  it.each([
    [{ keys: { max: 0 } }, 'keys.max must be a whole number from 1 to 1 000 000, got 0.'],
    [{ keys: { max: 1e7 } }, 'keys.max must be a whole number from 1 to 1 000 000, got 10000000.'],
    [{ keys: { idleMs: NaN } }, 'keys.idleMs must be a finite number of milliseconds > 0, got NaN.'],
    [{ keys: { whenFull: 'wait' } }, `keys.whenFull must be 'passthrough' or 'reject', got "wait".`],
    [{ keys: { idle: 1 } }, 'keys.idle is not an option. Options: max, idleMs, whenFull.'],
    [{ keys: 5 }, 'keys must be an options object, got 5.'],
    [{ keys: {}, maxHalfOpenCalls: 0 }, 'maxHalfOpenCalls must be a whole number ≥ 1, got 0.'],
    [{}, 'keys must be an options object, got undefined.'],
    [undefined, 'keys must be an options object, got undefined.'],
  ])('refuse %j', (options, text) => {
    expect(() => new KeyedBreakers('gateway', options as KeyedBreakerOptions)).toThrow(
      `KeyedBreakers "gateway": ${text}`,
    );
  });

  it('refuse a bad name', () => {
    expect(() => new KeyedBreakers('', { keys: {} })).toThrow('KeyedBreakers: name must be');
  });
});

describe('the listeners of a group', () => {
  it('hear every breaker of it, those to come too, until they are taken away', () => {
    const { group } = aGroup();
    const heard: string[] = [];
    const stop = group.subscribe({ onTransition: ({ breaker, to }) => heard.push(`${breaker} ${to}`) });
    bad(group.for('a'));
    stop();
    bad(group.for('b'));
    expect(heard).toEqual(['gateway[a] open']);
  });

  it('hear their own kinds only: a call costs nothing more for a listener of moves', () => {
    const { group } = aGroup({ listeners: [] });
    const heard: string[] = [];
    group.for('a').subscribe({ onCall: ({ breaker }) => heard.push(breaker) });
    good(group.for('a'));
    good(group.for('b'));
    expect(heard).toEqual(['gateway[a]']);
  });

  it('hear every call, those of the registry too', () => {
    const registry = new BreakerRegistry();
    const group = registry.createKeyed('gateway', { keys: {} });
    const heard: string[] = [];
    const stop = registry.subscribe({ onCall: ({ breaker }) => heard.push(breaker) });
    good(group.for('a'));
    stop();
    good(group.for('a'));
    const stopToo = group.subscribe({ onCall: ({ breaker }) => heard.push(`group: ${breaker}`) });
    good(group.for('b'));
    stopToo();
    good(group.for('b'));
    expect(heard).toEqual(['gateway[a]', 'group: gateway[b]']);
  });

  it('are refused when they are none', () => {
    const { group } = aGroup();
    expect(() => group.subscribe({})).toThrow('KeyedBreakers "gateway".subscribe: listener must be');
  });
});

describe('the pages of a group', () => {
  it('show keys and snapshots in the order of creation, and stay in step while keys come and go', () => {
    const { group, clock } = aGroup({ keys: { max: 10 } });
    ask(group, 'a', 'b', 'c', 'd', 'e', 'f');
    const first = group.keys({ limit: 2 });
    expect(first).toEqual({ keys: ['a', 'b'], next: 2 });
    clock.advance(60_000);
    good(group.for('f')); // drops a, b, c and d, which are idle
    expect(keysOf(group)).toEqual(['e', 'f']);
    const second = group.snapshots({ after: first.next!, limit: 2 });
    expect(second.snapshots.map(({ name }) => name)).toEqual(['gateway[e]', 'gateway[f]']);
    expect(second.next).toBeNull();
  });

  it('are a hundred long unless told otherwise', () => {
    const { group } = aGroup({ keys: { max: 200 } });
    for (let i = 0; i < 101; i++) group.for(`t${i}`);
    expect(group.keys().keys).toHaveLength(100);
    expect(group.snapshots().snapshots).toHaveLength(100);
    expect(group.snapshots({ after: group.keys().next! }).snapshots).toHaveLength(1);
  });

  it.each([
    [{ limit: 0 }, 'limit must be a whole number from 1 to 1000, got 0.'],
    [{ limit: 1001 }, 'limit must be a whole number from 1 to 1000, got 1001.'],
    [{ after: -1 }, 'after must be the next of the page before, got -1.'],
    [{ size: 3 }, 'options.size is not an option. Options: after, limit.'],
  ])('refuse %j', (page, text) => {
    const { group } = aGroup();
    for (const method of ['keys', 'snapshots'] as const) {
      expect(() => group[method](page as PageOptions)).toThrow(`KeyedBreakers "gateway".${method}: ${text}`);
    }
  });
});

describe('the snapshot of a group', () => {
  it('is of the same size however many keys there are, and plain JSON', () => {
    const { group } = aGroup({ tripper: FailureStreak(1) });
    bad(group.for('a'));
    ask(group, 'b');
    expect(JSON.parse(JSON.stringify(group))).toEqual({
      group: 'gateway',
      size: 2,
      max: 3,
      idleMs: 60_000,
      whenFull: 'passthrough',
      states: { closed: 2, open: 1, half_open: 0, metrics_only: 0, disabled: 0, forced_open: 0 },
      createdCount: 2,
      droppedCount: 0,
      overflowCount: 0,
      badKeyCount: 0,
      rules: group.shared.snapshot().rules,
    });
  });
});
