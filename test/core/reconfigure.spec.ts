import { describe, expect, it } from '@jest/globals';

import {
  All,
  AvgLatency,
  Breaker,
  Cooldown,
  CountWindow,
  FailureRate,
  FailureStreak,
  HalfOpened,
  MinRequests,
  SlowRate,
  TimeWindow,
  TypeOf,
  type BreakerOptions,
  type Tripper,
  type WindowLike,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { deferred, thrown } from '../support/async.js';
import { aBreaker, aBreakerIn, aHalfOpen, bad, good, knock, slow } from '../support/breaker.js';

const STATES = ['closed', 'open', 'half_open', 'metrics_only', 'disabled', 'forced_open'] as const;

describe('reconfigure', () => {
  it.each(STATES)('keeps the state: %s', (state) => {
    const { breaker } = aBreakerIn(state);
    const before = breaker.snapshot();
    expect(breaker.reconfigure({ tripper: FailureStreak(7) })).toBe(true);
    expect(breaker.snapshot()).toEqual({
      ...before,
      rules: { ...before.rules, tripper: 'FailureStreak(7)' },
    });
  });

  it('keeps what is not named, defaults too', () => {
    const clockless = { defaults: { timeoutMs: 500 } };
    const { breaker } = aBreaker({ maxHalfOpenCalls: 3 }, clockless);
    breaker.reconfigure({ window: CountWindow(7) });
    expect(breaker.timeoutMs).toBe(500);
    expect(breaker.snapshot().rules).toMatchObject({ window: 'CountWindow(7)', tripper: 'FailureStreak(3)' });
  });

  it('judges the next recorded call by the new rule, and none before', () => {
    const { breaker } = aBreaker({ tripper: FailureStreak(10) });
    bad(breaker, 4);
    breaker.reconfigure({ tripper: FailureStreak(2) });
    expect(breaker.state).toBe('closed');
    bad(breaker);
    expect(breaker.state).toBe('open');
  });

  it('asks the new rule though the figures are as they were', () => {
    const { breaker } = aBreaker({ tripper: MinRequests(4).and(FailureRate(0.9)), window: CountWindow(4) });
    bad(breaker, 2);
    good(breaker, 2);
    bad(breaker, 2);
    expect(breaker.state).toBe('closed');
    breaker.reconfigure({ tripper: MinRequests(4).and(FailureRate(0.5)) });
    good(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('lets a call that runs count, by the tracker of its end', () => {
    const { breaker } = aBreaker({ tripper: FailureStreak(1) });
    const running = breaker.acquire();
    breaker.reconfigure({ tracker: TypeOf(RangeError) });
    running.fail(new TypeError('mine'));
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: { ignored: 1 } });
  });

  it('counts by the new tracker, also where a place of call was worked out before', async () => {
    const { breaker } = aBreaker({ tripper: FailureStreak(1) });
    const call = breaker.wrap(() => Promise.reject(new TypeError('mine')));
    breaker.reconfigure({ tracker: TypeOf(RangeError) });
    await expect(call()).rejects.toThrow('mine');
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, failure: 0 });
    breaker.reconfigure({ tracker: All(), untracked: 'success' });
    await expect(call()).rejects.toThrow('mine');
    expect(breaker.state).toBe('open');
  });

  it('takes a new result tracker, and what untracked errors are', async () => {
    const { breaker } = aBreaker({ tracker: () => false });
    breaker.reconfigure({ trackResult: (value) => value === 'bad', untracked: 'success' });
    await breaker.execute(() => 'bad');
    bad(breaker);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, success: 1 });
  });

  it('sets a time limit and takes it away', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    breaker.reconfigure({ timeoutMs: 'none' });
    const call = breaker.execute(() => new Promise((resolve) => clock.setTimer(() => resolve('late'), 5000)));
    clock.advance(5000);
    await expect(call).resolves.toBe('late');
    breaker.reconfigure({ timeoutMs: 50 });
    const second = breaker.execute(() => new Promise(() => undefined));
    clock.advance(50);
    await expect(second).rejects.toThrow(/timed out|took longer|50 ms/);
  });

  it('gives rejections a stack trace, or takes it away', () => {
    const { breaker } = aBreakerIn('forced_open');
    breaker.reconfigure({ rejectionStackTraces: true });
    expect((knock(breaker) as Error).stack).toContain('reconfigure.spec');
  });

  describe('the window', () => {
    it('stays where it fits', () => {
      const { breaker } = aBreaker({ window: CountWindow(10), tripper: FailureStreak(9) });
      bad(breaker, 4);
      breaker.reconfigure({ window: CountWindow(10), tripper: FailureStreak(8) });
      expect(breaker.snapshot()).toMatchObject({ metric: { failureCount: 4 }, failureStreak: 4 });
    });

    it.each<[string, BreakerOptions]>([
      ['of another size', { window: CountWindow(11) }],
      ['of another kind', { window: TimeWindow(1000) }],
      ['for other slow thresholds', { tripper: SlowRate(0.5, 200) }],
    ])('starts empty: %s', (_, change) => {
      const { breaker, signals } = aBreaker({ window: CountWindow(10), tripper: FailureStreak(9) });
      bad(breaker, 4);
      breaker.reconfigure(change);
      expect(breaker.snapshot()).toMatchObject({ state: 'closed', metric: { totalCount: 0 } });
      expect(signals.of('reconfigured')).toMatchObject([{ isWindowKept: false }]);
      bad(breaker);
      expect(breaker.snapshot().metric.totalCount).toBe(1);
    });

    it('of your own stays while it is the same one, and is another one whatever its text says', () => {
      const aWindow = (): WindowLike => ({
        create: () => CountWindow(10).create([]),
        toString: () => 'Mine()',
      });
      const window = aWindow();
      const { breaker } = aBreaker({ window });
      bad(breaker, 2);
      breaker.reconfigure({ tripper: FailureStreak(8) });
      expect(breaker.snapshot().metric.totalCount).toBe(2);
      breaker.reconfigure({ window: aWindow() });
      expect(breaker.snapshot().metric.totalCount).toBe(0);
    });

    it('records a call that was running into the new one', () => {
      const { breaker } = aBreaker({ window: CountWindow(10) });
      const running = breaker.acquire();
      breaker.reconfigure({ window: CountWindow(20) });
      running.fail(new Error('down'));
      expect(breaker.snapshot().metric).toMatchObject({ totalCount: 1, failureCount: 1 });
    });

    it('of time counts a call that began when nobody timed it', async () => {
      const breaker = new Breaker('untold', {}, { clock: new ManualClock() });
      // So short that those after them are not timed.
      for (let i = 0; i < 2; i++) await breaker.execute(() => 'short');
      const running = deferred();
      const calls = [1, 2].map(() => breaker.execute(() => running.promise));
      breaker.reconfigure({ window: TimeWindow(60_000) });
      running.resolve('done');
      await Promise.all(calls);
      expect(breaker.snapshot().metric).toMatchObject({ totalCount: 2, failureCount: 0 });
    });

    it('of metrics_only starts empty as well', () => {
      const { breaker } = aBreakerIn('metrics_only');
      bad(breaker, 2);
      breaker.reconfigure({ window: CountWindow(3) });
      expect(breaker.snapshot()).toMatchObject({ state: 'metrics_only', metric: { totalCount: 0 } });
    });

    it('times calls from now on, when the new rule looks at durations', () => {
      const made = aBreaker({ window: CountWindow(10) });
      made.breaker.reconfigure({ tripper: MinRequests(2).and(AvgLatency(100)) });
      slow(made, 150);
      slow(made, 150);
      expect(made.breaker.state).toBe('open');
    });
  });

  describe('in half_open', () => {
    const rule = (count: number): Tripper => MinRequests(count).and(FailureRate(0.5));

    it('keeps the probes that have ended, and judges by the new evidence', () => {
      const { breaker, first } = aHalfOpen({ tripper: rule(5) });
      first.succeed();
      good(breaker);
      breaker.reconfigure({ tripper: rule(3) });
      expect(breaker.state).toBe('half_open');
      good(breaker);
      expect(breaker.state).toBe('closed');
    });

    it('counts the probes anew when the slow thresholds change', () => {
      const { breaker, first } = aHalfOpen({ tripper: rule(5) });
      first.succeed();
      breaker.reconfigure({ tripper: rule(5).and(SlowRate(0.5, 100)) });
      expect(breaker.snapshot().metric.totalCount).toBe(0);
    });

    it('frees no slot and loses none', () => {
      const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 2, tripper: rule(5) });
      breaker.reconfigure({ maxHalfOpenCalls: 1 });
      expect(knock(breaker)).toBeInstanceOf(Error);
      expect(breaker.snapshot().probesInFlight).toBe(1);
      first.succeed();
      expect(knock(breaker)).not.toBeInstanceOf(Error);
    });

    it('wakes who waits for a slot when there are more of them', async () => {
      const { breaker } = aHalfOpen({ maxHalfOpenCalls: 1 });
      const free = breaker.whenAvailable();
      breaker.reconfigure({ maxHalfOpenCalls: 2 });
      await expect(free).resolves.toBeUndefined();
    });

    it('keeps the end that was decided on entering it', () => {
      const { breaker, clock } = aHalfOpen({ maxHalfOpenMs: 100 });
      breaker.reconfigure({ maxHalfOpenMs: 'none' });
      clock.advance(100);
      expect(breaker.state).toBe('open');
      clock.advance(1000);
      breaker.acquire();
      clock.advance(10_000);
      expect(breaker.state).toBe('half_open');
    });
  });

  it('leaves the wait of an open circuit as it was decided; the next one is the new', () => {
    const { breaker, clock } = aBreakerIn('open');
    breaker.reconfigure({ retry: Cooldown(5000) });
    expect(breaker.snapshot().retryAfterMs).toBe(1000);
    clock.advance(1000);
    bad(breaker, 1);
    breaker.forceOpen();
    breaker.reset();
    bad(breaker, 3);
    expect(breaker.snapshot().retryAfterMs).toBe(5000);
  });

  describe('refuses', () => {
    it.each<[string, unknown, RegExp]>([
      ['what is no options object', 5, /options must be an options object, got 5/],
      ['null', null, /options must be an options object, got null/],
      ['a list', [], /options must be an options object, got an array of 0/],
      ['an unknown option', { triper: FailureStreak(1) }, /triper is not an option. Did you mean tripper\?/],
      ['a bad number', { maxHalfOpenCalls: 0 }, /maxHalfOpenCalls must be a whole number ≥ 1, got 0/],
      [
        'a bad part',
        { tripper: FailureRate(50) },
        /tripper: FailureRate\(50\): ratio must be in \(0, 1\], got 50/,
      ],
      ['a rule that can never be met', { tripper: HalfOpened() }, /tripper/],
      ['a rule over the window', { window: CountWindow(2), tripper: MinRequests(3) }, /tripper/],
      ['a rule over the window that stays', { tripper: MinRequests(101) }, /tripper/],
      ['listeners', { listeners: [] }, /listeners cannot be changed. Use subscribe\(\)/],
      ['initialState', { initialState: 'disabled' }, /initialState cannot be changed. Use disable\(\)/],
    ])('%s, and changes nothing', (_, change, text) => {
      const { breaker, signals } = aBreaker({ window: CountWindow(100) });
      bad(breaker, 2);
      const before = breaker.snapshot();
      const error = thrown(() => breaker.reconfigure(change as BreakerOptions)) as Error;
      expect(error.message).toMatch(text);
      expect(error.message).toContain('Breaker "payments".reconfigure');
      expect(breaker.snapshot()).toEqual(before);
      expect(signals.of('reconfigured')).toEqual([]);
    });

    it('a window that cannot be made, and changes nothing', () => {
      const { breaker } = aBreaker();
      bad(breaker, 2);
      const broken = {
        create: () => {
          throw new Error('no memory');
        },
      };
      expect(() => breaker.reconfigure({ window: broken })).toThrow('no memory');
      expect(breaker.snapshot()).toMatchObject({
        metric: { failureCount: 2 },
        rules: { window: 'CountWindow(100)' },
      });
    });
  });

  describe('its signal', () => {
    it('names what changed, and gives the new rules', () => {
      const { breaker, signals, clock } = aBreaker();
      breaker.reconfigure({ tripper: FailureStreak(5), maxHalfOpenCalls: 2 });
      expect(signals.of('reconfigured')).toEqual([
        {
          kind: 'reconfigured',
          breaker: 'payments',
          seq: 1,
          at: clock.wallNow(),
          changed: ['tripper', 'maxHalfOpenCalls'],
          isWindowKept: true,
          rules: breaker.snapshot().rules,
        },
      ]);
    });

    it('is not sent when nothing is named', () => {
      const { breaker, signals } = aBreaker();
      expect(breaker.reconfigure({})).toBe(false);
      expect(breaker.reconfigure({ tripper: undefined })).toBe(false);
      expect(signals.of('reconfigured')).toEqual([]);
    });
  });

  it('does not touch the options it is given, and does not read them again', () => {
    const options = Object.freeze({ tripper: FailureStreak(5) });
    const { breaker } = aBreaker();
    breaker.reconfigure(options);
    breaker.reconfigure({ maxHalfOpenCalls: 2 });
    expect(breaker.snapshot().rules.tripper).toBe('FailureStreak(5)');
  });

  it("'none' takes away a limit that comes from the defaults", () => {
    const environment = { defaults: { timeoutMs: 500 } };
    expect(new Breaker('a', { timeoutMs: 'none' }, environment).timeoutMs).toBeUndefined();
    expect(new Breaker('a', {}, environment).timeoutMs).toBe(500);
  });
});
