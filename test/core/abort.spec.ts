import { describe, expect, it, jest } from '@jest/globals';

import { deferred, rejection, settled, unhandled } from '../support/async.js';
import { aBreaker, aBreakerIn, aHalfOpen } from '../support/breaker.js';

const never = (): Promise<never> => new Promise(() => undefined);

/** A signal that says how many listen to it. */
function aSignal(): { controller: AbortController; signal: AbortSignal; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = ((...args: Parameters<typeof add>) => (count++, add(...args))) as typeof add;
  signal.removeEventListener = ((...args: Parameters<typeof remove>) => (
    count--,
    remove(...args)
  )) as typeof remove;
  return { controller, signal, listeners: () => count };
}

describe('a caller who gives up', () => {
  it('beforehand runs nothing, is not admitted, and gets the reason', async () => {
    const { breaker } = aBreaker();
    const task = jest.fn(() => 'value');
    const reason = new Error('gone');
    expect(await rejection(breaker.execute(task, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(task).not.toHaveBeenCalled();
    expect(breaker.snapshot().calls.admitted).toBe(0);
  });

  it.each(['open', 'half_open', 'forced_open'] as const)(
    'beforehand gets the reason in %s as well',
    async (state) => {
      const { breaker } = aBreakerIn(state, { maxHalfOpenCalls: 1 });
      const reason = new Error('gone');
      expect(await rejection(breaker.execute(never, { signal: AbortSignal.abort(reason) }))).toBe(reason);
      expect(breaker.snapshot().calls.rejected).toBe(0);
    },
  );

  it('in mid-flight gets the reason at once, and the call is ignored', async () => {
    const { breaker, signals } = aBreaker();
    const controller = new AbortController();
    const error = rejection(breaker.execute(never, { signal: controller.signal }));
    controller.abort('gone');
    expect(await error).toBe('gone');
    expect(breaker.snapshot()).toMatchObject({
      metric: { totalCount: 0 },
      calls: { ignored: 1, inFlight: 0 },
    });
    expect(signals.of('call')).toMatchObject([{ outcome: 'ignored', isCancelled: true, error: 'gone' }]);
  });

  it('in half_open frees the slot and leaves the state alone', async () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    first.release();
    const controller = new AbortController();
    const error = rejection(breaker.execute(never, { signal: controller.signal }));
    expect(breaker.snapshot().probesInFlight).toBe(1);
    controller.abort();
    await error;
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 0 });
  });

  it("aborts the task's own signal with the same reason", async () => {
    const { breaker } = aBreaker();
    const controller = new AbortController();
    let own!: AbortSignal;
    const error = rejection(
      breaker.execute(
        (call) => {
          own = call.signal;
          return never();
        },
        { signal: controller.signal },
      ),
    );
    controller.abort('gone');
    await error;
    expect(own).not.toBe(controller.signal);
    expect(own.reason).toBe('gone');
  });

  it('drops what the task does later', async () => {
    const { breaker } = aBreaker();
    const late = deferred();
    const controller = new AbortController();
    const errors = await unhandled(async () => {
      const error = rejection(breaker.execute(() => late.promise, { signal: controller.signal }));
      controller.abort();
      await error;
      late.reject(new Error('late'));
    });
    expect(errors).toEqual([]);
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, failure: 0 });
  });

  it('after the end changes nothing', async () => {
    const { breaker } = aBreaker();
    const controller = new AbortController();
    let own!: AbortSignal;
    await breaker.execute((call) => (own = call.signal), { signal: controller.signal });
    controller.abort();
    expect(own.aborted).toBe(false);
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, ignored: 0 });
  });

  it.each([
    ['succeeds', () => 'value'],
    ['fails', () => Promise.reject(new Error('down'))],
    ['is aborted', never],
  ])('is not listened to any more once the call %s', async (end, task) => {
    const { breaker } = aBreaker();
    const { controller, signal, listeners } = aSignal();
    const call = breaker.execute(task as () => unknown, { signal }).catch(() => undefined);
    expect(listeners()).toBe(1);
    if (end === 'is aborted') controller.abort();
    await call;
    await settled(); // Calls one after another share it.
    expect(listeners()).toBe(0);
  });

  it('before the timeout leaves no timer', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 200 });
    const controller = new AbortController();
    const error = rejection(breaker.execute(never, { signal: controller.signal }));
    controller.abort();
    await error;
    expect(clock.timerCount).toBe(0);
  });

  it('after the timeout is too late', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 200 });
    const controller = new AbortController();
    const error = rejection(breaker.execute(never, { signal: controller.signal }));
    clock.advance(200);
    controller.abort();
    expect(await error).toMatchObject({ code: 'CIRCUIT_CALL_TIMEOUT' });
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, ignored: 0 });
  });

  it('because of the admission itself does not run the task', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 50 });
    breaker.forceOpen({ forMs: 1 });
    clock.advance(1);
    const task = jest.fn(() => 'value');
    const controller = new AbortController();
    breaker.subscribe({ onTransition: () => controller.abort('seen') });
    expect(await rejection(breaker.execute(task, { signal: controller.signal }))).toBe('seen');
    expect(task).not.toHaveBeenCalled();
    expect(breaker.snapshot()).toMatchObject({ probesInFlight: 0, calls: { inFlight: 0 } });
    expect(clock.timerCount).toBe(0);
  });

  it('needs no timer where the breaker has no timeoutMs', async () => {
    const { breaker, clock } = aBreaker();
    const { controller, signal } = aSignal();
    const error = rejection(breaker.execute(never, { signal }));
    expect(clock.timerCount).toBe(0);
    controller.abort('gone');
    expect(await error).toBe('gone');
  });

  it('from within the task ends the call', async () => {
    const { breaker } = aBreaker();
    const controller = new AbortController();
    const call = breaker.execute(
      async () => {
        controller.abort('enough');
        await settled();
        return 'value';
      },
      { signal: controller.signal },
    );
    expect(await rejection(call)).toBe('enough');
  });

  it('through a wrapped function gives up all its calls', async () => {
    const { breaker } = aBreaker();
    const controller = new AbortController();
    const wrapped = breaker.wrap(never, { signal: controller.signal });
    const errors = [rejection(wrapped()), rejection(wrapped())];
    controller.abort('gone');
    expect(await Promise.all(errors)).toEqual(['gone', 'gone']);
    expect(await rejection(wrapped())).toBe('gone');
  });

  it('by a signal of another make is understood', async () => {
    const { breaker } = aBreaker();
    const listeners = new Set<() => void>();
    const foreign = {
      aborted: false,
      reason: 'gone',
      addEventListener: (_: string, listener: () => void) => listeners.add(listener),
      removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
    };
    const error = rejection(breaker.execute(never, { signal: foreign as never }));
    listeners.forEach((listener) => listener());
    expect(await error).toBe('gone');
    expect(listeners.size).toBe(0);
    foreign.aborted = true;
    expect(await rejection(breaker.execute(never, { signal: foreign as never }))).toBe('gone');
  });
});
