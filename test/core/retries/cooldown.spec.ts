import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Cooldown } from '../../../lib/core/retries/index.js';
import { seededRandom } from '../../../lib/testing/seeded-random.js';
import { at, BAD_DURATIONS, BAD_JITTERS, meanWait, noChance } from './context.js';

describe('Cooldown', () => {
  it('waits the same time each time', () => {
    expect([0, 1, 10_000].map((reopens) => Cooldown(60_000).waitMs(at(reopens, noChance)))).toEqual([
      60_000, 60_000, 60_000,
    ]);
  });

  it('strays evenly to both sides', () => {
    const retry = Cooldown(10_000, { jitter: 0.1 });
    expect([0, 0.5, 0.75].map((drawn) => retry.waitMs(at(0, () => drawn)))).toEqual([9000, 10_000, 10_500]);
    expect(retry.waitMs(at(0, () => 1 - 2 ** -53))).toBeLessThanOrEqual(11_000);
  });

  it('waits on average what it says', () => {
    expect(Math.abs(meanWait(Cooldown(60_000, { jitter: 0.5 }), 0) / 60_000 - 1)).toBeLessThan(0.01);
  });

  it('stays within its bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.integer(),
        (ms, jitter, seed) => {
          const wait = Cooldown(ms, { jitter }).waitMs(at(3, seededRandom(seed)));
          expect(wait).toBeGreaterThanOrEqual(ms * (1 - jitter) * (1 - 1e-12));
          expect(wait).toBeLessThanOrEqual(ms * (1 + jitter) * (1 + 1e-12));
        },
      ),
    );
  });

  it('reads like the code', () => {
    expect(String(Cooldown(60_000))).toBe('Cooldown(60000 ms)');
    expect(String(Cooldown(60_000, { jitter: 0.1 }))).toBe('Cooldown(60000 ms, { jitter: 0.1 })');
  });

  it.each(BAD_DURATIONS)('refuses to wait %p', (ms) => {
    const retry = Cooldown(ms as number);
    expect(retry.problems).toHaveLength(1);
    expect(() => retry.waitMs(at(0))).toThrow(new RangeError(retry.problems[0]));
  });

  it.each(BAD_JITTERS)('refuses the jitter %p', (jitter) => {
    const retry = Cooldown(1000, { jitter: jitter as number });
    expect(retry.problems).toHaveLength(1);
    expect(() => retry.waitMs(at(0))).toThrow(RangeError);
  });

  it.each<[unknown[], string[]]>([
    [[0], ['Cooldown(0 ms): ms must be a finite number of milliseconds > 0, got 0.']],
    [
      [1000, { jitter: 10 }],
      ['Cooldown(1000 ms, { jitter: 10 }): jitter must be in [0, 1), got 10. Did you mean 0.1?'],
    ],
    [
      [1000, { jiter: 0.1 }],
      ['Cooldown(1000 ms, { jiter: 0.1 }): options.jiter is not an option. Did you mean jitter?'],
    ],
    [
      [-1, { spread: 0.1 }],
      [
        'Cooldown(-1 ms, { spread: 0.1 }): ms must be a finite number of milliseconds > 0, got -1.',
        'Cooldown(-1 ms, { spread: 0.1 }): options.spread is not an option. Options: jitter.',
      ],
    ],
    [[1000, 0.1], ['Cooldown(1000 ms, 0.1): options must be an options object, got 0.1.']],
    [[1000, null], ['Cooldown(1000 ms, null): options must be an options object, got null.']],
  ])('says of %p what is wrong', (args, problems) => {
    expect(Cooldown(...(args as [number])).problems).toEqual(problems);
  });
});
