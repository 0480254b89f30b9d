import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';

import { All, Custom, ErrorCode, Tracker, toTracker, TypeOf } from '../../../lib/core/trackers/index.js';

const yes = (name: string) =>
  Custom(
    jest.fn(() => true),
    name,
  );

describe('Tracker.and, or, not', () => {
  const even = Custom((error) => Number(error) % 2 === 0, 'even');
  const big = Custom((error) => Number(error) > 10, 'big');

  it('answer like the words', () => {
    const table = [2, 3, 12, 13].map((n) =>
      [even.and(big), even.or(big), even.not()].map((t) => t.isFailure(n)),
    );
    expect(table).toEqual([
      [false, true, false],
      [false, false, true],
      [true, true, false],
      [false, true, true],
    ]);
  });

  it('ask from left to right, and no further than needed', () => {
    const asked: string[] = [];
    const told = (name: string, answer: boolean) => (): boolean => {
      asked.push(name);
      return answer;
    };
    expect(toTracker(told('a', false)).and(told('b', true)).isFailure(1)).toBe(false);
    expect(toTracker(told('c', true)).or(told('d', true)).isFailure(1)).toBe(true);
    expect(toTracker(told('e', true)).and(told('f', false)).or(told('g', true)).isFailure(1)).toBe(true);
    expect(asked).toEqual(['a', 'c', 'e', 'f', 'g']);
  });

  it('are associative: however they are bracketed, they have the same members', () => {
    const [a, b, c] = [yes('a'), yes('b'), yes('c')] as const;
    expect(a.and(b).and(c).members).toEqual([a, b, c]);
    expect(a.or(b.or(c)).members).toEqual([a, b, c]);
    expect(a.or(b).and(c).members).toHaveLength(2);
  });

  it('give the same object back for a double not', () => {
    expect(even.not().not()).toBe(even);
    const both = even.and(big);
    expect(both.not().not()).toBe(both);
  });

  it('change none of what they join', () => {
    const before = [String(even), String(big)];
    even.and(big).or(big).not();
    expect([String(even), String(big)]).toEqual(before);
    for (const tracker of [even, even.and(big), even.not()]) expect(Object.isFrozen(tracker)).toBe(true);
  });

  it.each<[Tracker, string]>([
    [yes('a').and(yes('b')).and(yes('c')), 'Custom(a) & Custom(b) & Custom(c)'],
    [yes('a').and(yes('b').and(yes('c'))), 'Custom(a) & Custom(b) & Custom(c)'],
    [yes('a').or(yes('b').or(yes('c'))), 'Custom(a) | Custom(b) | Custom(c)'],
    [yes('a').or(yes('b')).and(yes('c')), '(Custom(a) | Custom(b)) & Custom(c)'],
    [yes('a').and(yes('b')).or(yes('c')), 'Custom(a) & Custom(b) | Custom(c)'],
    [yes('a').not(), '!Custom(a)'],
    [yes('a').and(yes('b').not()).not(), '!(Custom(a) & !Custom(b))'],
    [yes('a').or(yes('b')).not().and(All()), '!(Custom(a) | Custom(b)) & All()'],
  ])('read like the code: %s', (tracker, text) => {
    expect(tracker.toString()).toBe(text);
  });

  it('have no problems: a tracker that is wrong is never made', () => {
    expect(even.and(big.not()).or(All()).problems).toEqual([]);
  });
});

describe('the algebra of trackers', () => {
  const bits = [0, 1, 2].map((bit) => Custom((error) => ((Number(error) >> bit) & 1) === 1, `b${bit}`));
  const { tracker } = fc.letrec<{ tracker: Tracker }>((tie) => ({
    tracker: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(...bits),
      tie('tracker').map((a) => a.not()),
      fc.tuple(tie('tracker'), tie('tracker')).map(([a, b]) => a.and(b)),
      fc.tuple(tie('tracker'), tie('tracker')).map(([a, b]) => a.or(b)),
    ),
  }));
  const truths = (of: Tracker) => [0, 1, 2, 3, 4, 5, 6, 7].map((error) => of.isFailure(error));

  it.each<[string, (a: Tracker, b: Tracker, c: Tracker) => [Tracker, Tracker]]>([
    ['De Morgan (and)', (a, b) => [a.and(b).not(), a.not().or(b.not())]],
    ['De Morgan (or)', (a, b) => [a.or(b).not(), a.not().and(b.not())]],
    ['associativity (and)', (a, b, c) => [a.and(b).and(c), a.and(b.and(c))]],
    ['associativity (or)', (a, b, c) => [a.or(b).or(c), a.or(b.or(c))]],
    ['commutativity (and)', (a, b) => [a.and(b), b.and(a)]],
    ['commutativity (or)', (a, b) => [a.or(b), b.or(a)]],
    ['distribution', (a, b, c) => [a.and(b.or(c)), a.and(b).or(a.and(c))]],
    ['idempotence (and)', (a) => [a.and(a), a]],
    ['idempotence (or)', (a) => [a.or(a), a]],
    ['absorption', (a, b) => [a.or(a.and(b)), a]],
  ])('keeps %s', (_, sides) => {
    fc.assert(
      fc.property(tracker, tracker, tracker, (a, b, c) => {
        const [left, right] = sides(a, b, c);
        expect(truths(left)).toEqual(truths(right));
      }),
    );
  });

  it('gives associative compositions the same text', () => {
    fc.assert(
      fc.property(tracker, tracker, tracker, (a, b, c) => {
        expect(String(a.and(b).and(c))).toBe(String(a.and(b.and(c))));
        expect(String(a.or(b).or(c))).toBe(String(a.or(b.or(c))));
      }),
    );
  });

  it('has a text that means what it answers', () => {
    fc.assert(
      fc.property(tracker, (a) => {
        const code = String(a).replaceAll('Custom(', 'has(').replaceAll('&', '&&').replaceAll('|', '||');
        // oxlint-disable-next-line typescript/no-implied-eval -- the text is to be code that means the same
        const evaluated = new Function('has', 'b0', 'b1', 'b2', `return ${code}`) as (
          ...of: unknown[]
        ) => boolean;
        expect(truths(a)).toEqual(
          [0, 1, 2, 3, 4, 5, 6, 7].map((n) => evaluated((bit: number) => ((n >> bit) & 1) === 1, 0, 1, 2)),
        );
      }),
    );
  });
});

