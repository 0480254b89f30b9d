import { describe, expect, it } from '@jest/globals';

import { CountWindow, FailureRate, FailureStreak, MinRequests, TimeWindow } from '../../lib/core/index.js';
import { settled, thrown } from '../support/async.js';
import { aBreaker, aBreakerIn, aHalfOpen, bad, good, knock } from '../support/breaker.js';

describe('a command to the state that the circuit is in', () => {
  it('touches nothing: no window is made for it', () => {
    let windows = 0;
    const { breaker } = aBreaker({
      window: {
        create: (slowThresholdsMs) => {
          windows++;
          return CountWindow(10).create(slowThresholdsMs);
        },
      },
    });
    expect(breaker.reset()).toBe(false);
    expect(windows).toBe(1);
  });
});

describe('metrics_only', () => {
  const rule = MinRequests(2).and(FailureRate(0.5));

  it('records and judges, and rejects nobody', () => {
    const { breaker } = aBreakerIn('metrics_only');
    bad(breaker, 50);
    expect(knock(breaker)).not.toBeInstanceOf(Error);
    expect(breaker.snapshot()).toMatchObject({ state: 'metrics_only', metric: { failureCount: 50 } });
  });

  it('tells each crossing, once, both ways', () => {
    const { breaker, signals } = aBreakerIn('metrics_only', { tripper: rule });
    bad(breaker, 5);
    good(breaker, 20);
    bad(breaker, 30);
    expect(signals.of('wouldTrip')).toMatchObject([
      {
        seq: 1,
        wouldTrip: true,
        rule: String(rule),
        metric: { totalCount: 2 },
        lastError: expect.any(Error),
      },
      { seq: 2, wouldTrip: false, metric: { totalCount: 11, failureCount: 5 } },
      { seq: 3, wouldTrip: true },
    ]);
    expect(breaker.snapshot().wouldTrip).toBe(true);
  });

  it('is told no crossing when it is left, and begins anew', () => {
    const { breaker, signals } = aBreakerIn('metrics_only', { tripper: rule });
    bad(breaker, 2);
    breaker.reset();
    expect(breaker.snapshot().wouldTrip).toBe(false);
    breaker.metricsOnly();
    expect(breaker.snapshot()).toMatchObject({ wouldTrip: false, metric: { totalCount: 0 } });
    bad(breaker, 2);
    expect(signals.of('wouldTrip').map(({ wouldTrip }) => wouldTrip)).toEqual([true, true]);
  });

  it('is judged as closed, by calls and not by time', () => {
    const { breaker, clock, signals } = aBreakerIn('metrics_only', {
      tripper: rule,
      window: TimeWindow(1000),
    });
    bad(breaker, 2);
    clock.advance(5000);
    expect(breaker.snapshot()).toMatchObject({ wouldTrip: true, metric: { totalCount: 0 } });
    good(breaker);
    expect(signals.of('wouldTrip').map(({ wouldTrip }) => wouldTrip)).toEqual([true, false]);
  });

  it('ignores untracked errors', () => {
    const { breaker } = aBreakerIn('metrics_only', { tracker: () => false });
    bad(breaker);
    expect(breaker.snapshot().metric.totalCount).toBe(0);
  });
});

describe('disabled', () => {
  it('lets everybody through and records nothing', () => {
    const { breaker } = aBreakerIn('disabled');
    bad(breaker, 50);
    expect(breaker.snapshot()).toMatchObject({
      state: 'disabled',
      metric: { totalCount: 0 },
      failureStreak: 0,
      lastError: null,
      calls: { admitted: 50, unrecorded: 50, failure: 0 },
    });
  });

  it('still gives values, errors and fallbacks', async () => {
    const { breaker } = aBreakerIn('disabled');
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(
      await breaker.execute<string>(() => Promise.reject(new Error('down')), { fallback: () => 'instead' }),
    ).toBe('instead');
  });
});

