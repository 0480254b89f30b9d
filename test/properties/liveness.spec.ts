import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Breaker, Backoff, FailureStreak, minutes, seconds } from 'nestjs-fluxgate';
import { ManualClock, seededRandom } from 'nestjs-fluxgate/testing';

import type { Setup } from './model.js';
import { permitOf, retryOf, tripperOf, windowOf } from './rules.js';
import { setups } from './setups.js';

/** One call a second, through all that follows. */
const STEP_MS = 1000;
/** The longest wait a setup can draw: 300 s, with 20 % jitter. */
const LONGEST_WAIT_MS = 360_000;
/** Calls after the wait until enough probes got in: 5 at most are needed, one in ten is let in. */
const PROBING_CALLS = 600;
/** Failures in a row until any rule that failures can trip has tripped: no count in it is above 5. */
const TRIPPING_CALLS = 12;

const breakerOf = (setup: Setup, clock: ManualClock, seed: number): Breaker =>
  new Breaker(
    'subject',
    {
      window: windowOf(setup.window),
      tripper: tripperOf(setup.rule),
      retry: retryOf(setup.retry),
      permit: permitOf(setup.permit),
      maxHalfOpenCalls: setup.maxHalfOpenCalls,
    },
    { clock, random: seededRandom(seed) },
  );

function calls(breaker: Breaker, clock: ManualClock, count: number, isHealthy: boolean): void {
  for (let i = 0; i < count; i++) {
    clock.advance(STEP_MS);
    try {
      breaker.executeSync(() => {
        if (!isHealthy) throw new Error('down');
      });
    } catch {
      // Rejected, or the failure itself.
    }
  }
}

/** A rule that failures trip and health does not; others (`not(…)`, `Closed()`) have their own idea of bad. */
function isSane(setup: Setup): boolean {
  if (setup.retry.is === 'never') return false;
  try {
    const [clock, other] = [new ManualClock(), new ManualClock()];
    const [failing, healthy] = [breakerOf(setup, clock, 1), breakerOf(setup, other, 1)];
    let hasMoved = false;
    healthy.subscribe({ onTransition: () => (hasMoved = true) });
    calls(healthy, other, 30, true);
    calls(failing, clock, TRIPPING_CALLS, false);
    return !hasMoved && failing.state !== 'closed';
  } catch {
    return false;
  }
}

describe('liveness', () => {
  it(`a healthy dependency with traffic ends closed: ${LONGEST_WAIT_MS / STEP_MS + PROBING_CALLS} calls, one a second, are enough`, () => {
    fc.assert(
      fc.property(setups.filter(isSane), fc.nat(), (setup, seed) => {
        const clock = new ManualClock();
        const breaker = breakerOf(setup, clock, seed);
        calls(breaker, clock, 100, false);
        expect(breaker.state).not.toBe('closed');
        calls(breaker, clock, LONGEST_WAIT_MS / STEP_MS + PROBING_CALLS, true);
        expect(breaker.state).toBe('closed');
      }),
      { numRuns: 40, seed: 7 },
    );
  }, 60_000);

  it(`a dependency that always fails is cut off after ${TRIPPING_CALLS} calls, and is never closed again`, () => {
    fc.assert(
      fc.property(setups.filter(isSane), fc.nat(), (setup, seed) => {
        const clock = new ManualClock();
        const breaker = breakerOf(setup, clock, seed);
        calls(breaker, clock, TRIPPING_CALLS, false);
        const moves: string[] = [];
        breaker.subscribe({ onTransition: ({ to }) => moves.push(to) });
        calls(breaker, clock, 500, false);
        expect(moves).not.toContain('closed');
        expect(['open', 'half_open']).toContain(breaker.state);
      }),
      { numRuns: 40, seed: 7 },
    );
  }, 60_000);

  it('backs off monotonically to the cap, and starts anew after closing', () => {
    const clock = new ManualClock();
    const breaker = new Breaker(
      'subject',
      { tripper: FailureStreak(1), retry: Backoff({ initialMs: seconds(1), maxMs: minutes(5) }) },
      { clock },
    );
    const waits: number[] = [];
    breaker.subscribe({ onTransition: ({ to, at, retryAt }) => to === 'open' && waits.push(retryAt! - at) });
    for (let i = 0; i < 12; i++) {
      clock.advance(minutes(5));
      calls(breaker, clock, 1, false);
    }
    expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBe(minutes(5));
    clock.advance(minutes(5));
    calls(breaker, clock, 1, true);
    expect(breaker.state).toBe('closed');
    calls(breaker, clock, 1, false);
    expect(waits.at(-1)).toBe(1000);
  });
});
