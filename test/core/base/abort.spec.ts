import { getEventListeners } from 'node:events';

import { describe, expect, it, jest } from '@jest/globals';

import { whenAborted } from '../../../lib/core/base/abort.js';
import { Breaker } from '../../../lib/core/index.js';
import { deferred, rejection, settled, thrown } from '../../support/async.js';
import { aBreakerIn } from '../../support/breaker.js';

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

/** A signal as polyfills make it, with no more than it has to have; and how often it was listened to. */
function polyfilled(): { signal: AbortSignal; abort: () => void; added: () => number; heard: Set<unknown> } {
  const heard = new Set<() => void>();
  let added = 0;
  const signal = {
    aborted: false,
    reason: undefined as unknown,
    addEventListener: (_: string, run: () => void) => (added++, heard.add(run)),
    removeEventListener: (_: string, run: () => void) => heard.delete(run),
  };
  const abort = (): void => {
    signal.aborted = true;
    signal.reason = 'gone';
    [...heard].forEach((run) => run());
  };
  return { signal: signal as unknown as AbortSignal, abort, added: () => added, heard };
}

/** What Node warned of meanwhile. */
async function warnings(run: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = [];
  const keep = ({ name }: Error): void => {
    names.push(name);
  };
  process.on('warning', keep);
  await run();
  await settled();
  process.off('warning', keep);
  return names;
}

describe('whenAborted', () => {
  it('calls everybody once, in order, by one listener, which is gone then', () => {
    const controller = new AbortController();
    const { signal } = controller;
    const called: number[] = [];
    for (const i of [1, 2, 3]) whenAborted(signal, () => called.push(i));
    expect(listenersOf(signal)).toBe(1);
    controller.abort();
    expect(called).toEqual([1, 2, 3]);
    expect(listenersOf(signal)).toBe(0);
  });

  it('calls nobody who was let go, and lets go of the signal a turn of the loop after the last', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const called: string[] = [];
    const run = (): unknown => called.push('same');
    const [first, second] = [whenAborted(signal, run), whenAborted(signal, run)];
    first();
    first(); // Only its own.
    expect(listenersOf(signal)).toBe(1);
    second();
    await settled();
    expect(listenersOf(signal)).toBe(0);
    whenAborted(signal, () => called.push('later'));
    expect(listenersOf(signal)).toBe(1);
    controller.abort();
    expect(called).toEqual(['later']);
  });

  it('lets one that runs let go of the others', () => {
    const controller = new AbortController();
    const called: number[] = [];
    const letGo: (() => void)[] = [];
    letGo.push(
      whenAborted(controller.signal, () => {
        called.push(1);
        letGo.forEach((one) => one());
      }),
      whenAborted(controller.signal, () => called.push(2)),
    );
    controller.abort();
    expect(called).toEqual([1]);
  });

  it('calls the others though one throws, and gives the first error to whoever aborts', () => {
    const { signal, abort } = polyfilled();
    const called: number[] = [];
    for (const i of [1, 2, 3]) {
      whenAborted(signal, () => {
        called.push(i);
        if (i < 3) throw new Error(`from ${i}`);
      });
    }
    expect(thrown(abort)).toMatchObject({ message: 'from 1' });
    expect(called).toEqual([1, 2, 3]);
  });

  it('listens once for those who come and go within one turn of the loop', async () => {
    const { signal } = new AbortController();
    const add = jest.spyOn(signal, 'addEventListener');
    const called: string[] = [];
    for (let i = 0; i < 3; i++) whenAborted(signal, () => called.push('gone'))();
    const letGo = whenAborted(signal, () => called.push('here'));
    await settled();
    expect(add).toHaveBeenCalledTimes(1);
    expect(listenersOf(signal)).toBe(1);
    letGo();
    letGo();
    await settled();
    expect(listenersOf(signal)).toBe(0);
    expect(called).toEqual([]);
  });

  it('keeps those apart who come while it calls', async () => {
    const { signal, abort, heard } = polyfilled();
    let letGo!: () => void;
    whenAborted(signal, () => {
      letGo = whenAborted(signal, () => undefined);
    });
    abort();
    expect(heard.size).toBe(1); // Its caller did not look at `aborted`.
    letGo();
    await settled();
    expect(heard.size).toBe(0);
  });

  it('understands a signal that is polyfilled', () => {
    const { signal, abort, heard } = polyfilled();
    const called: number[] = [];
    for (const i of [1, 2]) whenAborted(signal, () => called.push(i));
    expect(heard.size).toBe(1);
    abort();
    expect([called, heard.size]).toEqual([[1, 2], 0]);
  });
});

describe('a signal for many', () => {
  it('gets one listener for 50 calls, none when they are over, and Node warns of nothing', async () => {
    const { signal } = new AbortController();
    const breaker = new Breaker('payments');
    const end = deferred();
    const warned = await warnings(async () => {
      const calls = Array.from({ length: 50 }, () => breaker.execute(() => end.promise, { signal }));
      expect(listenersOf(signal)).toBe(1);
      end.resolve('value');
      await Promise.all(calls);
    });
    expect(listenersOf(signal)).toBe(0);
    expect(warned).toEqual([]);
  });

  it('gets one listener for 50 who wait beside 50 calls, of two breakers, and ends them all', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const { breaker: open } = aBreakerIn('open');
    const breaker = new Breaker('payments');
    const warned = await warnings(async () => {
      const ends = Array.from({ length: 50 }, () => [
        rejection(open.whenAvailable({ signal })),
        rejection(breaker.execute(() => new Promise(() => undefined), { signal })),
      ]).flat();
      expect(listenersOf(signal)).toBe(1);
      controller.abort('enough');
      expect(new Set(await Promise.all(ends))).toEqual(new Set(['enough']));
    });
    expect(listenersOf(signal)).toBe(0);
    expect(warned).toEqual([]);
  });

  it('is listened to once, however many calls begin while it is', async () => {
    const { signal, added } = polyfilled();
    const breaker = new Breaker('payments');
    const end = deferred();
    const first = breaker.execute(() => end.promise, { signal });
    for (let i = 0; i < 100; i++) await breaker.execute(() => i, { signal });
    expect(added()).toBe(1);
    end.resolve('value');
    await first;
  });
});
