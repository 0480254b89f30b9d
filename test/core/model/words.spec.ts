import { describe, expect, it } from '@jest/globals';

import { and, not, or } from '../../../lib/core/model/algebra.js';
import { ErrorCode, Tracker, TypeOf } from '../../../lib/core/trackers/index.js';
import { Closed, FailureRate, MinRequests, Tripper } from '../../../lib/core/trippers/index.js';

class Own extends Tracker {
  isFailure(error: unknown): boolean {
    return error === 'own';
  }
}

describe('and, or, not', () => {
  it('join trackers and predicates from left to right', () => {
    const isText = (error: unknown) => typeof error === 'string';
    const every: Tracker = and(new Own(), isText, { isFailure: () => true });
    const some: Tracker = or(TypeOf(RangeError), isText);
    expect(String(every)).toBe('Own() & Custom(isText) & { isFailure }');
    expect([every.isFailure('own'), every.isFailure('other')]).toEqual([true, false]);
    expect([some.isFailure('text'), some.isFailure(new RangeError()), some.isFailure(1)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('join trippers and functions of the context', () => {
    const isBusy = ({ reopens }: { reopens: number }) => reopens > 3;
    const rule: Tripper = and(MinRequests(20), or(FailureRate(0.5), isBusy), not(Closed()));
    expect(String(rule)).toBe('MinRequests(20) & (FailureRate(0.5) | TripWhen(isBusy)) & !Closed()');
  });

  it('give a lone rule back as it is, and not(not(a)) too', () => {
    const rule = ErrorCode('A');
    expect(and(rule)).toBe(rule);
    expect(or(rule)).toBe(rule);
    expect(not(not(rule))).toBe(rule);
  });

  it.each<['and' | 'or' | 'not', (first: never) => unknown]>([
    ['and', and],
    ['or', or],
    ['not', not],
  ])('%s refuses a first argument that is no rule', (word, join) => {
    const text = (got: string) =>
      `${word}(): the first argument must be a tracker or a tripper, got ${got}. ` +
      'Wrap a function in Custom(…) or TripWhen(…).';
    expect(() => join(undefined as never)).toThrow(new TypeError(text('undefined')));
    expect(() => join(null as never)).toThrow(new TypeError(text('null')));
    expect(() => join(function isOld() {} as never)).toThrow(new TypeError(text('function isOld')));
  });

  it('refuse to mix the families', () => {
    expect(() => and(ErrorCode('A'), Closed() as never)).toThrow(
      'a tracker must be a tracker of this package',
    );
    expect(and(Closed(), ErrorCode('A') as never).problems).toEqual([
      'a tripper must be a tripper of this package, a function of (context) or an object with isTripped(context), got an object (Leaf).',
    ]);
  });
});
