import { describe, expect, it } from '@jest/globals';

import {
  Cooldown,
  FailureStreak,
  FluxgateConfigError,
  seconds,
  TimeWindow,
  type WarmSnapshot,
} from '../../lib/core/index.js';
import { thrown } from '../support/async.js';
import { aBreaker, aBreakerIn, bad, good, type Made } from '../support/breaker.js';

// Found by handing restore() what no process ever saved.

type Loose = Record<string, unknown> & { memory: Record<string, unknown> };

const saved = ({ breaker }: Pick<Made, 'breaker'>): Loose =>
  JSON.parse(JSON.stringify(breaker.snapshot({ window: true }))) as Loose;

/** It says why, and changes nothing. */
function expectRefusal(snapshot: unknown, text: RegExp, window = TimeWindow(seconds(60))): void {
  const { breaker } = aBreaker({ window });
  good(breaker, 1);
  const before = breaker.snapshot({ window: true });
  const error = thrown(() => breaker.restore(snapshot as WarmSnapshot)) as Error;
  expect(error).toBeInstanceOf(FluxgateConfigError);
  expect(error.message).toMatch(text);
  expect(breaker.snapshot({ window: true })).toEqual(before);
}

describe('a snapshot that is not what it says', () => {
  it('is read once: a field that gives something else the second time does not get in', () => {
    let reads = 0;
    const snapshot = saved(aBreakerIn('closed'));
    Object.defineProperty(snapshot, 'state', {
      enumerable: true,
      get: () => (reads++ === 0 ? 'closed' : 'ajar'),
    });
    const { breaker } = aBreaker();
    breaker.restore(snapshot as never);
    expect(breaker.state).toBe('closed');
  });

  it('is refused as none when a field throws', () => {
    const snapshot = saved(aBreakerIn('closed'));
    Object.defineProperty(snapshot, 'state', {
      enumerable: true,
      get: () => {
        throw new RangeError('mine');
      },
    });
    expectRefusal(snapshot, /snapshot must be what .* It cannot be copied: RangeError: mine\.$/);
  });

  it('is refused when it was taken beyond the calendar', () => {
    const snapshot = saved(aBreakerIn('closed'));
    expectRefusal({ ...snapshot, takenAt: -1e300, changedAt: -1e300 }, /takenAt must be an instant/);
    expectRefusal({ ...snapshot, changedAt: -1e300 }, /changedAt must be an instant/);
  });

  it.each([
    ['no end but a wait', { retryAt: null }],
    ['an end but no wait', { retryAfterMs: null }],
    ['an end before it opened', { retryAt: 0 }],
    [
      'a wait without an end, on a machine whose clock was never set',
      { takenAt: 0, changedAt: 0, retryAt: null },
    ],
  ])('is refused with %s', (_, fields) => {
    for (const state of ['open', 'forced_open'] as const) {
      const snapshot = { ...saved(aBreakerIn('open')), state };
      expectRefusal(
        { ...snapshot, ...fields },
        /retryAt must be after changedAt where retryAfterMs is .*An end is both, or neither\./,
      );
    }
  });

  it('may end as much before it opened as clocks are off', () => {
    const snapshot = saved(aBreakerIn('open'));
    const { breaker } = aBreaker();
    breaker.restore({ ...snapshot, retryAt: Number(snapshot['changedAt']) - seconds(5) } as never);
    expect(breaker.state).toBe('open');
  });

  it('may be from the first and the last instant of the calendar', () => {
    const snapshot = saved(aBreakerIn('closed'));
    const { breaker } = aBreaker();
    breaker.restore({ ...snapshot, takenAt: -8.64e15, changedAt: -8.64e15 } as never);
    expect(breaker.snapshot().changedAt).toBe(-8.64e15);
  });

  it('may have an end far beyond the calendar: some wait that long', () => {
    const options = { tripper: FailureStreak(1), retry: Cooldown(1e17) };
    const made = aBreaker(options);
    bad(made.breaker, 1);
    const { breaker } = aBreaker(options);
    breaker.restore(saved(made) as never);
    expect(breaker.snapshot().retryAfterMs).toBe(1e17);
  });
});

describe('a window of figures that add up to no number', () => {
  const window = TimeWindow(seconds(60));

  function aTimed(): Loose {
    const made = aBreaker({ window });
    good(made.breaker, 1);
    made.clock.advance(2000);
    bad(made.breaker, 1);
    return saved(made);
  }

  const withBuckets = (change: (buckets: Record<string, unknown>[]) => void): Loose => {
    const snapshot = aTimed();
    change((snapshot.memory['window'] as { buckets: Record<string, unknown>[] }).buckets);
    return snapshot;
  };

  it('is refused: a sum of Infinity would stay for ever', () => {
    const snapshot = withBuckets((buckets) => buckets.forEach((one) => (one['totalDurationMs'] = 1e308)));
    expectRefusal(snapshot, /buckets\[0\] must be figures that agree/);
    const { breaker } = aBreaker();
    const counted = { ...saved({ breaker }), memory: { inStateMs: 0, slowThresholdsMs: [], probes: null } };
    const durationsMs = [1e308, 1e308];
    const memory = { ...counted.memory, window: { failures: '00', durationsMs } };
    expect(() => breaker.restore({ ...counted, memory } as never)).toThrow(/durationsMs must be a list/);
  });

  it('may have durations as long as a sum of them can be told exactly', () => {
    const { breaker } = aBreaker();
    const counted = saved({ breaker });
    const durationsMs = [Number.MAX_SAFE_INTEGER];
    const memory = { ...counted.memory, window: { failures: '0', durationsMs } };
    breaker.restore({ ...counted, memory } as never);
    expect(breaker.snapshot().metric.totalDurationMs).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('is refused when its buckets are not listed oldest first', () => {
    expectRefusal(
      withBuckets((buckets) => buckets.unshift(buckets.pop()!)),
      /buckets\[1\]\.startedMsAgo must be below 0, got 2000/,
    );
    expectRefusal(
      withBuckets((buckets) => buckets.push(buckets[1]!)),
      /buckets\[2\]\.startedMsAgo/,
    );
  });
});
