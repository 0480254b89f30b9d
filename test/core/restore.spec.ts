import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  Backoff,
  Breaker,
  Cooldown,
  CountWindow,
  FailureRate,
  FailureStreak,
  FluxgateConfigError,
  minutes,
  MinRequests,
  Never,
  seconds,
  SlowRate,
  TimeWindow,
  type BreakerOptions,
  type WarmSnapshot,
  type WindowStore,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { thrown } from '../support/async.js';
import { aBreaker, aBreakerIn, aHalfOpen, bad, good, knock, slow, type Made } from '../support/breaker.js';

const STATES = ['closed', 'open', 'half_open', 'metrics_only', 'disabled', 'forced_open'] as const;

/** As it comes back from a file. */
const saved = ({ breaker }: Pick<Made, 'breaker'>): WarmSnapshot =>
  JSON.parse(JSON.stringify(breaker.snapshot({ window: true }))) as WarmSnapshot;

/** Another process, `afterMs` later by the wall clock, whose monotonic clock begins anew. */
function aSuccessor(snapshot: WarmSnapshot, afterMs = 0, options: BreakerOptions = {}): Made {
  const clock = new ManualClock(snapshot.takenAt + afterMs);
  const made = aBreaker(options, { clock });
  made.breaker.restore(snapshot);
  return { ...made, clock };
}

describe('snapshot({ window: true })', () => {
  it.each(STATES)('is the snapshot and what is behind it, as plain JSON: %s', (state) => {
    const made = aBreakerIn(state);
    const warm = made.breaker.snapshot({ window: true });
    expect(warm).toMatchObject({ ...made.breaker.snapshot() });
    expect(warm).toMatchObject({ version: 1, takenAt: made.clock.wallNow() });
    expect(JSON.parse(JSON.stringify(warm))).toEqual(warm);
  });

  it('is a copy: what happens later does not change it', () => {
    const { breaker } = aBreaker();
    bad(breaker, 2);
    const warm = breaker.snapshot({ window: true });
    const before = JSON.stringify(warm);
    good(breaker, 50);
    expect(JSON.stringify(warm)).toBe(before);
  });

  it('is not what snapshot() and JSON.stringify(breaker) give', () => {
    const { breaker } = aBreaker();
    expect(breaker.snapshot()).not.toHaveProperty('memory');
    expect(breaker.snapshot({ window: false })).not.toHaveProperty('memory');
    expect(JSON.stringify(breaker)).not.toContain('takenAt');
  });
});

