import { describe, expect, it } from '@jest/globals';

import {
  Breaker,
  Closed,
  CountWindow,
  FailureRate,
  FailureStreak,
  HalfOpened,
  MinRequests,
  SlowRate,
  Tripper,
  type TripContext,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

/** Nobody listens, and its window has no use for times: only the rule may want calls timed. */
function called(tripper: Tripper, durationMs: number): Breaker {
  const clock = new ManualClock();
  const breaker = new Breaker('payments', { tripper, window: CountWindow(4) }, { clock });
  breaker.executeSync(() => clock.advance(durationMs));
  if (breaker.state === 'closed') breaker.executeSync(() => clock.advance(durationMs));
  return breaker;
}

describe('a rule', () => {
  it.each<[string, Tripper]>([
    ['of counts', MinRequests(4)],
    ['of a rate of failures', FailureRate(0.5)],
    ['of a row of failures', FailureStreak(3)],
    ['of states', HalfOpened().and(Closed().not())],
    ['that joins such', MinRequests(4).and(FailureRate(0.5))],
  ])('%s has no call timed', (_, tripper) => {
    const rule = tripper.or(FailureStreak(9));
    expect(called(rule, 0).snapshot({ window: true }).memory.window).toEqual({ failures: '00' });
  });

  it.each<[string, Tripper]>([
    ['first', SlowRate(1, 100).or(FailureStreak(9))],
    ['last', MinRequests(2).and(SlowRate(1, 100))],
    ['deep inside', FailureStreak(9).or(MinRequests(2).and(SlowRate(1, 100)))],
    ['negated', SlowRate(1, 100).not().not().and(MinRequests(2))],
  ])('that looks at durations sees them, wherever among others it does: %s', (_, tripper) => {
    expect([called(tripper, 99).state, called(tripper, 100).state]).toEqual(['closed', 'open']);
  });

  it('of your own may look at durations', () => {
    class Sluggish extends Tripper {
      isTripped({ metric }: TripContext): boolean {
        return metric.avgDurationMs >= 100;
      }
    }
    expect([called(new Sluggish(), 99).state, called(new Sluggish(), 100).state]).toEqual(['closed', 'open']);
  });
});
