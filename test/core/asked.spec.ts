import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import {
  AvgLatency,
  Breaker,
  CountWindow,
  FailureRate,
  FailureStreak,
  MinRequests,
  SlowRate,
  TripWhen,
  type BreakerOptions,
  type Tripper,
  type WindowStore,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

// Of a healthy service the shares of failed and slow calls are small: smaller than any that its rule looks for. The rule
// is not asked then, so what a call costs does not depend on the size of the rule.

const DOWN = new Error('down');
/** A metric of calls that nobody timed. */
const UNTIMED = { totalDurationMs: 0, avgDurationMs: 0, slowCount: () => 0, slowRate: () => 0 };
const leaf = Object.getPrototypeOf(FailureStreak(1)) as Tripper;
let asked: jest.SpiedFunction<Tripper['isTripped']>;

beforeEach(() => {
  asked = jest.spyOn(leaf, 'isTripped');
});
afterEach(() => asked.mockRestore());

const breakerWith = (options: BreakerOptions, clock = new ManualClock()): Breaker =>
  new Breaker('payments', { window: CountWindow(4), tripper: FailureStreak(6), ...options }, { clock });

interface Spy {
  mockClear(): unknown;
  readonly mock: { readonly calls: readonly unknown[] };
}

/** `S` succeeds, `F` fails. @returns how often the spy was called for each of these calls. */
async function timesOf(spy: Spy, breaker: Breaker, calls: string, during?: () => void): Promise<string> {
  let counts = '';
  for (const call of calls) {
    spy.mockClear();
    if (call === 'S') await breaker.execute(() => during?.());
    else await breaker.execute(() => Promise.reject(DOWN)).catch(() => undefined);
    counts += spy.mock.calls.length;
  }
  return counts;
}

/** How often the rule is asked about each. */
const askedAbout = (breaker: Breaker, calls: string): Promise<string> => timesOf(asked, breaker, calls);

describe('a rule', () => {
  it('is not asked while fewer failed in a row than it looks for', async () => {
    const breaker = breakerWith({});
    // The last one opens the circuit: asked once more, for the reason.
    expect(await askedAbout(breaker, 'SSFFSFFFFFF')).toBe('00000000002');
    expect(breaker.state).toBe('open');
  });

  it('looks at the shortest row that one of its parts looks for', async () => {
    const tripper = FailureStreak(9).or(FailureStreak(6).and(FailureStreak(7)));
    expect(await askedAbout(breakerWith({ tripper }), 'FFFFFF')).toBe('000003');
  });

  it('is not asked while a smaller share failed than it looks for', async () => {
    const breaker = breakerWith({ window: CountWindow(10), tripper: MinRequests(4).and(FailureRate(0.5)) });
    expect(await askedAbout(breaker, 'SSSFFF')).toBe('000004');
    expect(breaker.state).toBe('open');
  });

  it('is asked where one of its parts looks for a smaller share than the others', async () => {
    const tripper = FailureRate(0.9).or(MinRequests(4).and(FailureRate(0.25)));
    expect(await askedAbout(breakerWith({ tripper }), 'SSSF')).toBe('0006');
  });

  it('is not asked while a smaller share was slow than it looks for', async () => {
    const clock = new ManualClock();
    const tripper = SlowRate(0.5, 100);
    const breaker = breakerWith({ tripper }, clock);
    const run = (ms: number): Promise<string> => timesOf(asked, breaker, 'S', () => clock.advance(ms));
    const counts = [await run(1), await run(1), await run(100), await run(100)];
    expect(counts.join('')).toBe('0002');
    expect(breaker.state).toBe('open');
  });

  it.each([
    ['of the opposite', MinRequests(4).and(FailureRate(1).not())],
    ['of a mean', AvgLatency(5)],
    ['of your own', TripWhen(() => false, 'mine')],
    ['that is joined to one of your own', FailureRate(0.5).and(TripWhen(() => false, 'mine'))],
  ])('%s is asked each time', async (_, tripper) => {
    const counts = await askedAbout(breakerWith({ tripper }), 'SSS');
    expect(counts).not.toContain('0');
  });

  it('is asked where a window of your own fails to say how many were slow, and is told as at fault', async () => {
    const sources: string[] = [];
    const metric = { totalCount: 1, failureCount: 0, failureRate: 0, totalDurationMs: 0, avgDurationMs: 0 };
    const broken = (): never => {
      throw new Error('lost');
    };
    const window = (): WindowStore => ({
      record: () => undefined,
      metric: () => ({ ...metric, slowCount: broken, slowRate: broken }),
    });
    const breaker = breakerWith({ window: { create: window }, tripper: SlowRate(0.5, 100) });
    breaker.subscribe({ onFault: ({ source }) => sources.push(source) });
    await breaker.execute(() => 'paid');
    expect(sources).toEqual(['tripper']);
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

  it('is another one after it was reconfigured', async () => {
    const breaker = breakerWith({});
    expect(await askedAbout(breaker, 'FFFF')).toBe('0000');
    breaker.reconfigure({ tripper: FailureStreak(5) });
    expect(await askedAbout(breaker, 'F')).toBe('2');
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
