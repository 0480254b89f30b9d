import { describe, expect, it, jest } from '@jest/globals';

import { ManualClock } from '../../lib/testing/manual-clock.js';
import { RecordingListener } from '../../lib/testing/recording-listener.js';
import { seededRandom } from '../../lib/testing/seeded-random.js';
import { aBreaker, bad, good } from '../support/breaker.js';

describe('ManualClock', () => {
  it('stands still until it is moved', () => {
    const clock = new ManualClock(5000);
    const [now, wall] = [clock.now(), clock.wallNow()];
    expect(wall).toBe(5000);
    clock.advance(250);
    expect([clock.now() - now, clock.wallNow() - wall]).toEqual([250, 250]);
  });

  it('runs what comes due, in order, each at its own instant', () => {
    const clock = new ManualClock();
    const start = clock.now();
    const ran: [string, number][] = [];
    const run = (name: string) => () => ran.push([name, clock.now() - start]);
    clock.setTimer(run('late'), 30);
    clock.setTimer(run('early'), 10);
    clock.setTimer(run('same'), 10);
    clock.setTimer(run('never'), 100);
    clock.setTimer(run('cancelled'), 5).cancel();
    expect(clock.timerCount).toBe(4);
    clock.advance(50);
    expect(ran).toEqual([
      ['early', 10],
      ['same', 10],
      ['late', 30],
    ]);
    expect([clock.now() - start, clock.timerCount]).toEqual([50, 1]);
  });

  it('runs timers that timers set, and those in the past at once', () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    const start = clock.now();
    const again = (): void => {
      ran.push(clock.now() - start);
      if (ran.length < 3) clock.setTimer(again, 10);
    };
    clock.setTimer(again, -5);
    clock.advance(25);
    expect(ran).toEqual([0, 10, 20]);
  });

  it('lets promises settle between timers with advanceAsync', async () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    clock.setTimer(() => void Promise.resolve().then(() => ran.push('promise of the first')), 10);
    clock.setTimer(() => ran.push('second'), 20);
    await clock.advanceAsync(20);
    expect(ran).toEqual(['promise of the first', 'second']);
  });

  it('works under the fake timers of jest', async () => {
    jest.useFakeTimers();
    try {
      const clock = new ManualClock();
      let ran = 0;
      clock.setTimer(() => ran++, 10);
      await clock.advanceAsync(10);
      expect(ran).toBe(1);
    } finally {
      jest.useRealTimers();
    }
  });

  it('steps the wall clock alone', () => {
    const clock = new ManualClock(0);
    const now = clock.now();
    clock.stepWallClock(-3_600_000);
    expect([clock.wallNow(), clock.now()]).toEqual([-3_600_000, now]);
  });

  it.each([-1, NaN])('refuses to move by %d', async (ms) => {
    const clock = new ManualClock();
    expect(() => clock.advance(ms)).toThrow(`advance: ms must be a number ≥ 0, got ${ms}.`);
    await expect(clock.advanceAsync(ms)).rejects.toThrow(RangeError);
  });
});

describe('seededRandom', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('draws evenly from [0, 1)', () => {
    const draws = Array.from({ length: 10_000 }, seededRandom(1));
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
    expect(draws.reduce((sum, one) => sum + one) / draws.length).toBeCloseTo(0.5, 1);
  });
});

describe('RecordingListener', () => {
  it('keeps everything in order, and gives it by kind', () => {
    const { breaker, signals } = aBreaker();
    expect(signals).toBeInstanceOf(RecordingListener);
    good(breaker);
    bad(breaker, 3);
    expect(signals.signals.map(({ kind }) => kind)).toEqual(['call', 'call', 'call', 'call', 'transition']);
    expect(signals.of('call').map(({ outcome }) => outcome)).toEqual([
      'success',
      'failure',
      'failure',
      'failure',
    ]);
    expect(signals.moves()).toEqual(['closed → open (tripper)']);
    signals.clear();
    expect(signals.signals).toEqual([]);
  });
});
