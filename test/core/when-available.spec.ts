import { describe, expect, it } from '@jest/globals';

import { FailureStreak, Never } from '../../lib/core/index.js';
import { rejection, settled } from '../support/async.js';
import { aBreaker, aBreakerIn, aHalfOpen, bad, knock } from '../support/breaker.js';

/** Whether it has resolved, asked once everything that can settle has. */
function watched(promise: Promise<void>): () => Promise<boolean> {
  let isDone = false;
  void promise.then(() => (isDone = true));
  return async () => {
    await settled();
    return isDone;
  };
}

describe('whenAvailable', () => {
  it.each(['closed', 'half_open', 'metrics_only', 'disabled'] as const)(
    'resolves at once in %s',
    async (state) => {
      const { breaker, clock } = aBreakerIn(state);
      await breaker.whenAvailable();
      expect(clock.timerCount).toBe(0);
    },
  );

  it('resolves at once where the breaker was made disabled', async () => {
    const { breaker, clock } = aBreaker({ initialState: 'disabled' });
    await breaker.whenAvailable();
    expect(clock.timerCount).toBe(0);
  });

  it('resolves when the wait of an open circuit is over, without a call', async () => {
    const { breaker, clock, signals } = aBreakerIn('open');
    const isDone = watched(breaker.whenAvailable());
    clock.advance(999);
    expect(await isDone()).toBe(false);
    clock.advance(1);
    expect(await isDone()).toBe(true);
    expect(breaker.state).toBe('open');
    expect(signals.of('rejected')).toEqual([]);
    expect(clock.timerCount).toBe(0);
  });

  it('resolves when a slot comes free, though it was asked in vain before', async () => {
    const { breaker, clock, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    const isDone = watched(breaker.whenAvailable());
    for (let i = 0; i < 3; i++) knock(breaker);
    expect(await isDone()).toBe(false);
    first.release();
    expect(await isDone()).toBe(true);
    expect(clock.timerCount).toBe(0);
  });

  it('leaves no listener on the signal it was given', async () => {
    const { breaker, clock } = aBreakerIn('open');
    const { signal } = new AbortController();
    const heard = new Set<unknown>();
    signal.addEventListener = (kind: string, listener: unknown) => void heard.add(`${kind} ${listener}`);
    signal.removeEventListener = (kind: string, listener: unknown) =>
      void heard.delete(`${kind} ${listener}`);
    const available = breaker.whenAvailable({ signal });
    expect(heard.size).toBe(1);
    clock.advance(1000);
    await available;
    expect(heard.size).toBe(0);
  });

  it('resolves when forMs is over', async () => {
    const { breaker, clock } = aBreaker();
    breaker.forceOpen({ forMs: 500 });
    const isDone = watched(breaker.whenAvailable());
    clock.advance(500);
    expect(await isDone()).toBe(true);
  });

  it('waits a fraction of a millisecond too long rather than asking again and again', async () => {
    const { breaker, clock } = aBreaker();
    breaker.forceOpen({ forMs: 99.5 });
    let timers = 0;
    const set = clock.setTimer.bind(clock);
    clock.setTimer = (run, delayMs) => {
      if (++timers > 5) throw new Error('too many timers');
      return set(run, delayMs);
    };
    const isDone = watched(breaker.whenAvailable());
    clock.advance(100);
    expect(await isDone()).toBe(true);
    expect(timers).toBe(1);
  });

  it('waits for a command where time alone will not do, without a timer', async () => {
    const { breaker, clock } = aBreaker({ retry: Never() });
    bad(breaker, 3);
    const isDone = watched(breaker.whenAvailable());
    expect(clock.timerCount).toBe(0);
    clock.advance(1e9);
    expect(await isDone()).toBe(false);
    breaker.reset();
    expect(await isDone()).toBe(true);
  });

  it('resolves when a slot comes free', async () => {
    const { breaker, clock, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    const isDone = watched(breaker.whenAvailable());
    expect(await isDone()).toBe(false);
    first.release();
    expect(await isDone()).toBe(true);
    expect(clock.timerCount).toBe(0);
  });

  it('resolves when the lease of a lost probe is over, with one timer until then', async () => {
    const { breaker, clock } = aHalfOpen({ maxHalfOpenCalls: 1, probeLeaseMs: 5000 });
    const isDone = watched(breaker.whenAvailable());
    expect(clock.timerCount).toBe(1);
    clock.advance(4999);
    expect(await isDone()).toBe(false);
    clock.advance(1);
    expect(await isDone()).toBe(true);
  });

  it('waits on through a lost probe that reopens the circuit', async () => {
    const { breaker, clock, signals } = aHalfOpen({
      maxHalfOpenCalls: 1,
      probeLeaseMs: 500,
      tripper: FailureStreak(1),
    });
    const isDone = watched(breaker.whenAvailable());
    clock.advance(500);
    expect(await isDone()).toBe(false);
    expect(signals.moves()).toEqual(['half_open → open (tripper)']);
    clock.advance(1000);
    expect(await isDone()).toBe(true);
  });

  it('waits on through maxHalfOpenMs', async () => {
    const { breaker, clock, signals } = aHalfOpen({ maxHalfOpenCalls: 1, maxHalfOpenMs: 500 });
    const isDone = watched(breaker.whenAvailable());
    clock.advance(500);
    expect(await isDone()).toBe(false);
    expect(signals.moves()).toEqual(['half_open → open (timeout)']);
    clock.advance(1000);
    expect(await isDone()).toBe(true);
  });

  it('follows a circuit that is opened again meanwhile', async () => {
    const { breaker, clock } = aBreakerIn('open');
    const isDone = watched(breaker.whenAvailable());
    clock.advance(500);
    breaker.forceOpen({ forMs: 2000 });
    expect(clock.timerCount).toBe(1);
    clock.advance(1999);
    expect(await isDone()).toBe(false);
    clock.advance(1);
    expect(await isDone()).toBe(true);
  });

  it('sets its timer again when that fired early', async () => {
    const { breaker, clock } = aBreakerIn('open');
    const set = clock.setTimer.bind(clock);
    clock.setTimer = (run, delayMs) => set(run, delayMs > 1 ? delayMs - 1 : delayMs);
    const isDone = watched(breaker.whenAvailable());
    clock.advance(999);
    expect(await isDone()).toBe(false);
    clock.advance(1);
    expect(await isDone()).toBe(true);
  });

  it('wakes everybody who waits', async () => {
    const { breaker } = aBreakerIn('forced_open');
    const all = [1, 2, 3].map(() => watched(breaker.whenAvailable()));
    breaker.reset();
    expect(await Promise.all(all.map((isDone) => isDone()))).toEqual([true, true, true]);
  });

  it('rejects with the reason of an aborted signal, before or while it waits, and leaves nothing behind', async () => {
    const { breaker, clock } = aBreakerIn('open');
    expect(await rejection(breaker.whenAvailable({ signal: AbortSignal.abort('never') }))).toBe('never');
    const controller = new AbortController();
    const waiting = rejection(breaker.whenAvailable({ signal: controller.signal }));
    expect(clock.timerCount).toBe(1);
    controller.abort('enough');
    expect(await waiting).toBe('enough');
    expect(clock.timerCount).toBe(0);
  });

  it('does not listen to the signal any more once it has resolved', async () => {
    const { breaker, clock } = aBreakerIn('open');
    const controller = new AbortController();
    let removed = 0;
    const remove = controller.signal.removeEventListener.bind(controller.signal);
    controller.signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      removed++;
      remove(...args);
    }) as typeof remove;
    const waiting = breaker.whenAvailable({ signal: controller.signal });
    clock.advance(1000);
    await waiting;
    expect(removed).toBe(1);
    controller.abort();
    await waiting;
  });

  it('waits on, with one timer, when its own question moves the circuit on', async () => {
    const { breaker, clock } = aHalfOpen({
      maxHalfOpenCalls: 1,
      probeLeaseMs: 500,
      tripper: FailureStreak(1),
    });
    breaker.subscribe({
      onTransition: ({ to }) => {
        if (to !== 'open') return;
        breaker.reset();
        breaker.forceOpen({ forMs: 9000 });
      },
    });
    const isDone = watched(breaker.whenAvailable());
    clock.advance(500);
    expect(breaker.state).toBe('forced_open');
    expect(await isDone()).toBe(false);
    expect(clock.timerCount).toBe(1);
    clock.advance(9000);
    expect(await isDone()).toBe(true);
    expect(clock.timerCount).toBe(0);
  });

  it('leaves one timer, however its own question moves the circuit and wakes it again', async () => {
    const { breaker, clock } = aHalfOpen({
      maxHalfOpenCalls: 1,
      probeLeaseMs: 500,
      tripper: FailureStreak(1),
    });
    breaker.subscribe({ onTransition: () => breaker.snapshot() });
    const isDone = watched(breaker.whenAvailable());
    clock.advance(500);
    expect(clock.timerCount).toBe(1);
    clock.advance(1000);
    expect(await isDone()).toBe(true);
    expect(clock.timerCount).toBe(0);
  });
});
