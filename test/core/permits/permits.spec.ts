import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';

import type { PermitContext } from '../../../lib/core/model/part.js';
import { AllowAll, RampUp, Random, toPermit, type Permit } from '../../../lib/core/permits/index.js';
import { seededRandom } from '../../../lib/testing/seeded-random.js';

const drawn = (value: number, halfOpenForMs = 0): PermitContext => ({ halfOpenForMs, random: () => value });
const BAD_RATIOS = [Number.NaN, Infinity, -1, 0, 1.5, '0.5', null, undefined];
/** The largest number that random() can give. */
const TOP = 1 - 2 ** -53;

/** Which share of many calls does it let in? */
function shareOf(permit: Permit, halfOpenForMs: number): number {
  const random = seededRandom(11);
  let count = 0;
  for (let i = 0; i < 20_000; i++) if (permit.isPermitted({ halfOpenForMs, random })) count++;
  return count / 20_000;
}

describe('AllowAll', () => {
  it('lets every call in', () => {
    expect([0, TOP].map((value) => AllowAll().isPermitted(drawn(value)))).toEqual([true, true]);
  });

  it('reads like the code', () => {
    expect([String(AllowAll()), AllowAll().problems]).toEqual(['AllowAll()', []]);
  });
});

describe('Random', () => {
  it('lets a call in when less than the ratio is drawn', () => {
    expect([0, 0.29, 0.3, 0.9].map((value) => Random(0.3).isPermitted(drawn(value)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('lets every call in at 1', () => {
    expect(Random(1).isPermitted(drawn(TOP))).toBe(true);
  });

  it('lets in the share it says', () => {
    expect(Math.abs(shareOf(Random(0.3), 0) - 0.3)).toBeLessThan(0.01);
  });

  it('reads like the code', () => {
    expect([String(Random(0.3)), Random(0.3).problems]).toEqual(['Random(0.3)', []]);
  });

  it.each(BAD_RATIOS)('refuses %p', (ratio) => {
    const permit = Random(ratio as number);
    expect(permit.problems).toHaveLength(1);
    expect(() => permit.isPermitted(drawn(0))).toThrow(new RangeError(permit.problems[0]));
  });

  it('says why not 0, and guesses what a percentage meant', () => {
    expect(Random(0).problems).toEqual([
      'Random(0): ratio must be in (0, 1], got 0. With 0 no call could probe and the circuit would stay half_open.',
    ]);
    expect(Random(10).problems).toEqual(['Random(10): ratio must be in (0, 1], got 10. Did you mean 0.1?']);
  });
});

describe('RampUp', () => {
  const ramp = RampUp(0.1, 0.9, 1000);

  it.each([
    [0, 0.1],
    [250, 0.3],
    [500, 0.5],
    [999, 0.8992],
    [1000, 0.9],
    [1e9, 0.9],
  ])('after %i ms lets in a share of %p', (halfOpenForMs, share) => {
    expect(ramp.isPermitted(drawn(share - 1e-9, halfOpenForMs))).toBe(true);
    expect(ramp.isPermitted(drawn(share + 1e-9, halfOpenForMs))).toBe(false);
  });

  it('lets in the share it says', () => {
    expect(Math.abs(shareOf(ramp, 0) - 0.1)).toBeLessThan(0.01);
    expect(Math.abs(shareOf(ramp, 500) - 0.5)).toBeLessThan(0.01);
  });

  it('lets every call in at the end when it ends at 1', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-9, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 1e9 }),
        (from, overMs) => {
          expect(RampUp(from, 1, overMs).isPermitted(drawn(TOP, overMs))).toBe(true);
        },
      ),
    );
  });

  it('never lets in less as time goes by', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), fc.double({ min: 0, max: 1, noNaN: true }), (a, b, value) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)];
        if (ramp.isPermitted(drawn(value, early))) expect(ramp.isPermitted(drawn(value, late))).toBe(true);
      }),
    );
  });

  it('is over at the very millisecond, and then lets in its last share exactly', () => {
    // 0.03 + (0.29 - 0.03) is more than 0.29.
    const permit = RampUp(0.03, 0.29, 1000);
    expect(permit.isPermitted(drawn(0.29, 1000))).toBe(false);
    expect(permit.isPermitted(drawn(0.289, 1000))).toBe(true);
  });

  it('may be level', () => {
    expect(RampUp(0.5, 0.5, 1000).problems).toEqual([]);
    expect(RampUp(0.5, 0.5, 1000).isPermitted(drawn(0.5, 300))).toBe(false);
  });

  it('reads like the code', () => {
    expect([String(RampUp(0.1, 1, 60_000)), ramp.problems]).toEqual(['RampUp(0.1, 1, 60000 ms)', []]);
  });

  it.each(BAD_RATIOS)('refuses %p at either end', (ratio) => {
    for (const permit of [RampUp(ratio as number, 1, 1000), RampUp(0.1, ratio as number, 1000)]) {
      expect(permit.problems).toHaveLength(1);
      expect(() => permit.isPermitted(drawn(0))).toThrow(RangeError);
    }
  });

  it.each([Number.NaN, Infinity, -1, 0, '5', null, undefined])('refuses to take %p ms', (overMs) => {
    expect(RampUp(0.1, 1, overMs as number).problems).toHaveLength(1);
  });

  it.each<[Permit, string[]]>([
    [
      RampUp(1, 0.1, 60_000),
      [
        'RampUp(1, 0.1, 60000 ms): toRatio must be at least fromRatio (1), got 0.1. A ramp goes up: swap the two.',
      ],
    ],
    [
      RampUp(0, 100, 0),
      [
        'RampUp(0, 100, 0 ms): fromRatio must be in (0, 1], got 0. With 0 no call could probe and the circuit would stay half_open.',
        'RampUp(0, 100, 0 ms): toRatio must be in (0, 1], got 100. Did you mean 1?',
        'RampUp(0, 100, 0 ms): overMs must be a finite number of milliseconds > 0, got 0.',
      ],
    ],
  ])('says of %s what is wrong', (permit, problems) => {
    expect(permit.problems).toEqual(problems);
  });
});

