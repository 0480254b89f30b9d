import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import {
  AvgLatency,
  Breaker,
  CountWindow,
  FailureRate,
  FailureStreak,
  MinRequests,
  type BreakerOptions,
  type Tripper,
  type WindowStore,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

// A rule of counts says the same of the same counts. So it is asked about them once: what a call costs does not
// depend on the size of the rule.

const DOWN = new Error('down');
/** A metric of calls that nobody timed. */
const UNTIMED = { totalDurationMs: 0, avgDurationMs: 0, slowCount: () => 0, slowRate: () => 0 };
const leaf = Object.getPrototypeOf(FailureStreak(1)) as Tripper;
let asked: jest.SpiedFunction<Tripper['isTripped']>;

beforeEach(() => {
  asked = jest.spyOn(leaf, 'isTripped');
});
afterEach(() => asked.mockRestore());

const breakerWith = (options: BreakerOptions): Breaker =>
  new Breaker(
    'payments',
    { window: CountWindow(4), tripper: FailureStreak(6), ...options },
    { clock: new ManualClock() },
  );

interface Spy {
  mockClear(): unknown;
  readonly mock: { readonly calls: readonly unknown[] };
}

/** `S` succeeds, `F` fails. @returns how often the spy was called for each of these calls. */
async function timesOf(spy: Spy, breaker: Breaker, calls: string): Promise<string> {
  let counts = '';
  for (const call of calls) {
    spy.mockClear();
    if (call === 'S') await breaker.execute(() => 'paid');
    else await breaker.execute(() => Promise.reject(DOWN)).catch(() => undefined);
    counts += spy.mock.calls.length;
  }
  return counts;
}

/** How often the rule is asked about each. */
const askedAbout = (breaker: Breaker, calls: string): Promise<string> => timesOf(asked, breaker, calls);

describe('a rule of counts', () => {
  it('is asked while the window fills, and no more about a success in the place of a success', async () => {
    expect(await askedAbout(breakerWith({}), 'SSSSSSS')).toBe('1111000');
  });

  it('is not asked about a failure in the place of a failure, until so many failed in a row as it looks for', async () => {
    const breaker = breakerWith({});
    // The last one opens the circuit: asked once more, for the reason.
    expect(await askedAbout(breaker, 'FFFFFF')).toBe('111102');
    expect(breaker.state).toBe('open');
  });

  it('is asked when a call takes the place of one that ended otherwise', async () => {
    expect(await askedAbout(breakerWith({}), 'SSSFFSSSS')).toBe('111110011');
  });

  it('is not asked about a success that ends a row of few failures, and the row is over', async () => {
    const breaker = breakerWith({});
    expect(await askedAbout(breaker, 'SSSFS')).toBe('11110');
    expect(breaker.snapshot().failureStreak).toBe(0);
    expect(await askedAbout(breaker, 'SS')).toBe('00');
  });

  it('looks at no row where none of its parts does', async () => {
    const tripper = MinRequests(4).and(FailureRate(1).not());
    expect(await askedAbout(breakerWith({ tripper }), 'FFFFFFFFF')).toBe('111200000');
  });

  it('looks at the shortest row that one of its parts looks for', async () => {
    const tripper = FailureStreak(9).or(FailureStreak(6).and(FailureStreak(7)));
    expect(await askedAbout(breakerWith({ tripper }), 'FFFFFF')).toBe('222203');
  });

  it('is asked about the same counts once, when somebody hears each call', async () => {
    const breaker = breakerWith({});
    breaker.subscribe({ onCall: () => undefined });
    expect(await askedAbout(breaker, 'SSSSSS')).toBe('111100');
  });

  it('is asked about them once, when nothing moves', async () => {
    const breaker = breakerWith({ initialState: 'metrics_only' });
    expect(await askedAbout(breaker, 'SSSSSS')).toBe('111100');
  });

  it('is asked each time the rate of a window of your own changes, whatever its counts', async () => {
    // Weighs its calls: the last one counts a tenth. It counts no failures.
    const weighing = (): WindowStore => {
      let totalCount = 0;
      let failureRate = 0;
      return {
        record: (_nowMs, _durationMs, isFailure) => {
          totalCount = Math.min(20, totalCount + 1);
          failureRate = 0.9 * failureRate + (isFailure ? 0.1 : 0);
        },
        metric: () => ({ totalCount, failureCount: 0, failureRate, ...UNTIMED }),
      };
    };
    const tripper = MinRequests(20).and(FailureRate(0.51));
    const breaker = breakerWith({ window: { create: weighing }, tripper });
    await askedAbout(breaker, 'S'.repeat(20));
    await askedAbout(breaker, 'FFFFFF');
    expect(breaker.state).toBe('closed');
    await askedAbout(breaker, 'F');
    expect(breaker.state).toBe('open');
  });

  it('is asked anew when it is another one', async () => {
    const breaker = breakerWith({});
    expect(await askedAbout(breaker, 'SSSSS')).toBe('11110');
    breaker.reconfigure({ tripper: FailureStreak(5) });
    expect(await askedAbout(breaker, 'SS')).toBe('10');
  });

  it('is asked each time where it looks at durations too', async () => {
    expect(await askedAbout(breakerWith({ tripper: AvgLatency(5) }), 'SSSSSS')).toBe('111111');
  });
});

describe('what takes the place of its like', () => {
  /** How often the window takes each the long way: out with the oldest, in with the new one. */
  async function recordedOf(breaker: Breaker, calls: string): Promise<string> {
    const store = Object.getPrototypeOf(CountWindow(4).create([])) as WindowStore;
    const recorded = jest.spyOn(store, 'record');
    const counts = await timesOf(recorded, breaker, calls);
    recorded.mockRestore();
    return counts;
  }

  // The first two calls are timed, so they leave the long way too.
  it('is a success of a success', async () => {
    expect(await recordedOf(breakerWith({}), 'SSSSSSSS')).toBe('11111100');
  });

  it('is a failure of a failure, until so many failed in a row as the rule looks for', async () => {
    const breaker = breakerWith({ tripper: FailureStreak(8) });
    expect(await recordedOf(breaker, 'FFFFFFFF')).toBe('11111101');
    expect(breaker.state).toBe('open');
  });

  it('is not one of the other kind', async () => {
    const breaker = breakerWith({ tripper: FailureStreak(9) });
    expect(await recordedOf(breaker, 'SSSSSFFFFFSSS')).toBe('1111111110111');
  });
});
