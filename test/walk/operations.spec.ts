import { describe, expect, it } from '@jest/globals';

import {
  BreakerRegistry,
  FailureRate,
  HttpStatusIn,
  MinRequests,
  type BreakerSnapshot,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { RecordingListener } from '../../lib/testing/recording-listener.js';
import { rejection } from '../support/async.js';
import { aBreaker, bad, good, knock } from '../support/breaker.js';

describe('a maintenance window', () => {
  it('is announced, rejects with its reason, and ends by itself with a careful first probe', () => {
    const { breaker, clock, signals } = aBreaker({ maxHalfOpenCalls: 1 });
    breaker.forceOpen({ reason: 'database upgrade', forMs: 600_000 });
    expect(knock(breaker)).toMatchObject({ operatorReason: 'database upgrade', retryAfterMs: 600_000 });
    clock.advance(600_000);
    const probe = breaker.acquire();
    expect(knock(breaker)).toMatchObject({ reason: 'half_open' });
    probe.succeed();
    good(breaker);
    expect(signals.moves()).toEqual([
      'closed → forced_open (operator)',
      'forced_open → half_open (timeout)',
      'half_open → closed (tripper)',
    ]);
  });

  it('that is not over yet in fact opens the circuit by the ordinary rules', () => {
    const { breaker, clock } = aBreaker();
    breaker.forceOpen({ forMs: 1000 });
    clock.advance(1000);
    bad(breaker, 3);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', reopens: 1, retryAfterMs: 1000 });
  });

  it('can be called off', () => {
    const { breaker } = aBreaker();
    breaker.forceOpen({ reason: 'oops' });
    breaker.reset();
    expect(knock(breaker)).not.toBeInstanceOf(Error);
  });
});

describe('a trial run of new rules', () => {
  it('shows when the circuit would have opened and recovered, and touches no call', async () => {
    const { breaker, signals } = aBreaker({
      initialState: 'metrics_only',
      tripper: MinRequests(10).and(FailureRate(0.5)),
    });
    for (let i = 0; i < 20; i++) {
      const error = new Error('down');
      expect(await rejection(breaker.execute(() => Promise.reject(error)))).toBe(error);
    }
    good(breaker, 21);
    expect(signals.of('wouldTrip').map(({ wouldTrip, metric }) => [wouldTrip, metric.totalCount])).toEqual([
      [true, 10],
      [false, 41],
    ]);
    expect(signals.of('transition')).toEqual([]);
    expect(breaker.snapshot().calls).toMatchObject({ rejected: 0 });
    breaker.reset();
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', metric: { totalCount: 0 } });
  });
});

describe('a dashboard of several breakers', () => {
  it('reads all of them as JSON and hears of all of them in one place', () => {
    const clock = new ManualClock();
    const signals = new RecordingListener();
    const registry = new BreakerRegistry({
      clock,
      listeners: [signals],
      defaults: { tripper: MinRequests(2).and(FailureRate(0.5)), tracker: HttpStatusIn(500, 599) },
    });
    const [payments, stock] = [registry.create('payments'), registry.create('stock')];
    bad(payments, 2, { status: 503 });
    bad(stock, 9, { status: 404 });
    const read = JSON.parse(JSON.stringify(registry.list())) as BreakerSnapshot[];
    expect(read.map(({ name, state }) => [name, state])).toEqual([
      ['payments', 'open'],
      ['stock', 'closed'],
    ]);
    expect(read[1]!.calls.ignored).toBe(9);
    expect(signals.of('transition')).toMatchObject([{ breaker: 'payments', seq: 1, to: 'open' }]);
  });
});
