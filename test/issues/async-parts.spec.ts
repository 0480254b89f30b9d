import { describe, expect, it } from '@jest/globals';

import { BreakerRegistry, CountWindow, FailureStreak, type WindowStore } from '../../lib/core/index.js';
import { settled, unhandled } from '../support/async.js';
import { aBreaker, bad, good } from '../support/breaker.js';
import { aGroup } from '../support/keyed.js';

// Found by giving async functions where a part is synchronous: their rejections ended the process.

const ill = async (): Promise<never> => {
  throw new Error('ill');
};

const aStore = (own: object = {}): WindowStore => {
  const store = CountWindow(10).create([]);
  return {
    record: (...call: Parameters<WindowStore['record']>) => store.record(...call),
    metric: (nowMs: number) => store.metric(nowMs),
    ...own,
  };
};

describe('an async function where a part answers at once', () => {
  it.each(['record', 'metric', 'memory'] as const)(
    'is refused as the %s of a window, when it is made',
    (name) => {
      const window = { create: () => aStore({ [name]: ill }), toString: () => 'Mine()' };
      expect(() => aBreaker({ window })).toThrow(
        `Mine(): ${name} must be synchronous, got function ill. Remove async.`,
      );
    },
  );

  it.each(['create', 'restore'] as const)(
    'is refused as the %s of a window, and leaves no rejection behind',
    async (name) => {
      const errors = await unhandled(() => {
        const window = {
          create: () => aStore(),
          restore: ill,
          [name]: ill,
          toString: () => 'Mine()',
        } as never;
        expect(() => {
          const { breaker } = aBreaker({ window });
          const snapshot = breaker.snapshot({ window: true });
          breaker.restore({ ...snapshot, memory: { ...snapshot.memory, window: {} } });
        }).toThrow(/Mine\(\): what it creates must be an object with .*, got an object \(Promise\)/);
      });
      expect(errors).toEqual([]);
    },
  );

  it('is a fault as a retry, and leaves no rejection behind', async () => {
    const errors = await unhandled(() => {
      const { breaker, signals } = aBreaker({ tripper: FailureStreak(1), retry: { waitMs: ill } as never });
      bad(breaker, 1);
      expect(signals.of('fault')).toMatchObject([{ source: 'retry' }]);
      expect(breaker.snapshot().retryAfterMs).toBe(60_000);
    });
    expect(errors).toEqual([]);
  });

  it('is a fault as a watcher of keys, once it has failed', async () => {
    const { group, signals } = aGroup();
    let isIll = false;
    const errors = await unhandled(async () => {
      group.watch({ onAdded: () => (isIll ? ill() : undefined) });
      isIll = true;
      good(group.for('late'), 1);
      await settled();
    });
    expect(errors).toEqual([]);
    expect(signals.of('fault')).toMatchObject([{ source: 'listener', error: { message: 'ill' } }]);
  });
});

describe('a watcher of a registry that throws', () => {
  it('is told to whoever created or removed the breaker, when the others have heard of it', () => {
    const registry = new BreakerRegistry();
    const heard: string[] = [];
    const fail = (): never => {
      throw new Error('ill');
    };
    registry.watch({ onAdded: fail, onRemoved: fail });
    registry.watch({
      onAdded: ({ name }) => void heard.push(`+${name}`),
      onRemoved: ({ name }) => void heard.push(`-${name}`),
    });
    expect(() => registry.create('payments')).toThrow('ill');
    expect(() => registry.createKeyed('gateway', { keys: {} })).toThrow('ill');
    registry.keyed('gateway').for('a');
    expect(() => registry.remove('payments')).toThrow('ill');
    expect(() => registry.remove('gateway')).toThrow('ill');
    expect(heard).toEqual(['+payments', '+gateway', '+gateway[a]', '-payments', '-gateway', '-gateway[a]']);
  });
});
