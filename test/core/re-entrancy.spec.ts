import { describe, expect, it } from '@jest/globals';

import {
  CountWindow,
  FailureStreak,
  MinRequests,
  TripWhen,
  type Breaker,
  type Ticket,
} from '../../lib/core/index.js';
import { rejection } from '../support/async.js';
import { aBreaker, aHalfOpen, bad, good, knock, type Made } from '../support/breaker.js';

/** A part that calls the breaker it belongs to, once it is armed. */
function aMeddler(): { meddle: () => void; arm: (run: () => void) => void } {
  let armed: (() => void) | undefined;
  return {
    meddle: () => {
      const run = armed;
      armed = undefined;
      run?.();
    },
    arm: (run) => {
      armed = run;
    },
  };
}

describe('a listener that calls the breaker', () => {
  it('may execute, reset and read without a deadlock', async () => {
    const seen: unknown[] = [];
    const made: Made = aBreaker({
      listeners: [
        {
          onTransition: ({ to }) => {
            if (to !== 'open') return;
            seen.push(knock(made.breaker) instanceof Error, made.breaker.snapshot().state);
            made.breaker.reset();
            seen.push(made.breaker.executeSync(() => 'value'));
          },
        },
      ],
    });
    bad(made.breaker, 3);
    expect(seen).toEqual([true, 'open', 'value']);
    expect(made.breaker.snapshot()).toMatchObject({ state: 'closed', metric: { totalCount: 1 } });
  });

  it('may move the circuit on while a call is admitted: the call belongs to the state that admitted it', async () => {
    const made: Made = aBreaker({
      listeners: [{ onTransition: ({ to }) => void (to === 'half_open' && made.breaker.reset()) }],
    });
    const { breaker, clock } = made;
    bad(breaker, 3);
    clock.advance(1000);
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: { unrecorded: 1, inFlight: 0 } });
  });

  it('may subscribe and unsubscribe while signals are delivered', () => {
    const { breaker } = aBreaker();
    const offs: (() => void)[] = [];
    const add = (): void => void offs.push(breaker.subscribe({ onTransition: add }));
    add();
    breaker.disable();
    breaker.reset();
    offs.forEach((off) => off());
    expect(offs).toHaveLength(4);
    breaker.disable();
    expect(offs).toHaveLength(4);
  });
});

describe('a permit that calls the breaker', () => {
  it('and takes the last slot leaves none for its own call', () => {
    const { meddle, arm } = aMeddler();
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 2, permit: () => (meddle(), true) });
    first.release();
    breaker.acquire();
    arm(() => breaker.acquire());
    expect(knock(breaker)).toMatchObject({ reason: 'half_open' });
    expect(breaker.snapshot().probesInFlight).toBe(2);
  });

  it.each([
    ['reset', undefined],
    ['disable', undefined],
    ['forceOpen', 'forced_open'],
  ] as const)('and moves it by %s() has the call judged by the new state', (command, reason) => {
    const { meddle, arm } = aMeddler();
    const { breaker } = aHalfOpen({ permit: () => (meddle(), reason !== undefined) });
    arm(() => breaker[command]());
    const got = knock(breaker);
    if (reason === undefined) expect(got).not.toBeInstanceOf(Error);
    else expect(got).toMatchObject({ reason });
  });
});

