import { describe, expect, it } from '@jest/globals';

import {
  Backoff,
  FailureRate,
  FailureStreak,
  MinRequests,
  RampUp,
  TimeWindow,
  type BreakerSnapshot,
  type Ticket,
} from '../../lib/core/index.js';
import { mayMove } from '../../lib/core/states.js';
import { seededRandom } from '../../lib/testing/seeded-random.js';
import { aBreaker, knock, type Made } from '../support/breaker.js';

const COMMANDS = ['reset', 'disable', 'metricsOnly', 'forceOpen'] as const;
const MAX_PROBES = 4;

function aWanderer(seed: number): Made {
  return aBreaker(
    {
      window: TimeWindow(2000, { buckets: 10 }),
      tripper: FailureStreak(4).or(MinRequests(6).and(FailureRate(0.5))),
      retry: Backoff({ initialMs: 200, maxMs: 3000, jitter: 0.3 }),
      permit: RampUp(0.3, 1, 2000),
      maxHalfOpenCalls: MAX_PROBES,
      maxHalfOpenMs: 20_000,
      probeLeaseMs: 1500,
      tracker: (error) => error === 'down',
    },
    { random: seededRandom(seed + 1000) },
  );
}

/** One step of whatever may happen: time, a call that begins or ends, now and then an operator. */
function step({ breaker, clock }: Made, held: Ticket[], draw: () => number): void {
  const what = draw();
  if (what < 0.35) clock.advance(Math.floor(draw() * 400));
  else if (what < 0.65) {
    const got = knock(breaker);
    if (!(got instanceof Error)) held.push(got);
  } else if (what < 0.98) {
    const [ticket] = held.splice(Math.floor(draw() * held.length), 1);
    const end = draw();
    if (end < 0.4) ticket?.succeed();
    else if (end < 0.85) ticket?.fail('down');
    else if (end < 0.93) ticket?.fail('not tracked');
    else ticket?.release();
  } else {
    const command = COMMANDS[Math.floor(draw() * COMMANDS.length)]!;
    if (command === 'forceOpen') breaker.forceOpen({ forMs: 1 + Math.floor(draw() * 1000) });
    else breaker[command]();
  }
}

/** What must never be, and is. */
function flaws(now: BreakerSnapshot, before: BreakerSnapshot, held: number): string[] {
  const { calls, metric, state } = now;
  const ended = calls.success + calls.failure + calls.ignored + calls.unrecorded;
  const isSameStay = now.changedAt === before.changedAt && state === before.state;
  const rules = {
    'counters do not add up': calls.admitted !== ended + calls.inFlight,
    'calls in flight that nobody holds': calls.inFlight < 0 || calls.inFlight > held,
    'too many probes': now.probesInFlight > (state === 'half_open' ? MAX_PROBES : 0),
    'impossible figures': metric.failureCount > metric.totalCount || metric.failureCount < 0,
    'a streak that should have tripped': now.failureStreak > 3 && state !== 'metrics_only',
    'a wait below 0': now.retryAfterMs !== null && now.retryAfterMs < 0,
    'a wait that rose': isSameStay && (now.retryAfterMs ?? 0) > (before.retryAfterMs ?? 0),
    'an end that moved': isSameStay && now.retryAt !== before.retryAt,
  };
  return Object.entries(rules).flatMap(([flaw, isThere]) => (isThere ? [flaw] : []));
}

describe('whatever happens', () => {
  it.each(Array.from({ length: 25 }, (_, seed) => seed))('the figures stay sound (seed %i)', (seed) => {
    const made = aWanderer(seed);
    const held: Ticket[] = [];
    const draw = seededRandom(seed);
    const found: string[] = [];
    let before = made.breaker.snapshot();
    for (let i = 0; i < 400; i++) {
      step(made, held, draw);
      const now = made.breaker.snapshot();
      found.push(...flaws(now, before, held.length).map((flaw) => `${flaw} after step ${i}`));
      before = now;
    }
    expect(found).toEqual([]);
    expect(made.clock.timerCount).toBe(0);
    expect(made.signals.of('fault')).toEqual([]);
  });

  it.each(Array.from({ length: 25 }, (_, seed) => seed))(
    'the signals tell the whole story (seed %i)',
    (seed) => {
      const made = aWanderer(seed);
      const held: Ticket[] = [];
      const draw = seededRandom(seed);
      for (let i = 0; i < 400; i++) step(made, held, draw);
      const { state, calls, reopens } = made.breaker.snapshot();
      const moves = made.signals.of('transition');
      expect(moves.length).toBeGreaterThan(5);
      moves.forEach(({ from, to, cause }, i) => {
        expect(mayMove(from, to, cause)).toBe(true);
        expect(from).toBe(i === 0 ? 'closed' : moves[i - 1]!.to);
      });
      expect(state).toBe(moves.at(-1)!.to);
      expect(reopens).toBe(moves.at(-1)!.reopens);
      for (const kind of ['transition', 'call', 'rejected'] as const) {
        expect(made.signals.of(kind).map(({ seq }) => seq)).toEqual(
          made.signals.of(kind).map((_, i) => i + 1),
        );
      }
      const ends = made.signals.of('call');
      const recorded = ends.filter(({ isRecorded }) => isRecorded);
      expect(recorded.filter(({ outcome }) => outcome === 'failure')).toHaveLength(calls.failure);
      expect(recorded.filter(({ outcome }) => outcome === 'success')).toHaveLength(calls.success);
      expect(ends).toHaveLength(calls.admitted - calls.inFlight);
      expect(made.signals.of('rejected')).toHaveLength(calls.rejected);
    },
  );
});