describe('Tracker', () => {
  class Deadlocks extends Tracker {
    isFailure(error: unknown): boolean {
      return String(error).includes('deadlock');
    }
  }

  it('can be extended', () => {
    const tracker = new Deadlocks().or(ErrorCode('40001'));
    expect(String(tracker)).toBe('Deadlocks() | ErrorCode("40001")');
    expect([
      tracker.isFailure('deadlock'),
      tracker.isFailure({ code: '40001' }),
      tracker.isFailure(1),
    ]).toEqual([true, true, false]);
    expect(toTracker(new Deadlocks())).toBeInstanceOf(Deadlocks);
  });

  it('is not replaced by its class', () => {
    expect(() => toTracker(Deadlocks)).toThrow('Give an instance: new Deadlocks().');
  });
});

describe('toTracker', () => {
  it('leaves a tracker as it is', () => {
    const tracker = All();
    expect(toTracker(tracker)).toBe(tracker);
  });

  it('takes over a predicate', () => {
    const isOld = (error: unknown) => error === 'old';
    expect(String(toTracker(isOld))).toBe('Custom(isOld)');
    expect([toTracker(isOld).isFailure('old'), toTracker(isOld).isFailure('new')]).toEqual([true, false]);
  });

  it('takes over an object with isFailure', () => {
    const tracker = toTracker({ isFailure: (error: unknown) => error === 1, toString: () => 'One()' });
    expect(String(tracker.not())).toBe('!One()');
    expect([tracker.isFailure(1), tracker.isFailure(2)]).toEqual([true, false]);
  });

  it.each<[unknown, string]>([
    [5, 'got 5.'],
    [undefined, 'got undefined.'],
    ['Error', 'got "Error".'],
    [{ isFailure: true }, 'got an object (Object).'],
    [RangeError, 'got function RangeError. For a class use TypeOf(RangeError).'],
    [All, 'got function All. Call it: All(…).'],
    [TypeOf, 'got function TypeOf. Call it: TypeOf(…).'],
  ])('refuses %p', (like, got) => {
    expect(() => toTracker(like)).toThrow(
      new TypeError(
        `a tracker must be a tracker of this package, a function of (error) or an object with isFailure(error), ${got}`,
      ),
    );
  });

  it('tells all that an object knows to be wrong with itself', () => {
    const like = { isFailure: () => true, problems: ['It is old.', 'It is slow.'] };
    expect(() => toTracker(like)).toThrow(new TypeError('It is old. It is slow.'));
  });

  it('is what and() and or() read their argument with', () => {
    expect(() => All().and(5 as never)).toThrow(TypeError);
    expect(() => All().or(RangeError as never)).toThrow('use TypeOf(RangeError)');
  });
});

describe('a promise as an answer', () => {
  const later = (async () => true) as never as () => boolean;
  const text = 'Custom(later) returned a promise; trackers are synchronous. Return true or false.';

  it.each<[string, Tracker]>([
    ['Custom', Custom(later)],
    ['an adopted predicate', toTracker(later)],
    ['a negation', Custom(later).not()],
    ['an and', All().and(Custom(later))],
    ['an or', Custom(later).or(All())],
  ])('is refused in %s', (_, tracker) => {
    expect(() => tracker.isFailure(1)).toThrow(new TypeError(text));
  });

  it('is refused in an adopted object', () => {
    const tracker = toTracker({ isFailure: later });
    expect(() => tracker.not().isFailure(1)).toThrow('{ isFailure } returned a promise');
  });

  it('is taken for what it is when it is merely truthy', () => {
    const truthy = Custom((() => 'yes') as never);
    expect(truthy.isFailure(1)).toBe(true);
    expect(truthy.not().isFailure(1)).toBe(false);
  });
});

describe('an error of a tracker', () => {
  it('comes out of every composition', () => {
    const broken = Custom(() => {
      throw new RangeError('broken');
    });
    for (const tracker of [broken, broken.not(), broken.and(All()), broken.or(All())]) {
      expect(() => tracker.isFailure(1)).toThrow(new RangeError('broken'));
    }
  });
});