describe('forceOpen', () => {
  it('rejects everybody, for ever without forMs', () => {
    const { breaker, clock } = aBreakerIn('forced_open');
    clock.advance(1e12);
    expect(knock(breaker)).toMatchObject({ state: 'forced_open', reason: 'forced_open', retryAfterMs: null });
  });

  it('tells its reason in the rejection, the signal and the snapshot', () => {
    const { breaker, signals } = aBreaker();
    breaker.forceOpen({ reason: 'maintenance', forMs: 1500.2 });
    expect(knock(breaker)).toMatchObject({
      operatorReason: 'maintenance',
      message:
        'circuit breaker "payments" is forced open (maintenance); the next probe is allowed in 1501 ms',
    });
    expect(signals.of('transition')[0]).toMatchObject({ operatorReason: 'maintenance', cause: 'operator' });
    expect(breaker.snapshot().operatorReason).toBe('maintenance');
    breaker.reset();
    expect(breaker.snapshot().operatorReason).toBeNull();
    expect(signals.of('transition')[1]).not.toHaveProperty('operatorReason');
  });

  it('has no reason when none was given', () => {
    const { breaker, signals } = aBreaker();
    breaker.forceOpen();
    expect(knock(breaker)).not.toHaveProperty('operatorReason');
    expect(knock(breaker)).toMatchObject({ message: 'circuit breaker "payments" is forced open' });
    expect(signals.of('transition')[0]).not.toHaveProperty('operatorReason');
  });

  it('with forMs makes the next call after it the first probe', () => {
    const { breaker, clock, signals } = aBreaker();
    breaker.forceOpen({ forMs: 5000 });
    clock.advance(4999);
    expect(knock(breaker)).toMatchObject({ retryAfterMs: 1 });
    clock.advance(1);
    expect(breaker.snapshot()).toMatchObject({ state: 'forced_open', retryAfterMs: 0 });
    expect(knock(breaker)).not.toBeInstanceOf(Error);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 1 });
    expect(signals.moves()).toEqual(['closed → forced_open (operator)', 'forced_open → half_open (timeout)']);
  });

  it('again changes neither reason nor time', () => {
    const { breaker } = aBreaker();
    breaker.forceOpen({ reason: 'first', forMs: 5000 });
    expect(breaker.forceOpen({ reason: 'second' })).toBe(false);
    expect(breaker.snapshot()).toMatchObject({ operatorReason: 'first', retryAfterMs: 5000 });
  });

  it.each([
    [{ forMs: 0 }, 'forMs must be a finite number of milliseconds > 0, got 0.'],
    [{ forMs: NaN }, 'forMs must be a finite number of milliseconds > 0, got NaN.'],
    [{ forMs: Infinity }, 'forMs must be a finite number of milliseconds > 0, got Infinity.'],
    [{ forMs: '5' }, 'forMs must be a finite number of milliseconds > 0, got "5".'],
    [{ reason: 7 }, 'reason must be a string, got 7.'],
    [{ forMS: 5 }, 'options.forMS is not an option. Did you mean forMs?'],
    [null, 'options must be an options object, got null.'],
    [5000, 'options must be an options object, got 5000.'],
  ])('refuses %j', (options, text) => {
    const { breaker } = aBreaker();
    expect(thrown(() => breaker.forceOpen(options as never))).toMatchObject({
      code: 'FLUXGATE_CONFIG',
      message: `Breaker "payments".forceOpen: ${text}`,
    });
    expect(breaker.state).toBe('closed');
  });
});

describe('a command to the state the circuit is in', () => {
  it.each([
    ['reset', 'closed'],
    ['disable', 'disabled'],
    ['metricsOnly', 'metrics_only'],
    ['forceOpen', 'forced_open'],
  ] as const)('%s() in %s does nothing and tells nobody', (command, state) => {
    const { breaker, clock, signals } = aBreakerIn(state);
    const late = state === 'forced_open' ? undefined : breaker.acquire();
    if (state !== 'forced_open') bad(breaker);
    clock.advance(100);
    const before = breaker.snapshot();
    signals.clear();
    expect(breaker[command]()).toBe(false);
    expect(breaker.snapshot()).toEqual(before);
    expect(signals.signals).toEqual([]);
    if (state !== 'disabled' && late !== undefined) expect(late.succeed()).toBe(true);
  });
});