describe('restore', () => {
  it.each(STATES)('goes on where the other stopped: %s', (state) => {
    const made = aBreakerIn(state);
    const before = saved(made);
    const after = aSuccessor(before).breaker.snapshot({ window: true });
    const { calls: _, probesInFlight: __, ...told } = before;
    expect(after).toMatchObject({ ...told, probesInFlight: 0 });
  });

  it('remembers the window, call by call', () => {
    const options = { window: CountWindow(4), tripper: MinRequests(4).and(FailureRate(0.75)) };
    const made = aBreaker(options);
    good(made.breaker, 3);
    bad(made.breaker, 2);
    const { breaker } = aSuccessor(saved(made), 0, options);
    expect(breaker.snapshot().metric).toMatchObject({ totalCount: 4, failureCount: 2 });
    good(breaker, 2);
    expect(breaker.snapshot().metric).toMatchObject({ totalCount: 4, failureCount: 2 });
    good(breaker, 1);
    expect(breaker.snapshot().metric).toMatchObject({ totalCount: 4, failureCount: 1 });
  });

  it('remembers durations and slow calls', () => {
    const options = { window: CountWindow(10), tripper: MinRequests(4).and(SlowRate(0.5, 100)) };
    const made = aBreaker(options);
    slow(made, 150);
    slow(made, 10);
    const successor = aSuccessor(saved(made), 0, options);
    expect(successor.breaker.snapshot().metric).toEqual(made.breaker.snapshot().metric);
    slow(successor, 10);
    slow(successor, 200);
    expect(successor.breaker.state).toBe('open');
  });

  it('keeps what came before when a streak goes on', () => {
    const made = aBreaker();
    bad(made.breaker, 2);
    const { breaker } = aSuccessor(saved(made));
    bad(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('lets calls expire while nobody was there', () => {
    const options = { window: TimeWindow(seconds(60)), tripper: FailureStreak(100) };
    const made = aBreaker(options);
    bad(made.breaker, 3);
    made.clock.advance(seconds(30));
    bad(made.breaker, 2);
    const snapshot = saved(made);
    expect(aSuccessor(snapshot, 0, options).breaker.snapshot().metric.totalCount).toBe(5);
    expect(aSuccessor(snapshot, seconds(35), options).breaker.snapshot().metric.totalCount).toBe(2);
    expect(aSuccessor(snapshot, seconds(90), options).breaker.snapshot().metric.totalCount).toBe(0);
  });

  describe('an open circuit', () => {
    const options = { retry: Cooldown(seconds(60)) };

    it('keeps its remaining wait', () => {
      const made = aBreaker(options);
      bad(made.breaker, 3);
      made.clock.advance(seconds(10));
      const { retryAt } = made.breaker.snapshot();
      const { breaker, clock } = aSuccessor(saved(made), seconds(20), options);
      expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: seconds(30), retryAt });
      clock.advance(seconds(30) - 1);
      expect(knock(breaker)).toMatchObject({ retryAfterMs: 1 });
      clock.advance(1);
      expect(knock(breaker)).not.toBeInstanceOf(Error);
      expect(breaker.state).toBe('half_open');
    });

    it('has no wait left when it is over meanwhile; the next call is a probe', () => {
      const made = aBreaker(options);
      bad(made.breaker, 3);
      const { retryAt } = made.breaker.snapshot();
      const { breaker } = aSuccessor(saved(made), minutes(10), options);
      expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 0, retryAt });
      knock(breaker);
      expect(breaker.state).toBe('half_open');
    });

    it('never waits longer, on a machine whose clock is behind', () => {
      const made = aBreaker(options);
      bad(made.breaker, 3);
      const { breaker } = aSuccessor(saved(made), -5000, options);
      expect(breaker.snapshot().retryAfterMs).toBe(seconds(60));
    });

    it('that nothing but an operator opens again stays so', () => {
      const made = aBreaker({ retry: Never() });
      bad(made.breaker, 3);
      const { breaker, clock } = aSuccessor(saved(made), minutes(10), { retry: Never() });
      clock.advance(minutes(1e6));
      expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: null, retryAt: null });
      expect(knock(breaker)).toBeInstanceOf(Error);
      const { memory } = saved({ breaker });
      expect(memory.inStateMs).toBe(minutes(10) + minutes(1e6));
    });

    it('does not say any more why it opened, only that it was restored', () => {
      const { breaker } = aSuccessor(saved(aBreakerIn('open')));
      expect(breaker.explain()).toMatchObject({ rule: null, text: 'payments is open (restore)' });
    });

    it('goes on with its backoff', () => {
      const backoff = { retry: Backoff({ initialMs: 1000, maxMs: 60_000 }) };
      const made = aBreaker(backoff);
      bad(made.breaker, 3);
      for (const waitMs of [1000, 2000]) {
        made.clock.advance(waitMs);
        bad(made.breaker, 3);
      }
      const { breaker, clock } = aSuccessor(saved(made), 0, backoff);
      expect(breaker.snapshot()).toMatchObject({ reopens: 2, retryAfterMs: 4000 });
      clock.advance(4000);
      bad(breaker, 3);
      expect(breaker.snapshot()).toMatchObject({ reopens: 3, retryAfterMs: 8000 });
    });
  });

  it('a disabled one is available at once', async () => {
    const { breaker, clock } = aSuccessor(saved(aBreakerIn('disabled')));
    await breaker.whenAvailable();
    expect(clock.timerCount).toBe(0);
  });

  it('a forced open keeps its reason, and its end', () => {
    const made = aBreaker();
    made.breaker.forceOpen({ reason: 'maintenance', forMs: minutes(30) });
    made.clock.advance(minutes(10));
    const { breaker, clock } = aSuccessor(saved(made), minutes(5));
    expect(breaker.snapshot()).toMatchObject({ operatorReason: 'maintenance', retryAfterMs: minutes(15) });
    clock.advance(minutes(15));
    expect(knock(breaker)).not.toBeInstanceOf(Error);
  });

  it('half_open keeps what the probes have shown, and counts none that were in flight', () => {
    const rule = { tripper: MinRequests(3).and(FailureRate(0.5)), maxHalfOpenCalls: 2 };
    const made = aHalfOpen(rule);
    good(made.breaker, 2);
    const { breaker } = aSuccessor(saved(made), 0, rule);
    expect(breaker.snapshot()).toMatchObject({
      state: 'half_open',
      probesInFlight: 0,
      metric: { totalCount: 2 },
    });
    good(breaker);
    expect(breaker.state).toBe('closed');
  });

  it('half_open still opens again after maxHalfOpenMs, from when it was entered', () => {
    const limit = { maxHalfOpenMs: 1000 };
    const made = aHalfOpen(limit);
    made.clock.advance(400);
    const { breaker, clock } = aSuccessor(saved(made), 300, limit);
    clock.advance(299);
    expect(breaker.state).toBe('half_open');
    clock.advance(1);
    expect(breaker.state).toBe('open');
  });

  describe('where the window does not fit', () => {
    it.each<[string, BreakerOptions, BreakerOptions]>([
      ['another size', { window: CountWindow(10) }, { window: CountWindow(11) }],
      ['another kind', { window: TimeWindow(1000) }, { window: CountWindow(10) }],
      ['other thresholds', { tripper: SlowRate(0.5, 100) }, { tripper: SlowRate(0.5, 200) }],
    ])('it starts empty, and the state is kept: %s', (_, before, after) => {
      const made = aBreaker({ tripper: FailureStreak(9), ...before });
      made.breaker.metricsOnly();
      good(made.breaker, 4);
      const { breaker } = aSuccessor(saved(made), 0, { tripper: FailureStreak(9), ...after });
      expect(breaker.snapshot()).toMatchObject({ state: 'metrics_only', metric: { totalCount: 0 } });
    });

    it('the probes of half_open are counted anew', () => {
      const made = aHalfOpen({ tripper: MinRequests(5).and(SlowRate(0.5, 100)) });
      good(made.breaker, 2);
      const { breaker } = aSuccessor(saved(made), 0, { tripper: MinRequests(5).and(SlowRate(0.5, 200)) });
      expect(breaker.snapshot()).toMatchObject({ state: 'half_open', metric: { totalCount: 0 } });
    });
  });

  describe('a window of your own', () => {
    const store = (failures = 0): WindowStore & { memory(): unknown } => {
      const real = CountWindow(10).create([]);
      for (let i = 0; i < failures; i++) real.record(0, 1, true);
      return {
        record: (...given) => real.record(...given),
        metric: (nowMs) => real.metric(nowMs),
        memory: () => ({ failures: real.metric(0).failureCount }),
      };
    };

    it('comes back by its own memory and restore', () => {
      const window = {
        create: () => store(),
        restore: (memory: unknown) => store((memory as { failures: number }).failures),
        toString: () => 'Mine()',
      };
      const made = aBreaker({ window });
      bad(made.breaker, 2);
      expect(aSuccessor(saved(made), 0, { window }).breaker.snapshot().metric.failureCount).toBe(2);
    });

    it('starts empty without them', () => {
      const window = { create: () => CountWindow(10).create([]), toString: () => 'Mine()' };
      const plain = { create: () => ({ ...store(), memory: undefined }) as never, toString: () => 'Mine()' };
      for (const one of [plain, window]) {
        const made = aBreaker({ window: one });
        bad(made.breaker, 2);
        expect(aSuccessor(saved(made), 0, { window: plain }).breaker.snapshot().metric.totalCount).toBe(0);
      }
    });

    it('is not asked to restore what it did not give', () => {
      const window = { create: () => CountWindow(10).create([]), toString: () => 'Mine()' };
      const made = aBreaker({
        window: { ...window, create: () => ({ ...store(), memory: undefined }) as never },
      });
      bad(made.breaker, 2);
      expect(made.signals.of('fault')).toEqual([]);
      const snapshot = saved(made);
      expect(made.signals.of('fault')).toEqual([]);
      const restore = (memory: unknown) => CountWindow(10).restore!(memory, [], 0);
      const { breaker } = aSuccessor(snapshot, 0, { window: { ...window, restore } });
      expect(breaker.snapshot().metric.totalCount).toBe(0);
    });

    it('whose memory is no data is told as a fault, and left out', () => {
      const window = { create: () => ({ ...store(), memory: () => () => 'a function' }) };
      const { breaker, signals } = aBreaker({ window });
      expect(breaker.snapshot({ window: true }).memory.window).toBeNull();
      expect(signals.of('fault')).toMatchObject([{ source: 'window' }]);
    });

    it('that throws when it is asked is told as a fault, and left out', () => {
      const window = {
        create: () => ({
          ...store(),
          memory: () => {
            throw new Error('no');
          },
        }),
      };
      const { breaker, signals } = aBreaker({ window });
      expect(breaker.snapshot({ window: true }).memory.window).toBeNull();
      expect(signals.of('fault')).toMatchObject([{ source: 'window' }]);
    });
  });

  it('begins a new generation: what runs says nothing any more', () => {
    const { breaker } = aBreaker({ tripper: FailureStreak(1) });
    const running = breaker.acquire();
    breaker.restore(breaker.snapshot({ window: true }));
    running.fail(new Error('late'));
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: { unrecorded: 1 }, failureStreak: 0 });
  });

  it('takes clocks that are up to five seconds apart', () => {
    const open = saved(aBreakerIn('open'));
    const { changedAt, retryAt } = open;
    expect(aSuccessor(open, -5000).breaker.snapshot()).toMatchObject({ changedAt, retryAt });
  });

  it('tells of the transition, if it is one', () => {
    const open = saved(aBreakerIn('open'));
    const { signals, breaker } = aSuccessor(open);
    expect(signals.of('transition')).toMatchObject([
      { from: 'closed', to: 'open', cause: 'restore', retryAt: open.retryAt },
    ]);
    signals.clear();
    breaker.restore(open);
    expect(signals.of('transition')).toEqual([]);
  });

  it('wakes who waits', async () => {
    const { breaker } = aBreakerIn('forced_open');
    const free = breaker.whenAvailable();
    breaker.restore({ ...saved(aBreakerIn('closed')), takenAt: 0, changedAt: 0 });
    await expect(free).resolves.toBeUndefined();
  });

  it('Breaker.restore makes the breaker too', () => {
    const made = aBreakerIn('open');
    const { clock } = made;
    const breaker = Breaker.restore(saved(made), { retry: Cooldown(1000) }, { clock });
    expect(breaker).toBeInstanceOf(Breaker);
    expect(breaker.snapshot()).toMatchObject({ name: 'payments', state: 'open', retryAfterMs: 1000 });
  });

  describe('refuses', () => {
    const good_ = saved(aBreakerIn('open'));
    const closed = saved(aBreakerIn('closed'));
    const halfOpen = saved(aBreakerIn('half_open'));
    const future = Date.UTC(2100, 0);

    it.each<[string, unknown, RegExp]>([
      ['nothing', undefined, /snapshot must be what snapshot\(\{ window: true \}\) gave, got undefined\.$/],
      ['null', null, /snapshot must be what snapshot\(\{ window: true \}\) gave, got null\.$/],
      ['a string', JSON.stringify(good_), /JSON\.parse/],
      ['an array', [good_], /snapshot must be/],
      ['a function', () => good_, /^(?!.*copied)Breaker.*: snapshot must be/s],
      ['an ordinary snapshot', { ...good_, version: undefined }, /version/],
      [
        'another version',
        { ...good_, version: 2 },
        /version must be 1, got 2\. Take it with .* or start without\./,
      ],
      ['one of another breaker', { ...good_, name: 'mail' }, /name must be "payments".*got "mail"/],
      [
        'a rest of a wait that is another one',
        { ...good_, memory: { ...good_.memory, remainingMs: 999 } },
        /memory\.remainingMs must be left out, or retryAfterMs before it was rounded up, got 999/,
      ],
      [
        'a rest of a wait that is no number',
        { ...good_, memory: { ...good_.memory, remainingMs: '1000' } },
        /memory\.remainingMs must be/,
      ],
      [
        'a wait that was over before it began',
        { ...good_, changedAt: future },
        /retryAt must be after changedAt/,
      ],
      ['an unknown state', { ...good_, state: 'ajar' }, /state must be one of closed, .*got "ajar"/],
      ['an inherited state', { ...good_, state: 'constructor' }, /state/],
      [
        'a wait that is no number',
        { ...good_, retryAfterMs: '5' },
        /retryAfterMs must be a number of ms ≥ 0 or null/,
      ],
      ['a wait below zero', { ...good_, retryAfterMs: -1 }, /retryAfterMs/],
      ['reopens that are no count', { ...good_, reopens: 1.5 }, /reopens must be a whole number ≥ 0/],
      [
        'a streak that is no count',
        { ...good_, failureStreak: -1 },
        /failureStreak must be a whole number ≥ 0/,
      ],
      ['a reason that is no text', { ...good_, operatorReason: 5 }, /operatorReason must be a text or null/],
      ['an error that is no text', { ...good_, lastError: {} }, /lastError must be a text or null/],
      ['no memory', { ...good_, memory: undefined }, /memory/],
      [
        'a time in its state that is no number',
        { ...good_, memory: { ...good_.memory, inStateMs: null } },
        /inStateMs must be a number of ms ≥ 0/,
      ],
      [
        'a window that is none',
        { ...closed, memory: { ...closed.memory, window: 'full' } },
        /memory\.window/,
      ],
      [
        'a window of nonsense',
        { ...closed, memory: { ...closed.memory, window: { calls: [[]] } } },
        /memory\.window/,
      ],
      [
        'probes of nonsense',
        { ...halfOpen, memory: { ...halfOpen.memory, probes: { totalCount: 1 } } },
        /probes/,
      ],
      ['no probes', { ...halfOpen, memory: { ...halfOpen.memory, probes: null } }, /probes/],
      [
        'no thresholds',
        { ...closed, memory: { ...closed.memory, slowThresholdsMs: 5 } },
        /slowThresholdsMs must be a list of numbers of ms/,
      ],
      ['one that never was taken', { ...closed, takenAt: null }, /takenAt must be an instant in epoch ms/],
      ['a verdict that is none', { ...closed, wouldTrip: 'yes' }, /wouldTrip must be true or false/],
      [
        'an end that is no instant',
        { ...good_, retryAt: 'soon' },
        /retryAt must be an instant in epoch ms or null/,
      ],
    ])('%s, and leaves the breaker as it was', (_, snapshot, text) => {
      const { breaker, signals } = aBreaker();
      bad(breaker, 2);
      const before = breaker.snapshot({ window: true });
      const error = thrown(() => breaker.restore(snapshot as WarmSnapshot)) as Error;
      expect(error.message).toMatch(text);
      expect(error.message).toContain('Breaker "payments".restore');
      expect(breaker.snapshot({ window: true })).toEqual(before);
      expect(signals.of('transition')).toEqual([]);
    });

    it('whatever stands in any field, or brings it back', () => {
      const keys = Object.keys(good_) as (keyof WarmSnapshot)[];
      fc.assert(
        fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
          const { breaker } = aBreaker();
          const before = breaker.snapshot({ window: true });
          try {
            breaker.restore({ ...good_, [key]: value } as WarmSnapshot);
          } catch (error) {
            expect(error).toBeInstanceOf(FluxgateConfigError);
            expect(breaker.snapshot({ window: true })).toEqual(before);
            return;
          }
          expect(breaker.snapshot({ window: true })).toEqual(
            JSON.parse(JSON.stringify(breaker.snapshot({ window: true }))),
          );
        }),
        { numRuns: 200, seed: 3 },
      );
    });

    it('Breaker.restore of garbage, naming no breaker', () => {
      expect(() => Breaker.restore(null as never)).toThrow(/Breaker\.restore: snapshot must be/);
    });
  });

  it('leaves text from outside on one line, and bounded', () => {
    const hostile = { ...saved(aBreakerIn('open')), lastError: `a\nb${'x'.repeat(1e5)}` };
    const { lastError } = aSuccessor(hostile).breaker.snapshot();
    expect(lastError).toMatch(/^a.?b?x+/);
    expect(lastError!.length).toBeLessThan(1000);
    expect(lastError).not.toContain('\n');
  });
});

describe('what restore tells', () => {
  it('happens when it is restored, not when the other process moved', () => {
    const other = aBreakerIn('open');
    const { signals } = aSuccessor(saved(other), 400);
    expect(signals.of('transition')).toMatchObject([{ cause: 'restore', at: other.clock.wallNow() + 400 }]);
  });

  it('is the cause in explain()', () => {
    const { breaker } = aSuccessor(saved(aBreakerIn('forced_open')));
    expect(breaker.explain().cause).toBe('restore');
  });
});

describe('what a move tells', () => {
  it('happens at the instant that snapshot() gives, to the millisecond', () => {
    let wallNow = 1_000_000;
    const clock = new ManualClock();
    const ticking = {
      now: () => clock.now(),
      setTimer: clock.setTimer.bind(clock),
      wallNow: () => wallNow++,
    };
    const { breaker, signals } = aBreaker({}, { clock: ticking });
    breaker.disable();
    expect(signals.of('transition')[0]?.at).toBe(breaker.snapshot().changedAt);
  });
});