describe('toPermit', () => {
  it('leaves a permit of this package as it is', () => {
    for (const permit of [AllowAll(), Random(1), RampUp(0.1, 1, 1)]) {
      expect(toPermit(permit)).toBe(permit);
      expect(Object.isFrozen(permit)).toBe(true);
    }
  });

  it('takes over a function of the context', () => {
    const isLate = jest.fn(({ halfOpenForMs }: PermitContext) => halfOpenForMs > 10);
    expect([11, 10].map((ms) => toPermit(isLate).isPermitted(drawn(0, ms)))).toEqual([true, false]);
    expect(
      String(
        toPermit(
          (
            () => () =>
              true
          )(),
        ),
      ),
    ).toBe('(context) => …');
  });

  it('takes over an object with isPermitted', () => {
    const permit = toPermit({ isPermitted: () => 1 as never, toString: () => 'Mine()' });
    expect([permit.isPermitted(drawn(0)), String(permit), permit.problems]).toEqual([true, 'Mine()', []]);
  });

  it('refuses a promise as an answer: it would let every call in', () => {
    const permit = toPermit({ isPermitted: async () => false });
    expect(() => permit.isPermitted(drawn(0))).toThrow(
      new TypeError('{ isPermitted } returned a promise; permits are synchronous. Return true or false.'),
    );
  });

  it.each<[unknown, string]>([
    [0.5, 'got 0.5.'],
    [{}, 'got an object (Object).'],
    [AllowAll, 'got function AllowAll. Call it: AllowAll(…).'],
  ])('makes of %p a permit with a problem, which cannot be used', (like, got) => {
    const permit = toPermit(like);
    const text = `a permit must be a permit of this package, a function of (context) or an object with isPermitted(context), ${got}`;
    expect(permit.problems).toEqual([text]);
    expect(() => permit.isPermitted(drawn(0))).toThrow(new RangeError(text));
  });
});