describe('a command in half_open', () => {
  it('first ends what time has ended', () => {
    const { breaker, clock, signals } = aHalfOpen({ tripper: FailureStreak(1), probeLeaseMs: 100 });
    clock.advance(100);
    expect(breaker.reset()).toBe(true);
    expect(signals.moves()).toEqual(['half_open → open (tripper)', 'open → closed (operator)']);
  });
});

describe('a command that names a state which is over by time, though nobody has called since', () => {
  it('is obeyed: a stop ordered after forMs is a stop, and tells listeners', () => {
    const { breaker, clock, signals } = aBreaker();
    breaker.forceOpen({ reason: 'first', forMs: 5000 });
    clock.advance(5000);
    signals.clear();
    expect(breaker.forceOpen({ reason: 'second' })).toBe(true);
    expect(knock(breaker)).toMatchObject({ reason: 'forced_open', operatorReason: 'second' });
    clock.advance(1e9);
    expect(knock(breaker)).toMatchObject({ reason: 'forced_open', retryAfterMs: null });
    expect(signals.moves()).toEqual(['forced_open → forced_open (operator)']);
    expect(signals.of('transition')[0]).toMatchObject({ operatorReason: 'second', retryAt: null });
  });

  it('begins its time anew, as of now', () => {
    const { breaker, clock } = aBreaker();
    breaker.forceOpen({ forMs: 5000 });
    clock.advance(7000);
    expect(breaker.forceOpen({ forMs: 3000 })).toBe(true);
    expect(breaker.snapshot()).toMatchObject({ state: 'forced_open', retryAfterMs: 3000 });
    clock.advance(2999);
    expect(knock(breaker)).toMatchObject({ reason: 'forced_open' });
    clock.advance(1);
    expect(knock(breaker)).not.toBeInstanceOf(Error);
  });

  it('one instant before, and once a call has come, it is as ever', () => {
    const { breaker, clock } = aBreaker();
    breaker.forceOpen({ forMs: 5000 });
    clock.advance(4999);
    expect(breaker.forceOpen()).toBe(false);
    clock.advance(1);
    knock(breaker);
    expect(breaker.state).toBe('half_open');
    expect(breaker.forceOpen()).toBe(true);
    expect(breaker.forceOpen()).toBe(false);
  });

  it.each(['reset', 'disable', 'metricsOnly'] as const)('so is %s, in a state that is over', (command) => {
    for (const over of ['open', 'forced_open'] as const) {
      const { breaker, clock } = aBreaker();
      if (over === 'open') bad(breaker, 3);
      else breaker.forceOpen({ forMs: 1000 });
      clock.advance(1000);
      expect(breaker.state).toBe(over);
      expect(breaker[command]()).toBe(true);
      expect(breaker[command]()).toBe(false);
    }
  });

  it('an open circuit whose wait is over is forced open', () => {
    const { breaker, clock } = aBreakerIn('open');
    clock.advance(1000);
    expect(breaker.forceOpen()).toBe(true);
    expect(knock(breaker)).toMatchObject({ reason: 'forced_open' });
  });

  it('keeps those waiting who were not told yet', async () => {
    const { breaker, clock } = aBreaker({ maxHalfOpenCalls: 1 });
    breaker.forceOpen({ forMs: 1000 });
    const told: number[] = [];
    for (const i of [1, 2]) void breaker.whenAvailable().then(() => told.push(i));
    clock.advance(1000);
    breaker.forceOpen();
    clock.advance(1e6);
    await settled();
    expect(told).toEqual([1]);
    expect(clock.timerCount).toBe(0);
  });
});