describe('a tripper that calls the breaker', () => {
  const meddling = (): { breaker: Breaker; first: Ticket; arm: (run: () => void) => void; made: Made } => {
    const { meddle, arm } = aMeddler();
    const made = aHalfOpen({ tripper: () => (meddle(), true) });
    return { ...made, arm, made };
  };

  it.each(['reset', 'disable', 'forceOpen', 'metricsOnly'] as const)(
    'and moves it by %s() has the last word over a probe',
    (command) => {
      const { breaker, first, arm, made } = meddling();
      arm(() => breaker[command]());
      first.fail(new Error('down'));
      expect(breaker.state).not.toBe('open');
      expect(made.signals.of('transition')).toHaveLength(1);
    },
  );

  it('has it while closed and in a trial run as well', () => {
    const { meddle, arm } = aMeddler();
    const { breaker, signals } = aBreaker({ tripper: () => (meddle(), true) });
    arm(() => breaker.metricsOnly());
    bad(breaker);
    expect(breaker.state).toBe('metrics_only');
    arm(() => breaker.disable());
    bad(breaker);
    expect(breaker.state).toBe('disabled');
    expect(signals.of('wouldTrip')).toEqual([]);
  });

  it('and makes a call while it explains itself has its verdict told once', () => {
    let asked = 0;
    const { breaker, signals } = aBreaker({
      initialState: 'metrics_only',
      tripper: () => {
        if (++asked === 2) bad(breaker);
        return true;
      },
    });
    bad(breaker);
    expect(signals.of('wouldTrip')).toMatchObject([{ seq: 1, wouldTrip: true }]);
  });

  it('and makes a call meanwhile has each call judged by its own figures', () => {
    const { meddle, arm } = aMeddler();
    const seen: number[] = [];
    const watch = TripWhen(({ failureStreak }) => {
      meddle();
      seen.push(failureStreak);
      return false;
    });
    const { breaker } = aBreaker({ tripper: watch.or(FailureStreak(9)) });
    arm(() => good(breaker));
    bad(breaker);
    expect(seen).toEqual([0, 1]);
  });

  it('and settles another probe meanwhile does not settle one twice', () => {
    const { meddle, arm } = aMeddler();
    const rule = TripWhen(() => (meddle(), false)).or(MinRequests(5).and(FailureStreak(5)));
    const { breaker, first } = aHalfOpen({ tripper: rule });
    const second = breaker.acquire();
    arm(() => second.fail(new Error('too')));
    first.fail(new Error('down'));
    expect(breaker.snapshot()).toMatchObject({
      state: 'half_open',
      probesInFlight: 0,
      metric: { totalCount: 2, failureCount: 2 },
    });
  });
});

describe('a retry that calls the breaker', () => {
  it.each([
    ['reset', 'closed'],
    ['disable', 'disabled'],
  ] as const)('and moves it by %s() is not overruled', (command, state) => {
    const { meddle, arm } = aMeddler();
    const { breaker, first } = aHalfOpen({ tripper: FailureStreak(1), retry: () => (meddle(), 1000) });
    arm(() => breaker[command]());
    first.fail(new Error('down'));
    expect(breaker.snapshot()).toMatchObject({ state, reopens: 0 });
  });
});

describe('a window that calls the breaker', () => {
  it('while it is made is not overruled', () => {
    const { meddle, arm } = aMeddler();
    const { breaker } = aBreaker({ window: () => (meddle(), CountWindow(5).create([])) });
    breaker.disable();
    arm(() => breaker.forceOpen());
    breaker.reset();
    expect(breaker.state).toBe('forced_open');
    arm(() => breaker.disable());
    breaker.metricsOnly();
    expect(breaker.state).toBe('disabled');
  });
});

describe('a tracker that calls the breaker', () => {
  it('may reset it: the call belongs to a state that is over', async () => {
    const made: Made = aBreaker({ tracker: () => made.breaker.disable() });
    await rejection(made.breaker.execute(() => Promise.reject(new Error('down'))));
    expect(made.breaker.snapshot()).toMatchObject({ state: 'disabled', calls: { unrecorded: 1 } });
  });
});

describe('a task that calls the breaker', () => {
  it('may use the same breaker again', async () => {
    const { breaker } = aBreaker();
    expect(await breaker.execute(() => breaker.execute(() => breaker.executeSync(() => 'deep')))).toBe(
      'deep',
    );
    expect(breaker.snapshot().calls.success).toBe(3);
  });

  it('goes with the probe that makes it, without a place or a record', async () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    first.release();
    const nested = breaker.execute(() => breaker.execute(() => 'inner'));
    expect(await nested).toBe('inner');
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: { admitted: 2, success: 1 } });
  });
});

describe('a fallback that calls the breaker', () => {
  it('is a call like any other', async () => {
    const { breaker } = aBreaker();
    const call = breaker.execute<string>(() => Promise.reject(new Error('down')), {
      fallback: () => breaker.execute(() => 'second try'),
    });
    expect(await call).toBe('second try');
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, success: 1 });
  });
});

describe('time that ends things', () => {
  it('while a listener reads the state is told in order', () => {
    const moves: string[] = [];
    const { breaker, clock } = aHalfOpen({ tripper: FailureStreak(1), probeLeaseMs: 100 });
    breaker.subscribe({ onCall: () => breaker.state, onTransition: ({ to }) => moves.push(to) });
    clock.advance(1100);
    knock(breaker);
    expect(moves).toEqual(['open', 'half_open']);
  });
});
