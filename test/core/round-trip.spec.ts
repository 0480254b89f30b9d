import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  AllowAll,
  Backoff,
  Cooldown,
  CountWindow,
  FailureRate,
  FailureStreak,
  MinRequests,
  SlowRate,
  TimeWindow,
  type Breaker,
  type BreakerOptions,
  type WarmSnapshot,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { aBreaker, knock, type Made } from '../support/breaker.js';

const fraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
/** Whole ms, so that edges of buckets and ends of waits are met exactly, and fractions. */
const ms = fc.oneof(
  fc.nat(3000),
  fc.constantFrom(1, 83, 250, 1000, 5000),
  fc.double({ min: 0, max: 3000, noNaN: true }),
);
const window = fc.oneof(
  fc.integer({ min: 4, max: 20 }).map((size) => CountWindow(size)),
  fc.constantFrom(1000, 5000, 7000, 333.3, 1000.1, 61_000).map((size) => TimeWindow(size)),
  fc
    .record({ size: fc.integer({ min: 20, max: 9000 }), buckets: fc.integer({ min: 1, max: 20 }) })
    .map(({ size, buckets }) => TimeWindow(size, { buckets })),
);
const options: fc.Arbitrary<BreakerOptions> = fc.record({
  window,
  tripper: fc.constantFrom(
    FailureStreak(3),
    MinRequests(4).and(FailureRate(0.5)),
    FailureStreak(5).or(MinRequests(3).and(SlowRate(0.5, 100))),
  ),
  retry: fc.constantFrom(Cooldown(1000), Cooldown(777.7), Backoff({ initialMs: 100.1, maxMs: 5000 })),
});

interface Step {
  readonly waitMs: number;
  readonly durationMs: number;
  readonly what: 'call' | 'metricsOnly' | 'forceOpen' | 'reset';
  readonly isFailure: boolean;
}
const what = fc.constantFrom<Step['what']>(
  ...Array<Step['what']>(12).fill('call'),
  'metricsOnly',
  'forceOpen',
  'reset',
);
const step = fc.record<Step>({
  waitMs: ms,
  durationMs: fc.constantFrom(0, 20, 100.5, 150),
  what,
  isFailure: fc.boolean(),
});

/** One step of a breaker on its clock. */
function take({ breaker, clock }: Pick<Made, 'breaker' | 'clock'>, one: Step): void {
  clock.advance(one.waitMs);
  if (one.what === 'forceOpen') breaker.forceOpen({ reason: 'mine', forMs: 1500.5 });
  else if (one.what !== 'call') breaker[one.what]();
  else {
    const ticket = knock(breaker);
    clock.advance(one.durationMs);
    if (ticket instanceof Error) return;
    if (one.isFailure) ticket.fail(new Error('down'));
    else ticket.succeed();
  }
}

/** What survives: all but the counters of the process, and the text that says by whom the state came. */
function told(breaker: Breaker): object {
  const { calls: _, ...rest } = breaker.snapshot();
  return rest;
}

/** As it comes back from a file, in another process: its clock of intervals stands elsewhere. */
function aSuccessor(snapshot: WarmSnapshot, given: BreakerOptions, clock: ManualClock): Made {
  const made = aBreaker({ ...given, permit: AllowAll() }, { clock });
  made.breaker.restore(JSON.parse(JSON.stringify(snapshot)) as WarmSnapshot);
  return { ...made, clock };
}

/** A clock that shows `wallNow`, and stands at some `nowMs` of its own. */
function aClockAt(wallNow: number, afterMs: number): ManualClock {
  const clock = new ManualClock();
  clock.advance(afterMs);
  clock.stepWallClock(wallNow - clock.wallNow());
  return clock;
}

describe('state, wait, window and streak survive a restart', () => {
  it('at the same instant, and go on alike, however odd the window and the instant', () => {
    fc.assert(
      fc.property(
        options,
        fraction,
        fc.array(step, { maxLength: 25 }),
        fc.array(step, { maxLength: 12 }),
        (given, startsAtMs, story, more) => {
          const made = aBreaker({ ...given, permit: AllowAll() });
          made.clock.advance(startsAtMs);
          for (const one of story) take(made, one);
          // Where its clock stands says where the buckets of later windows begin: in the same place here.
          const clock = aClockAt(made.clock.wallNow(), made.clock.now() - 1000);
          const next = aSuccessor(made.breaker.snapshot({ window: true }), given, clock);
          expect(told(next.breaker)).toEqual(told(made.breaker));
          for (const one of more) {
            for (const each of [made, next]) take(each, one);
            expect(told(next.breaker)).toEqual(told(made.breaker));
          }
        },
      ),
      { numRuns: 600, seed: 5 },
    );
  });

  it('after a pause in which nobody was there, as if somebody had been', () => {
    fc.assert(
      fc.property(
        options,
        fraction,
        fc.array(step, { maxLength: 25 }),
        ms,
        fc.array(ms, { maxLength: 6 }),
        (given, startsAtMs, story, pauseMs, later) => {
          const made = aBreaker({ ...given, permit: AllowAll() });
          made.clock.advance(startsAtMs);
          for (const one of story) take(made, one);
          const snapshot = made.breaker.snapshot({ window: true });
          made.clock.advance(pauseMs);
          const next = aSuccessor(snapshot, given, aClockAt(made.clock.wallNow(), 4321));
          expect(told(next.breaker)).toEqual(told(made.breaker));
          for (const waitMs of later) {
            for (const each of [made, next]) each.clock.advance(waitMs);
            expect(told(next.breaker)).toEqual(told(made.breaker));
          }
        },
      ),
      { numRuns: 600, seed: 6 },
    );
  });

  it('again and again: many restarts lose no more than one', () => {
    const given = { window: TimeWindow(5000), tripper: FailureStreak(99) };
    const whole = aBreaker(given);
    let cut = aBreaker(given);
    for (let i = 0; i < 400; i++) {
      for (const each of [whole, cut])
        take(each, { waitMs: 40, durationMs: 7, what: 'call', isFailure: i % 3 === 0 });
      cut = aSuccessor(cut.breaker.snapshot({ window: true }), given, aClockAt(cut.clock.wallNow(), i * 13));
      expect(cut.breaker.snapshot().metric).toEqual(whole.breaker.snapshot().metric);
    }
  });

  it('with every call in a window whose buckets are no whole ms', () => {
    const given = { window: TimeWindow(5000), tripper: FailureStreak(99) };
    for (let atMs = 0; atMs < 5000; atMs += 7) {
      const made = aBreaker(given);
      made.clock.advance(atMs);
      for (let i = 0; i < 70; i++) take(made, { waitMs: 83, durationMs: 0, what: 'call', isFailure: false });
      const clock = aClockAt(made.clock.wallNow(), 0);
      const next = aSuccessor(made.breaker.snapshot({ window: true }), given, clock);
      for (let passedMs = 0; passedMs < 5000; passedMs += 250) {
        expect(next.breaker.snapshot().metric).toEqual(made.breaker.snapshot().metric);
        for (const each of [made, next]) each.clock.advance(250);
      }
    }
  });
});
