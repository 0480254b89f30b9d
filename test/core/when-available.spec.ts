import { describe, expect, it } from '@jest/globals';

import {
  Breaker,
  Cooldown,
  FailureRate,
  FailureStreak,
  isCallNotPermitted,
  KeyedBreakers,
  MinRequests,
  Never,
  RampUp,
  Random,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
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

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

const held = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

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
    await settled();
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
    await settled();
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

/** A consumer's loop, as docs/calls.md has it; how often it was refused. */
function consumer(breaker: Breaker, task: () => unknown = () => 'value'): Consumer {
  const controller = new AbortController();
  const { signal } = controller;
  const loop = { refusals: 0, done: 0, stop: () => controller.abort() };
  const run = async (): Promise<void> => {
    for (;;) {
      await breaker.whenAvailable({ signal });
      try {
        await breaker.execute(task);
        loop.done++;
      } catch (error) {
        if (!isCallNotPermitted(error)) throw error;
        loop.refusals++;
      }
    }
  };
  run().catch(() => undefined);
  return loop;
}

interface Consumer {
  readonly refusals: number;
  readonly done: number;
  readonly stop: () => void;
}

describe('those who wait', () => {
  /** How many of so many who wait were told. */
  const lineOf = (breaker: Breaker, length: number): { readonly told: number[] } => {
    const told: number[] = [];
    for (let i = 0; i < length; i++) void breaker.whenAvailable().then(() => told.push(i));
    return { told };
  };

  it('are told in their order, as many as there are places', async () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 3 });
    const others = [breaker.acquire(), breaker.acquire()];
    const line = lineOf(breaker, 6);
    await settled();
    expect(line.told).toEqual([]);
    first.release();
    await settled();
    expect(line.told).toEqual([0]);
    others.forEach((ticket) => ticket.release());
    await settled();
    expect(line.told).toEqual([0, 1, 2]);
  });

  it('are told as many as may probe when the wait of an open circuit is over', async () => {
    const { breaker, clock } = aBreakerIn('open', { maxHalfOpenCalls: 2 });
    const line = lineOf(breaker, 5);
    clock.advance(1000);
    await settled();
    expect(line.told).toEqual([0, 1]);
    const probes = [breaker.acquire(), breaker.acquire()];
    await settled();
    expect(line.told).toEqual([0, 1]);
    probes[1]!.release();
    await settled();
    expect(line.told).toEqual([0, 1, 2]);
  });

  it('are all told when the circuit closes', async () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    const line = lineOf(breaker, 5);
    first.succeed();
    await settled();
    expect([breaker.state, line.told]).toEqual(['closed', [0, 1, 2, 3, 4]]);
  });

  it('get the place of one who was told and does not call, a moment later', async () => {
    const { breaker, clock, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    const line = lineOf(breaker, 3);
    first.release();
    clock.advance(99);
    await settled();
    expect(line.told).toEqual([0]);
    clock.advance(1);
    await settled();
    expect(line.told).toEqual([0, 1]);
    clock.advance(100);
    await settled();
    expect(line.told).toEqual([0, 1, 2]);
    expect(clock.timerCount).toBe(0);
  });

  it('are told of the places that a reconfiguration brings, and of none that it takes', async () => {
    const { breaker } = aHalfOpen({ maxHalfOpenCalls: 1 });
    const line = lineOf(breaker, 4);
    breaker.reconfigure({ maxHalfOpenCalls: 3 });
    await settled();
    expect(line.told).toEqual([0, 1]);
    breaker.acquire();
    breaker.acquire();
    breaker.reconfigure({ maxHalfOpenCalls: 1 });
    await settled();
    expect(line.told).toEqual([0, 1]);
  });

  it('keep their order when one of them leaves, and no timer when the last does', async () => {
    const { breaker, clock, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    const controller = new AbortController();
    const left = rejection(breaker.whenAvailable({ signal: controller.signal }));
    const line = lineOf(breaker, 2);
    controller.abort('left');
    expect(await left).toBe('left');
    expect(clock.timerCount).toBe(1);
    first.release();
    await settled();
    expect(line.told).toEqual([0]);
  });

  it('a place that was kept before the circuit opened is kept no more', async () => {
    const { breaker, clock, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    const line = lineOf(breaker, 3);
    first.release();
    await settled();
    expect(line.told).toEqual([0]);
    breaker.forceOpen({ forMs: 10 });
    clock.advance(10);
    await settled();
    expect(line.told).toEqual([0, 1]);
  });

  it('a signal that a listener aborts while they come is seen', async () => {
    const { breaker, clock } = aHalfOpen({ probeLeaseMs: 500, tripper: FailureStreak(1) });
    const controller = new AbortController();
    breaker.subscribe({ onTransition: () => controller.abort('seen') });
    clock.advance(500);
    expect(await rejection(breaker.whenAvailable({ signal: controller.signal }))).toBe('seen');
    expect(clock.timerCount).toBe(0);
  });
});

describe('after a "no" of the permit', () => {
  it('whoever comes to wait is not told before 100 ms are over, whatever others are refused meanwhile', async () => {
    const { breaker, clock, first } = aHalfOpen({ permit: () => false });
    first.release();
    knock(breaker);
    const isDone = watched(breaker.whenAvailable());
    for (let i = 0; i < 99; i++) {
      clock.advance(1);
      knock(breaker);
    }
    expect(await isDone()).toBe(false);
    clock.advance(1);
    expect(await isDone()).toBe(true);
    expect(clock.timerCount).toBe(0);
  });

  it('whoever comes later than that is told at once, and so is who waits when the circuit closes', async () => {
    const { breaker, clock, first } = aHalfOpen({ permit: () => false });
    knock(breaker);
    clock.advance(100);
    await breaker.whenAvailable();
    knock(breaker);
    const isDone = watched(breaker.whenAvailable());
    expect(await isDone()).toBe(false);
    first.succeed();
    expect(breaker.state).toBe('closed');
    expect(await isDone()).toBe(true);
  });

  it('a loop asks ten times a second and leaves the event loop free', async () => {
    const { breaker, clock, first } = aHalfOpen({ permit: () => false });
    first.release();
    const loop = consumer(breaker);
    await clock.advanceAsync(1499);
    expect(loop.refusals).toBe(15);
    loop.stop();
    await settled();
    expect(clock.timerCount).toBe(0);
  });

  it('a hundred loops ask no more often than there are places', async () => {
    const { breaker, clock, first } = aHalfOpen({ permit: () => false, maxHalfOpenCalls: 2 });
    first.release();
    const loops = Array.from({ length: 100 }, () => consumer(breaker));
    await clock.advanceAsync(1499);
    expect(breaker.snapshot().calls.rejected).toBe(30);
    expect(loops.filter(({ refusals }) => refusals > 1)).toEqual([]); // In turn.
    loops.forEach(({ stop }) => stop());
  });

  it('a loop in real time, with a permit that says no for 1.5 s, makes few rejections and blocks nothing', async () => {
    let isWilling = false;
    const breaker = new Breaker('payments', {
      tripper: FailureStreak(1),
      retry: Cooldown(1),
      permit: () => isWilling,
    });
    breaker.forceOpen({ forMs: 1 });
    await sleep(2);
    breaker.acquire().release();
    const loop = consumer(breaker, () => sleep(10));
    let turns = 0;
    const turn = setInterval(() => turns++, 10);
    await sleep(1500);
    clearInterval(turn);
    expect(loop.refusals).toBeGreaterThan(5);
    expect(loop.refusals).toBeLessThan(20);
    expect(turns).toBeGreaterThan(75);
    isWilling = true;
    await sleep(250);
    loop.stop();
    expect(loop.done).toBeGreaterThan(0);
    expect(breaker.state).toBe('closed');
  });

  it.each([
    ['Random', Random(0.1)],
    ['RampUp', RampUp(0.05, 1, 10_000)],
  ])('a loop with %s goes on until the circuit closes', async (_, permit) => {
    const tripper = MinRequests(10).and(FailureRate(0.5));
    const { breaker, clock, signals, first } = aHalfOpen({ permit, tripper });
    first.release();
    const loop = consumer(breaker, () => clock.now());
    await clock.advanceAsync(1);
    expect([breaker.state, loop.refusals]).toEqual(['half_open', 1]);
    // The task ends at once, so when it is closed the loop would spin: it stops there.
    breaker.subscribe({ onTransition: () => loop.stop() });
    await clock.advanceAsync(60_000);
    expect(signals.moves()).toEqual(['half_open → closed (tripper)']);
    expect(loop.done).toBeGreaterThanOrEqual(10);
  });

  it('a key without room is told after a while as well: whoever asks for it again may find some', async () => {
    const clock = new ManualClock();
    const group = new KeyedBreakers('hosts', { keys: { max: 1, whenFull: 'reject' } }, { clock });
    group.for('a').forceOpen();
    const full = group.for('b');
    expect(knock(full)).toMatchObject({ reason: 'keys_full' });
    const isDone = watched(full.whenAvailable());
    expect(await isDone()).toBe(false);
    clock.advance(99);
    expect(await isDone()).toBe(false);
    clock.advance(1);
    expect(await isDone()).toBe(true);
    const loop = consumer(full);
    await clock.advanceAsync(1050);
    loop.stop();
    expect(loop.refusals).toBe(10);
  });
});

describe('the timer of one who waits', () => {
  it('holds the process where time alone ends the wait, until that is over', async () => {
    const breaker = new Breaker('payments', { tripper: FailureStreak(1), retry: Cooldown(20) });
    bad(breaker);
    const before = held();
    const isDone = breaker.whenAvailable();
    expect(held()).toBe(before + 1);
    await isDone;
    expect(held()).toBe(before);
  });

  it('does not exist where it does not: forced open, or open for ever', () => {
    const { breaker, clock } = aBreakerIn('forced_open');
    void breaker.whenAvailable();
    const other = aBreaker({ retry: Never() });
    bad(other.breaker, 3);
    void other.breaker.whenAvailable();
    expect([clock.timerCount, other.clock.timerCount]).toEqual([0, 0]);
  });
});
