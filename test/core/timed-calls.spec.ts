import { describe, expect, it } from '@jest/globals';

import { Breaker, CountWindow, FailureStreak } from '../../lib/core/index.js';
import { seededRandom } from '../../lib/testing/seeded-random.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { aCountedClock } from '../support/looks.js';

const DOWN = new Error('down');

/** A function behind a breaker that nothing has timed; each of its calls says whether its time was looked at. */
function aGuardedFunction() {
  const { clock, counting, looksOf } = aCountedClock();
  const options = { window: CountWindow(100), tripper: FailureStreak(10_000) };
  const breaker = new Breaker('plain', options, { clock: counting });
  const call = breaker.wrap(async (run: () => unknown): Promise<unknown> => run());
  /** `1` for each that was timed. */
  const timed = async (calls: number, ms: number, error?: Error): Promise<string> => {
    const seen: string[] = [];
    for (let i = 0; i < calls; i++) {
      const run = (): void => {
        clock.advance(ms);
        if (error !== undefined) throw error;
      };
      seen.push((await looksOf(() => call(run).catch(() => undefined))) >= 2 ? '1' : '0');
    }
    return seen.join('');
  };
  return { breaker, call, clock, looksOf, timed };
}

/** The calls of one that is timed, and those after it that are not. */
const row = (every: number): string => `1${'0'.repeat(every - 1)}`;

describe('a guarded function that has gone on for long', () => {
  const options = { window: CountWindow(4), tripper: FailureStreak(10_000) };
  const throws = (): never => {
    throw DOWN;
  };

  it('rejects with what it throws at once, and that counts', async () => {
    const breaker = new Breaker('plain', options, { clock: new ManualClock() });
    const call = breaker.wrap((run: () => Promise<string>) => run());
    for (let i = 0; i < 8; i++) await call(async () => 'paid');
    for (let i = 0; i < 3; i++) await expect(call(throws)).rejects.toBe(DOWN);
    expect(await call(async () => 'paid')).toBe('paid');
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 12, success: 9, failure: 3, inFlight: 0 });
  });

  it('has its fallback told what it was called with', async () => {
    const breaker = new Breaker('plain', options, { clock: new ManualClock() });
    const fallback = (_error: unknown, run: unknown): string => `for ${typeof run}`;
    const place = breaker.site({ fallback });
    const call = (run: () => unknown): unknown =>
      breaker.enter('promise', place, async (task: () => unknown) => task(), undefined, [run]);
    for (let i = 0; i < 8; i++) expect(await call(() => 'paid')).toBe('paid');
    for (let i = 0; i < 3; i++) expect(await call(throws)).toBe('for function');
  });
});

describe('of the calls of a guarded function', () => {
  it('one in 256 is timed where they are short, until that one was long', async () => {
    const { timed } = aGuardedFunction();
    expect(await timed(2 + 255, 0)).toBe(`1${row(256)}`);
    expect(await timed(3, 5)).toBe('111');
  });

  it('one in 25 is timed where long ones come close', async () => {
    const { timed } = aGuardedFunction();
    await timed(24, 0.1);
    expect(await timed(250, 0.1)).toBe(row(25).repeat(10));
  });

  it('those before and after a failure count alike', async () => {
    const { timed } = aGuardedFunction();
    await timed(24, 0.1);
    expect(await timed(10, 0.1)).toBe(row(10));
    expect(await timed(1, 0.1, DOWN)).toBe('0');
    expect(await timed(15, 0.1)).toBe(`${'0'.repeat(14)}1`);
    expect(await timed(49, 0.1)).toBe(`${'0'.repeat(24)}${row(25)}`);
  });

  it('one in 25 is timed where all fail', async () => {
    const { timed } = aGuardedFunction();
    await timed(24, 0.1);
    expect(await timed(250, 0.1, DOWN)).toBe(row(25).repeat(10));
  });

  it('none comes nearer because several fail at once', async () => {
    const { call, timed } = aGuardedFunction();
    await timed(2, 0);
    await Promise.allSettled(Array.from({ length: 5 }, () => call(() => Promise.reject(DOWN))));
    expect(await timed(251, 0)).toBe(`${'0'.repeat(250)}1`);
  });

  it('none comes nearer because they fail now and then', async () => {
    const { timed } = aGuardedFunction();
    await timed(24, 0.1);
    const seen = [];
    for (let i = 0; i < 5; i++) seen.push(await timed(3, 0.1), await timed(2, 0.1, DOWN));
    expect(seen.join('') + (await timed(25, 0.1))).toBe(row(25).repeat(2));
  });

  it('each place of one breaker has its share, so that their mean is that of all', async () => {
    const { breaker, clock, looksOf } = aGuardedFunction();
    const random = seededRandom(1);
    const busy = breaker.wrap(async () => 'paid');
    const rare = breaker.wrap(async () => clock.advance(100), { fallback: () => undefined });
    const [ofBusy, ofRare] = [
      { calls: 0, timed: 0 },
      { calls: 0, timed: 0 },
    ];
    for (let i = 0; i < 20_000; i++) {
      const [run, of] = random() < 0.75 ? [busy, ofBusy] : [rare, ofRare];
      of.calls++;
      if ((await looksOf(run)) > 0) of.timed++;
    }
    expect(ofRare.timed).toBeGreaterThan(20);
    const ratio = ofRare.timed / ofRare.calls / (ofBusy.timed / ofBusy.calls);
    expect(Math.abs(Math.log2(ratio))).toBeLessThan(0.5);
  });

  it('one in 256 is timed where each comes with options of its own', async () => {
    const { breaker, looksOf } = aGuardedFunction();
    const call = (): Promise<string> => breaker.execute(async () => 'paid', { trackResult: () => false });
    for (let i = 0; i < 2; i++) expect(await looksOf(call)).toBe(2);
    for (let i = 0; i < 255; i++) expect(await looksOf(call)).toBe(0);
    expect(await looksOf(call)).toBe(2);
  });

  it('those count together that `execute` and `wrap` let in without options', async () => {
    const { breaker, clock, looksOf } = aGuardedFunction();
    const last = async (): Promise<unknown> => clock.advance(0.1);
    const wrapped = breaker.wrap(last);
    const both = async (): Promise<void> => {
      await wrapped();
      await breaker.execute(last);
    };
    for (let i = 0; i < 12; i++) await both();
    expect(
      await looksOf(async () => {
        for (let i = 0; i < 125; i++) await both();
      }),
    ).toBe(20);
  });

  it('the next one is timed when one that began before was slow', async () => {
    const { call, clock, timed } = aGuardedFunction();
    let end: (value: unknown) => void = () => undefined;
    const slow = call(() => new Promise((resolve) => (end = resolve)));
    await timed(2, 0);
    expect(await timed(5, 0)).toBe('00000');
    clock.advance(10);
    end('late');
    await slow;
    expect(await timed(2, 10)).toBe('11');
  });
});
