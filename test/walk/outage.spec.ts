import { beforeAll, describe, expect, it } from '@jest/globals';

import {
  Backoff,
  FailureRate,
  FailureStreak,
  MinRequests,
  RampUp,
  TimeWindow,
  minutes,
  seconds,
  type TransitionSignal,
} from '../../lib/core/index.js';
import { aBreaker, type Made } from '../support/breaker.js';

/** What a minute of traffic, ten calls a second, came to. */
interface Minute {
  readonly state: string;
  readonly reached: number;
  readonly rejected: number;
}

/** Ten calls a second that take 20 ms each; `isUp` says whether the dependency answers. */
async function traffic({ breaker, clock }: Made, forMs: number, isUp: boolean): Promise<Minute> {
  const { calls: before } = breaker.snapshot();
  for (let passed = 0; passed < forMs; passed += 100) {
    const begunAt = clock.now();
    const call = breaker.execute(async () => {
      clock.advance(20);
      if (!isUp) throw new Error('down');
    });
    await call.catch(() => undefined);
    clock.advance(100 - (clock.now() - begunAt));
  }
  const { calls, state } = breaker.snapshot();
  return { state, reached: calls.admitted - before.admitted, rejected: calls.rejected - before.rejected };
}

describe('an outage of ten minutes', () => {
  let made: Made;
  const minutesOf: Minute[] = [];
  let moves: TransitionSignal[];

  beforeAll(async () => {
    made = aBreaker({
      window: TimeWindow(seconds(60)),
      tripper: FailureStreak(5).or(MinRequests(20).and(FailureRate(0.5))),
      retry: Backoff({ initialMs: seconds(10), maxMs: minutes(2), jitter: 0.1 }),
      permit: RampUp(0.1, 1, seconds(30)),
    });
    minutesOf.push(await traffic(made, minutes(1), true));
    for (let i = 0; i < 10; i++) minutesOf.push(await traffic(made, minutes(1), false));
    for (let i = 0; i < 4; i++) minutesOf.push(await traffic(made, minutes(1), true));
    moves = made.signals.of('transition');
  });

  it('is not felt before it begins: every call goes through', () => {
    expect(minutesOf[0]).toMatchObject({ state: 'closed', rejected: 0 });
  });

  it('opens the circuit at the fifth failure', () => {
    expect(moves[0]).toMatchObject({ from: 'closed', to: 'open', cause: 'tripper' });
    expect(moves[0]!.metric.failureCount).toBe(5);
    expect(moves[0]!.rule).toBe('FailureStreak(5) | MinRequests(20) & FailureRate(0.5)');
  });

  it('is met with a handful of calls a minute instead of six hundred', () => {
    const during = minutesOf.slice(2, 11);
    expect(Math.max(...during.map(({ reached }) => reached))).toBeLessThan(40);
    expect(Math.min(...during.map(({ rejected }) => rejected))).toBeGreaterThan(500);
  });

  it('is probed ever more seldom, up to the longest wait', () => {
    const waits = moves.filter(({ to }) => to === 'open').map(({ at, retryAt }) => retryAt! - at);
    const nominal = waits.map((_, i) => Math.min(10_000 * 2 ** i, 120_000));
    waits.forEach((wait, i) => {
      expect(wait).toBeGreaterThan(nominal[i]! * 0.89);
      expect(wait).toBeLessThanOrEqual(Math.min(nominal[i]! * 1.11, 120_000));
    });
    expect(waits.length).toBeGreaterThan(4);
  });

  it('reopens after five probes each time: bad for certain comes from the streak', () => {
    const reopened = moves.filter(({ from, to }) => from === 'half_open' && to === 'open');
    expect(reopened.map(({ metric }) => metric.failureCount)).toEqual(reopened.map(() => 5));
    expect(reopened.map(({ reopens }) => reopens)).toEqual(reopened.map((_, i) => i + 1));
  });

  it('ends after twenty good probes, which a ramp let in', () => {
    const closed = moves.at(-1)!;
    expect(closed).toMatchObject({ from: 'half_open', to: 'closed', cause: 'tripper', reopens: 0 });
    expect(closed.metric).toMatchObject({ totalCount: 20, failureCount: 0 });
    const began = moves.at(-2)!;
    expect(closed.at - began.at).toBeGreaterThan(seconds(2));
    expect(closed.at - began.at).toBeLessThan(seconds(30));
  });

  it('leaves a closed circuit with nothing of it in memory', () => {
    expect(minutesOf.at(-1)).toMatchObject({ state: 'closed', rejected: 0 });
    expect(made.breaker.snapshot()).toMatchObject({
      reopens: 0,
      lastError: null,
      metric: { failureCount: 0 },
      calls: { inFlight: 0 },
    });
  });

  it('was told without a gap', () => {
    expect(moves.map(({ seq }) => seq)).toEqual(moves.map((_, i) => i + 1));
    for (let i = 1; i < moves.length; i++) {
      expect(moves[i]!.from).toBe(moves[i - 1]!.to);
      expect(moves[i]!.at).toBeGreaterThanOrEqual(moves[i - 1]!.at);
    }
  });
});
