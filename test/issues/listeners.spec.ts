// Known bugs of peers (list B of the reference), 38–42: listeners, promises, process.
import { describe, expect, it } from '@jest/globals';

import { BreakerRegistry, FailureStreak } from '../../lib/core/index.js';
import { deferred, rejection, unhandled } from '../support/async.js';
import { aBreaker, aHalfOpen, bad, good, type Made } from '../support/breaker.js';

const broken = (): never => {
  throw new Error('my listener');
};

describe('a listener', () => {
  it('B38 that throws changes no result, stops no other listener and leaves the state consistent (opossum, cockatiel, deno_std#6996)', async () => {
    const heard: string[] = [];
    const { breaker, signals } = aBreaker({
      listeners: [{ onCall: broken, onTransition: broken }, { onTransition: ({ to }) => heard.push(to) }],
    });
    expect(await breaker.execute(() => 'value')).toBe('value');
    const error = new Error('down');
    for (let i = 0; i < 3; i++)
      expect(await rejection(breaker.execute(() => Promise.reject(error)))).toBe(error);
    expect(heard).toEqual(['open']);
    expect(breaker.state).toBe('open');
    expect(signals.of('fault')).toHaveLength(5);
  });

  it('B38 that throws on the way to half_open does not strand the circuit there (Polly OnHalfOpened)', async () => {
    const { breaker, clock } = aBreaker({ listeners: [{ onTransition: broken }], maxHalfOpenCalls: 1 });
    bad(breaker, 3);
    clock.advance(1000);
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(breaker.state).toBe('closed');
  });

  it('B39 that rejects is told, and a slow one delays no call (fluxgate awaits them, fluxgate#1)', async () => {
    const slow = deferred();
    const { breaker, signals } = aBreaker({ listeners: [{ onCall: () => slow.promise }] });
    const errors = await unhandled(async () => {
      expect(await breaker.execute(() => 'value')).toBe('value');
      slow.reject(new Error('late'));
    });
    expect(errors).toEqual([]);
    expect(signals.of('fault')).toMatchObject([{ source: 'listener', error: { message: 'late' } }]);
  });

  it('B40 may call the breaker: state, execute, reset, without a deadlock or recursion (gobreaker#37)', async () => {
    const seen: unknown[] = [];
    const made: Made = aBreaker({
      listeners: [
        {
          onTransition: async ({ to }) => {
            if (to !== 'open') return;
            seen.push(made.breaker.state);
            made.breaker.reset();
            seen.push(await made.breaker.execute(() => 'value'));
          },
        },
      ],
    });
    bad(made.breaker, 3);
    await made.breaker.execute(() => 'value');
    expect(seen).toEqual(['open', 'value']);
    expect(made.breaker.state).toBe('closed');
  });

  it('B41 of a registry hears each signal of each breaker once, however many subscribe, until it unsubscribes (opossum#635, cockatiel#69 #81)', () => {
    const registry = new BreakerRegistry({ defaults: { tripper: FailureStreak(1) } });
    const heard: string[][] = [[], [], []];
    const offs = heard.map((list) =>
      registry.subscribe({ onTransition: ({ breaker }) => list.push(breaker) }),
    );
    const [a, b] = [registry.create('a'), registry.create('b')];
    bad(a);
    bad(b);
    expect(heard).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
    offs.forEach((off) => off());
    a.reset();
    expect(heard.flat()).toHaveLength(6);
  });
});

describe('the process', () => {
  // A timer that holds the process is a resource; one that is unref'd is none.
  const holding = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

  it('B42 is not kept alive by an open circuit, nor once the app is closed by a call or somebody who waits (opossum#378, R4J#351, mollitia)', async () => {
    const before = holding();
    const registry = new BreakerRegistry({ defaults: { tripper: FailureStreak(1), timeoutMs: 60_000 } });
    const [open, busy] = [registry.create('open'), registry.create('busy')];
    bad(open);
    expect(holding()).toBe(before);
    const controller = new AbortController();
    const { signal } = controller;
    const pending = [
      rejection(open.whenAvailable({ signal })),
      rejection(busy.execute(() => new Promise(() => undefined), { signal })),
    ];
    expect(holding()).toBe(before + 2); // Somebody awaits what they end.
    registry.release();
    expect(holding()).toBe(before);
    controller.abort('over');
    expect(await Promise.all(pending)).toEqual(['over', 'over']);
  });
});

describe('a permit', () => {
  it('B38 that throws rejects nobody for ever (Polly)', () => {
    const { breaker, first } = aHalfOpen({ permit: broken });
    first.release();
    good(breaker);
    expect(breaker.state).toBe('closed');
  });
});
