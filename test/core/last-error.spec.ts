import { describe, expect, it } from '@jest/globals';

import {
  Breaker,
  FailureStreak,
  MinRequests,
  or,
  SlowRate,
  TripWhen,
  type BreakerOptions,
  type RetryContext,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { aBreaker, aBreakerIn, aHalfOpen, bad, good, slow } from '../support/breaker.js';

const down = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
const KEPT = { name: 'Error', message: 'connect refused', code: 'ECONNREFUSED' };

/** Keeps what its retry is given. */
function withRetry(options: BreakerOptions = {}) {
  const given: unknown[] = [];
  const retry = ({ lastError }: RetryContext): number => {
    given.push(lastError);
    return 1000;
  };
  return { given, ...aBreaker({ retry, ...options }) };
}

describe('the error of a call', () => {
  it('is carried by the transition that this call causes, and given to the retry then', () => {
    const { breaker, signals, given } = withRetry({ tripper: FailureStreak(1) });
    bad(breaker, 1, down);
    expect(signals.of('transition')[0]!.lastError).toBe(down);
    expect(given).toEqual([down]);
    expect(given[0]).toBe(down);
  });

  it('is carried by the crossing that this call causes in metrics_only, and no more by the next', () => {
    const { breaker, signals } = aBreakerIn('metrics_only');
    bad(breaker, 3, down);
    good(breaker);
    const [would, wouldNot] = signals.of('wouldTrip');
    expect(would!.lastError).toBe(down);
    expect(wouldNot!.lastError).toEqual(KEPT);
  });

  it('is carried by the reopening that a failed probe causes', () => {
    const { first, signals } = aHalfOpen({ tripper: FailureStreak(1) });
    first.fail(down);
    expect(signals.of('transition')[0]!.lastError).toBe(down);
  });

  it('is the timeout of a probe whose lease is over', () => {
    const { breaker, clock, signals } = aHalfOpen({ tripper: FailureStreak(1), probeLeaseMs: 50 });
    clock.advance(50);
    expect(breaker.state).toBe('open');
    expect(signals.of('transition')[0]!.lastError).toMatchObject({ code: 'CIRCUIT_CALL_TIMEOUT' });
  });
});

describe('what is kept of it', () => {
  it('are name, message and code, frozen: in transitions that other calls cause', () => {
    const made = withRetry({ tripper: or(FailureStreak(9), MinRequests(2).and(SlowRate(0.5, 100))) });
    bad(made.breaker, 1, down);
    slow(made, 200);
    const { lastError } = made.signals.of('transition')[0]!;
    expect(lastError).toEqual(KEPT);
    expect(Object.isFrozen(lastError)).toBe(true);
    expect(made.given).toEqual([KEPT]);
  });

  it('are they in transitions by command, by time and by a restored state', () => {
    const { breaker, signals } = aBreaker();
    bad(breaker, 1, down);
    breaker.forceOpen();
    expect(signals.of('transition')[0]!.lastError).toEqual(KEPT);

    const late = aHalfOpen({ maxHalfOpenMs: 50 });
    late.first.fail(down);
    late.clock.advance(50);
    expect(late.breaker.state).toBe('open');
    expect(late.signals.of('transition')[0]!.lastError).toEqual(KEPT);

    const other = aBreaker();
    bad(other.breaker, 1, down);
    other.breaker.restore(JSON.parse(JSON.stringify(breaker.snapshot({ window: true }))));
    expect(other.signals.of('transition')[0]!.lastError).toEqual(KEPT);
  });

  it('is the code of the cause, where the error has none of its own', () => {
    const { breaker, signals } = aBreaker();
    bad(breaker, 1, new TypeError('fetch failed', { cause: down }));
    breaker.disable();
    expect(signals.of('transition')[0]!.lastError).toEqual({
      name: 'TypeError',
      message: 'fetch failed',
      code: 'ECONNREFUSED',
    });
  });

  it('is read once, when the call ends: what becomes of the error later does not show', () => {
    const { breaker } = aBreaker();
    const error = new Error('as it was');
    bad(breaker, 1, error);
    error.message = 'as it is';
    expect(breaker.snapshot().lastError).toBe('Error: as it was');
  });

  it('is nothing of a value that trackResult took for a failure', () => {
    const { breaker, signals } = aBreaker({ trackResult: () => true });
    good(breaker);
    breaker.disable();
    expect(signals.of('transition')[0]!.lastError).toBeUndefined();
    expect(breaker.snapshot().lastError).toBe('a returned value (trackResult)');
  });

  it('is of the failures of one state, and of those before only for the snapshot', () => {
    const { breaker, signals } = aBreaker();
    bad(breaker, 1, down);
    breaker.disable();
    breaker.metricsOnly();
    expect(signals.of('transition')[1]!.lastError).toBeUndefined();
    expect(breaker.snapshot().lastError).toBe('Error: connect refused (ECONNREFUSED)');
    breaker.reset();
    expect(breaker.snapshot().lastError).toBeNull();
  });
});

describe('a call that a part makes while another is settled', () => {
  it('does not take the error of the outer one away', () => {
    const inner = new Error('inner');
    let hasCalled = false;
    const tripper = TripWhen(({ failureStreak }) => {
      if (!hasCalled) {
        hasCalled = true;
        bad(breaker, 1, inner);
        return true;
      }
      return failureStreak > 5;
    });
    const { breaker, signals } = aBreaker({ tripper });
    bad(breaker, 1, down);
    expect(signals.of('transition')[0]!.lastError).toBe(down);
  });

  it('leaves nothing behind when the clock throws in the middle', () => {
    const clock = new ManualClock();
    const told: unknown[] = [];
    const breaker = new Breaker(
      'payments',
      { tripper: FailureStreak(1), listeners: [{ onTransition: ({ lastError }) => told.push(lastError) }] },
      { clock },
    );
    const ticket = breaker.acquire();
    const now = clock.now.bind(clock);
    let looks = 0;
    clock.now = () => {
      if (++looks > 1) throw new Error('no time');
      return now();
    };
    expect(() => ticket.fail(down)).toThrow('no time');
    clock.now = now;
    breaker.disable();
    expect(told).toHaveLength(1);
    expect(told[0]).not.toBe(down);
  });
});

describe('errors that bite', () => {
  it.each<[string, () => unknown, string]>([
    [
      'a getter that throws',
      () =>
        Object.defineProperty(new Error(), 'message', {
          get: () => {
            throw new Error('bite');
          },
        }),
      'an error that cannot be read',
    ],
    [
      'a proxy that throws',
      () =>
        new Proxy(new Error(), {
          get: () => {
            throw new Error('bite');
          },
          has: () => {
            throw new Error('bite');
          },
          getPrototypeOf: () => {
            throw new Error('bite');
          },
        }),
      'an error that cannot be read',
    ],
    ['a message of a megabyte', () => new Error('x'.repeat(2 ** 20)), `Error: ${'x'.repeat(248)}`],
    ['a null cause', () => new Error('down', { cause: null }), 'Error: down'],
    ['a name of a megabyte', () => Object.assign(new Error('down'), { name: 'N'.repeat(2 ** 20) }), 'NNN'],
    ['no error', () => ({}), 'an object (Object)'],
  ])('%s: the call is counted, and the caller gets it', async (_what, make, text) => {
    const error = make();
    const breaker = new Breaker('payments');
    await expect(breaker.execute(() => Promise.reject(error))).rejects.toBe(error);
    expect(breaker.snapshot().calls.failure).toBe(1);
    expect(breaker.snapshot().lastError!.startsWith(text)).toBe(true);
    expect(breaker.snapshot().lastError!.length).toBeLessThan(257);
  });
});
