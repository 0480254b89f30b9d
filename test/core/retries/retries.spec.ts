import { describe, expect, it, jest } from '@jest/globals';

import type { RetryContext } from '../../../lib/core/model/part.js';
import { Always, Backoff, Cooldown, Never, toRetry } from '../../../lib/core/retries/index.js';
import { at, noChance } from './context.js';

describe('Always and Never', () => {
  it('wait not at all, and for ever', () => {
    expect([Always().waitMs(at(5, noChance)), Never().waitMs(at(5, noChance))]).toEqual([0, Infinity]);
  });

  it('read like the code', () => {
    expect([String(Always()), String(Never())]).toEqual(['Always()', 'Never()']);
    expect([Always().problems, Never().problems]).toEqual([[], []]);
  });
});

describe('toRetry', () => {
  it('leaves a retry of this package as it is', () => {
    for (const retry of [Cooldown(1), Backoff({ initialMs: 1 }), Always(), Never()])
      expect(toRetry(retry)).toBe(retry);
    expect(Object.isFrozen(Always())).toBe(true);
  });

  it('takes over a function of the context', () => {
    const wait = jest.fn(({ reopens }: RetryContext) => reopens * 1000);
    expect(toRetry(wait).waitMs(at(3))).toBe(3000);
    expect(wait.mock.calls[0]![0]).toMatchObject({ reopens: 3 });
    expect(
      String(
        toRetry(function soon() {
          return 1;
        }),
      ),
    ).toBe('soon');
    expect(
      String(
        toRetry(
          (
            () => () =>
              1
          )(),
        ),
      ),
    ).toBe('(context) => …');
  });

  it('takes over an object with waitMs', () => {
    class Five {
      readonly ms = 5;
      waitMs() {
        return this.ms;
      }
      toString() {
        return 'Five()';
      }
    }
    const retry = toRetry(new Five());
    expect([retry.waitMs(at(0)), String(retry), retry.problems]).toEqual([5, 'Five()', []]);
  });

  it.each([0, Infinity])('lets it answer %p', (wait) => {
    expect(toRetry(() => wait).waitMs(at(0))).toBe(wait);
  });

  it.each<[unknown, string]>([
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    ['5', '"5"'],
    [undefined, 'undefined'],
    [Promise.resolve(5), 'an object (Promise)'],
    [Always(), 'an object (MadeRetry)'],
  ])('refuses the answer %p', (wait, got) => {
    const retry = toRetry({ waitMs: () => wait });
    expect(() => retry.waitMs(at(0))).toThrow(
      new TypeError(`{ waitMs }: waitMs must be a number of milliseconds ≥ 0 (Infinity: never), got ${got}.`),
    );
  });

  it.each<[unknown, string]>([
    [60_000, 'got 60000.'],
    [{}, 'got an object (Object).'],
    [Never, 'got function Never. Call it: Never(…).'],
  ])('makes of %p a retry with a problem, which cannot be used', (like, got) => {
    const retry = toRetry(like);
    const text = `a retry must be a retry of this package, a function of (context) or an object with waitMs(context), ${got}`;
    expect(retry.problems).toEqual([text]);
    expect(() => retry.waitMs(at(0))).toThrow(new RangeError(text));
  });
});
