import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Backoff } from '../../../lib/core/retries/index.js';
import { seededRandom } from '../../../lib/testing/seeded-random.js';
import { at, BAD_DURATIONS, BAD_JITTERS, meanWait, noChance } from './context.js';

describe('Backoff', () => {
  it('doubles up to the maximum', () => {
    const retry = Backoff({ initialMs: 1000, maxMs: 10_000 });
    expect([0, 1, 2, 3, 4, 5].map((reopens) => retry.waitMs(at(reopens, noChance)))).toEqual([
      1000, 2000, 4000, 8000, 10_000, 10_000,
    ]);
  });

  it('grows by its multiplier', () => {
    const retry = Backoff({ initialMs: 100, multiplier: 1.5, maxMs: 1000 });
    expect([0, 1, 2].map((reopens) => retry.waitMs(at(reopens)))).toEqual([100, 150, 225]);
  });

  it('waits five minutes at most unless told otherwise, and never less than the first wait', () => {
    expect(Backoff({ initialMs: 1000 }).waitMs(at(100))).toBe(300_000);
    expect(Backoff({ initialMs: 400_000 }).waitMs(at(100))).toBe(400_000);
    expect(Backoff({ initialMs: 400_000 }).problems).toEqual([]);
  });

  it.each([1024, 10_000, 1e308, Infinity])('waits the maximum after %p reopenings', (reopens) => {
    expect(Backoff({ initialMs: 0.001, multiplier: 1e300, maxMs: 600_000 }).waitMs(at(reopens))).toBe(
      600_000,
    );
    expect(Backoff({ initialMs: 1000, maxMs: 600_000, jitter: 0.5 }).waitMs(at(reopens, () => 0.75))).toBe(
      600_000,
    );
  });

  it('does not stray above the maximum', () => {
    const retry = Backoff({ initialMs: 1000, maxMs: 8000, jitter: 0.2 });
    expect([0, 0.75, 0.999].map((drawn) => retry.waitMs(at(3, () => drawn)))).toEqual([6400, 8000, 8000]);
    expect([0, 0.5].map((drawn) => retry.waitMs(at(1, () => drawn)))).toEqual([1600, 2000]);
  });

  it('waits on average what it says, below the maximum', () => {
    const retry = Backoff({ initialMs: 1000, maxMs: 60_000, jitter: 0.3 });
    for (const reopens of [0, 3]) {
      expect(Math.abs(meanWait(retry, reopens) / (1000 * 2 ** reopens) - 1)).toBeLessThan(0.01);
    }
  });

  it('never waits longer than the maximum, less than the first wait less its jitter, or not a number', () => {
    fc.assert(
      fc.property(
        fc.record({
          initialMs: fc.integer({ min: 1, max: 1e6 }),
          multiplier: fc.double({ min: 1.0001, max: 1e6, noNaN: true }),
          more: fc.integer({ min: 0, max: 1e9 }),
          jitter: fc.double({ min: 0, max: 0.99, noNaN: true }),
          reopens: fc.nat(100_000),
          seed: fc.integer(),
        }),
        ({ initialMs, multiplier, more, jitter, reopens, seed }) => {
          const maxMs = initialMs + more;
          const retry = Backoff({ initialMs, multiplier, maxMs, jitter });
          expect(retry.problems).toEqual([]);
          const wait = retry.waitMs(at(reopens, seededRandom(seed)));
          expect(wait).toBeLessThanOrEqual(maxMs);
          expect(wait).toBeGreaterThanOrEqual(initialMs * (1 - jitter) * (1 - 1e-12));
        },
      ),
    );
  });

  it('reads like the code', () => {
    expect(String(Backoff({ initialMs: 10_000, maxMs: 600_000, jitter: 0.1 }))).toBe(
      'Backoff({ initialMs: 10000, maxMs: 600000, jitter: 0.1 })',
    );
    expect(String(Backoff({ initialMs: 10_000, multiplier: undefined as never }))).toBe(
      'Backoff({ initialMs: 10000 })',
    );
  });

  it.each(BAD_DURATIONS)('refuses %p as the first wait', (initialMs) => {
    const retry = Backoff({ initialMs: initialMs as number });
    expect(retry.problems).toHaveLength(1);
    expect(() => retry.waitMs(at(0))).toThrow(new RangeError(retry.problems[0]));
  });

  it.each([Number.NaN, Infinity, -1, 0, 1, '2', null])('refuses the multiplier %p', (multiplier) => {
    expect(Backoff({ initialMs: 1, multiplier: multiplier as number }).problems).toHaveLength(1);
  });

  it.each([Number.NaN, Infinity, -1, 0, 999, '2000', null])('refuses the maximum %p', (maxMs) => {
    expect(Backoff({ initialMs: 1000, maxMs: maxMs as number }).problems).toHaveLength(1);
  });

  it.each(BAD_JITTERS)('refuses the jitter %p', (jitter) => {
    expect(Backoff({ initialMs: 1000, jitter: jitter as number }).problems).toHaveLength(1);
  });

  it.each<[unknown, string[]]>([
    [
      { initialMs: 1000, maxMs: 999 },
      [
        'Backoff({ initialMs: 1000, maxMs: 999 }): maxMs must be a finite number of milliseconds ≥ initialMs (1000), got 999.',
      ],
    ],
    [
      { initialMs: 1000, multiplier: 1 },
      [
        'Backoff({ initialMs: 1000, multiplier: 1 }): multiplier must be a finite number > 1, got 1. For equal waits use Cooldown(initialMs).',
      ],
    ],
    [
      { initialMs: 1000, maxms: 5000 },
      ['Backoff({ initialMs: 1000, maxms: 5000 }): options.maxms is not an option. Did you mean maxMs?'],
    ],
    [{}, ['Backoff({}): initialMs must be a finite number of milliseconds > 0, got undefined.']],
    [
      { initialMs: -1, jitter: 1, multiplier: 0 },
      [
        'Backoff({ initialMs: -1, jitter: 1, multiplier: 0 }): initialMs must be a finite number of milliseconds > 0, got -1.',
        'Backoff({ initialMs: -1, jitter: 1, multiplier: 0 }): multiplier must be a finite number > 1, got 0.',
        'Backoff({ initialMs: -1, jitter: 1, multiplier: 0 }): jitter must be in [0, 1), got 1.',
      ],
    ],
    [
      undefined,
      [
        'Backoff(undefined): options must be an options object, got undefined.',
        'Backoff(undefined): initialMs must be a finite number of milliseconds > 0, got undefined.',
      ],
    ],
  ])('says of %p what is wrong', (options, problems) => {
    expect(Backoff(options as never).problems).toEqual(problems);
  });
});
