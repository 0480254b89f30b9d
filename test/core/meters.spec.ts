import { describe, expect, it } from '@jest/globals';

import { lastValueFrom, of, type Observable } from 'rxjs';

import {
  Breaker,
  CountWindow,
  FailureRate,
  KeyedBreakers,
  TimeWindow,
  type BreakerOptions,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

const SMALL: BreakerOptions = { window: CountWindow(4), tripper: FailureRate(1) };
const DOWN = new Error('down');

describe('a meter', () => {
  const clock = new ManualClock();

  function metered(options: BreakerOptions = {}): { breaker: Breaker; seen: string[]; remove: () => void } {
    const breaker = new Breaker('bank', { ...SMALL, ...options }, { clock });
    const seen: string[] = [];
    const remove = breaker.measureBy({
      measure: (outcome, durationMs) => seen.push(`${outcome} ${durationMs}`),
    });
    return { breaker, seen, remove };
  }

  const take = (breaker: Breaker, durationMs: number, error?: Error): Promise<unknown> =>
    breaker
      .execute(async () => {
        clock.advance(durationMs);
        if (error !== undefined) throw error;
      })
      .catch((caught: unknown) => caught);

  it('measures every call, however short, once', async () => {
    const { breaker, seen } = metered();
    for (let i = 0; i < 300; i++) await take(breaker, 0);
    await take(breaker, 5);
    await take(breaker, 0, DOWN);
    breaker.executeSync(() => clock.advance(3));
    expect(seen.filter((one) => one === 'success 0')).toHaveLength(300);
    expect(seen.slice(300)).toEqual(['success 5', 'failure 0', 'success 3']);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 303, success: 302, failure: 1 });
  });

  it('measures calls that had a ticket, and what their callers gave up', () => {
    const { breaker, seen } = metered();
    const paid = breaker.acquire();
    const givenUp = breaker.acquire();
    clock.advance(7);
    paid.succeed();
    givenUp.release();
    givenUp.release();
    expect(seen).toEqual(['success 7', 'cancelled 7']);
  });

  it('changes nothing about what is remembered: of short calls one in 256 is timed', async () => {
    const { breaker } = metered();
    const plain = new Breaker('bank', SMALL, { clock });
    for (const one of [breaker, plain]) {
      for (let i = 0; i < 10; i++) await take(one, 0);
      await take(one, 0, DOWN);
    }
    expect(breaker.snapshot().metric).toEqual(plain.snapshot().metric);
  });

  it('remembers one in 256 short calls with its duration', async () => {
    const { breaker } = metered({ window: CountWindow(1) });
    const means: number[] = [];
    for (let i = 0; i < 600; i++) {
      await take(breaker, 0.01);
      means.push(breaker.snapshot().metric.avgDurationMs);
    }
    expect(means.filter((mean) => mean > 0)).toHaveLength(3);
  });

  it('leaves each duration to a window of time, and to who hears of calls', async () => {
    const { breaker, seen } = metered({ window: TimeWindow(1000) });
    for (let i = 0; i < 3; i++) await take(breaker, 0.01);
    expect(breaker.snapshot().metric.avgDurationMs).toBeCloseTo(0.01);
    const { breaker: heard } = metered();
    const told: number[] = [];
    heard.subscribe({ onCall: ({ durationMs }) => told.push(durationMs) });
    for (let i = 0; i < 3; i++) await take(heard, 0.01);
    expect(told).toHaveLength(3);
    expect(seen).toHaveLength(3);
  });

  it('measures no call that began before it came, and none after it was taken away', async () => {
    const { breaker, seen, remove } = metered();
    remove();
    for (let i = 0; i < 3; i++) await take(breaker, 0);
    let finish!: () => void;
    const early = breaker.execute(() => new Promise<void>((resolve) => (finish = resolve)));
    breaker.measureBy({ measure: (outcome) => seen.push(outcome) });
    finish();
    await early;
    expect(seen).toEqual([]);
    await take(breaker, 0);
    expect(seen).toEqual(['success']);
  });

  it('is taken away alone: another one goes on', async () => {
    const { breaker, seen, remove } = metered();
    breaker.measureBy({ measure: (outcome) => seen.push(`other ${outcome}`) });
    remove();
    await take(breaker, 0);
    expect(seen).toEqual(['other success']);
  });

  it('measures no stream that began before it came', async () => {
    const breaker = new Breaker('bank', SMALL, { clock });
    for (let i = 0; i < 3; i++) await take(breaker, 0);
    const site = { ...breaker.site(), followsStreams: true, lane: undefined };
    const stream = await breaker.enter('promise', site, () => of('paid'), undefined, []);
    const seen: string[] = [];
    breaker.measureBy({ measure: (outcome) => seen.push(outcome) });
    expect(await lastValueFrom(stream as Observable<string>)).toBe('paid');
    expect(seen).toEqual([]);
    expect(breaker.snapshot().calls).toMatchObject({ success: 4, inFlight: 0 });
  });

  it('times no use of a breaker of a group that nobody else times', async () => {
    const group = new KeyedBreakers('banks', { ...SMALL, keys: {} }, { clock });
    const breaker = group.for('a');
    const seen: string[] = [];
    breaker.measureBy({ measure: (outcome) => seen.push(outcome) });
    for (let i = 0; i < 3; i++) await take(breaker, 0);
    await take(breaker, 50);
    expect(seen).toHaveLength(4);
    expect(breaker.snapshot().metric).toMatchObject({ totalCount: 4, avgDurationMs: 25 });
  });
});
