import { describe, expect, it, jest } from '@jest/globals';

import {
  adopt,
  assertUsable,
  declareFactories,
  syncAnswer,
  type Family,
} from '../../../lib/core/model/adopt.js';

const RULE: Family = { noun: 'a rule', method: 'applies', argument: 'call' };
const ALLOWED = 'a rule must be a rule of this package, a function of (call) or an object with applies(call)';

describe('adopt', () => {
  it('calls a function with what it is given', () => {
    const fn = jest.fn((value: unknown) => value);
    expect(adopt(fn, RULE).call('given')).toBe('given');
    expect(adopt(fn, RULE).problems).toEqual([]);
  });

  it('calls the method of an object as its method, as it is at the time', () => {
    class Busy {
      limit = 3;
      applies(value: number): boolean {
        return value > this.limit;
      }
    }
    const rule = new Busy();
    const { call } = adopt(rule, RULE);
    rule.limit = 4;
    expect([call(4), call(5)]).toEqual([false, true]);
  });

  it('takes over the problems of an object only when they are texts', () => {
    const applies = (): number => 1;
    expect(adopt({ applies, problems: ['a', 'b'] }, RULE).problems).toEqual(['a', 'b']);
    expect(adopt({ applies, problems: ['a', 5] }, RULE).problems).toEqual([]);
    expect(adopt({ applies, problems: 'a' }, RULE).problems).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['the name of a function', function busy() {}, 'busy'],
    [
      'a sketch of a function without a name',
      (
        () => () =>
          1
      )(),
      '(call) => …',
    ],
    [
      'a sketch of one whose name is no string',
      Object.defineProperty(() => 1, 'name', { value: 1 }),
      '(call) => …',
    ],
    ['one line', Object.defineProperty(() => 1, 'name', { value: 'a\nb' }), 'a b'],
    ['the text that an object has', { applies: () => 1, toString: () => 'Busy(3)' }, 'Busy(3)'],
    [
      'the class of an object without text',
      new (class Busy {
        applies() {}
      })(),
      'Busy()',
    ],
    ['the method of an object literal', { applies: () => 1 }, '{ applies }'],
    [
      'the method of an object without prototype',
      Object.assign(Object.create(null), { applies: () => 1 }),
      '{ applies }',
    ],
    ['the method of an object with no proper maker', { applies: () => 1, constructor: 3 }, '{ applies }'],
    ['the method when the text is empty', { applies: () => 1, toString: () => '' }, '{ applies }'],
  ])('shows %s', (_, like, text) => {
    expect(adopt(like, RULE).text).toBe(text);
  });

  it('shows functions in the factory that could have made them', () => {
    const family = { ...RULE, wrap: 'When' };
    expect(adopt(function busy() {}, family).text).toBe('When(busy)');
    expect(
      adopt(
        (
          () => () =>
            1
        )(),
        family,
      ).text,
    ).toBe('When(…)');
  });

  it('keeps the problems of a part that is not from this copy of the package', () => {
    expect(adopt({ applies: () => 1, problems: ['Busy(0): no'] }, RULE).problems).toEqual(['Busy(0): no']);
    expect(adopt({ applies: () => 1, problems: [1] }, RULE).problems).toEqual([]);
    expect(adopt({ applies: () => 1, problems: 'none' }, RULE).problems).toEqual([]);
  });

  it.each<[unknown, string]>([
    [5, '5'],
    ['busy', '"busy"'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{}, 'an object (Object)'],
    [{ applies: true }, 'an object (Object)'],
    [[], 'an array of 0'],
  ])('refuses %p', (like, got) => {
    const { problems, call } = adopt(like, RULE);
    expect(problems).toEqual([`${ALLOWED}, got ${got}.`]);
    expect(() => call(1)).toThrow(new RangeError(problems[0]));
  });

  it('refuses a class where an instance is wanted', () => {
    class Busy {
      applies() {}
    }
    expect(adopt(Busy, RULE).problems).toEqual([
      `${ALLOWED}, got function Busy. Give an instance: new Busy().`,
    ]);
    class Other {}
    expect(adopt(Other, RULE).problems).toEqual([
      `${ALLOWED}, got function Other. Give an instance: new Other().`,
    ]);
    const family = { ...RULE, classRemedy: (name: string) => `Use Of(${name}).` };
    expect(adopt(Busy, family).problems).toEqual([
      `${ALLOWED}, got function Busy. Give an instance: new Busy().`,
    ]);
    expect(adopt(Other, family).problems).toEqual([`${ALLOWED}, got function Other. Use Of(Other).`]);
  });

  it('refuses a factory that was not called', () => {
    function Limit() {
      return { applies: () => true };
    }
    declareFactories(Limit);
    expect(adopt(Limit, RULE).problems).toEqual([`${ALLOWED}, got function Limit. Call it: Limit(…).`]);
  });
});

describe('assertUsable', () => {
  it('throws every problem, one a line', () => {
    expect(() => assertUsable(['a', 'b'])).toThrow(new RangeError('a\nb'));
    expect(() => assertUsable([])).not.toThrow();
  });
});

describe('syncAnswer', () => {
  it.each<[unknown, boolean]>([
    [1, true],
    ['no', true],
    [{}, true],
    [{ then: 1 }, true],
    [0, false],
    ['', false],
    [null, false],
    [undefined, false],
    [Number.NaN, false],
  ])('takes %p for %p', (answer, meaning) => {
    expect(syncAnswer(answer, 'Rule()', 'rules')).toBe(meaning);
  });

  it('refuses a promise, and leaves no unhandled rejection behind', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    expect(() => syncAnswer(Promise.reject(new Error('late')), 'Rule()', 'rules')).toThrow(
      new TypeError('Rule() returned a promise; rules are synchronous. Return true or false.'),
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('refuses a thenable without running it', () => {
    const query = { then: jest.fn() };
    expect(() => syncAnswer(query, 'Rule()', 'rules')).toThrow(TypeError);
    expect(query.then).not.toHaveBeenCalled();
  });
});
