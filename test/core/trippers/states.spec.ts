import { describe, expect, it, jest } from '@jest/globals';

import type { TripContext } from '../../../lib/core/model/part.js';
import {
  Closed,
  DEFAULT_TRIPPER,
  HalfOpened,
  toTripper,
  Tripper,
  tripperProblems,
  TripWhen,
} from '../../../lib/core/trippers/index.js';
import { contextOf, mixed } from './context.js';

const closed = contextOf([]);
const halfOpen = contextOf([], { state: 'half_open' });

describe('Closed and HalfOpened', () => {
  it('are true in their state only', () => {
    expect([Closed().isTripped(closed), Closed().isTripped(halfOpen)]).toEqual([true, false]);
    expect([HalfOpened().isTripped(closed), HalfOpened().isTripped(halfOpen)]).toEqual([false, true]);
  });

  it('are known to be so without asking', () => {
    expect([Closed().reach('closed', 100), Closed().reach('half_open', 100)]).toEqual(['always', 'never']);
    expect([HalfOpened().reach('closed', 100), HalfOpened().reach('half_open', 100)]).toEqual([
      'never',
      'always',
    ]);
  });

  it('read like the code', () => {
    expect([String(Closed()), String(HalfOpened())]).toEqual(['Closed()', 'HalfOpened()']);
  });
});

describe('TripWhen', () => {
  it('asks the function about the context', () => {
    const predicate = jest.fn(({ reopens }: TripContext) => reopens > 2);
    const rule = TripWhen(predicate);
    expect(rule.isTripped(contextOf([], { reopens: 3 }))).toBe(true);
    expect(rule.isTripped(closed)).toBe(false);
    expect(predicate).toHaveBeenLastCalledWith(closed);
  });

  it('takes what is truthy for a yes', () => {
    expect([1, 'no', {}, 0, ''].map((answer) => TripWhen(() => answer as never).isTripped(closed))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('refuses a promise as an answer, in every composition', () => {
    const later = TripWhen((async () => false) as never, 'later');
    for (const rule of [later, later.not(), Closed().and(later), HalfOpened().or(later)]) {
      expect(() => rule.isTripped(closed)).toThrow(
        new TypeError('TripWhen(later) returned a promise; trippers are synchronous. Return true or false.'),
      );
    }
  });

  it('lets what it throws out', () => {
    const broken = TripWhen(() => {
      throw new RangeError('broken');
    });
    expect(() => broken.not().isTripped(closed)).toThrow(new RangeError('broken'));
  });

  it('reads like the code', () => {
    const isBusy = () => true;
    expect(String(TripWhen(isBusy))).toBe('TripWhen(isBusy)');
    expect(
      String(
        TripWhen(
          (
            () => () =>
              true
          )(),
        ),
      ),
    ).toBe('TripWhen(…)');
    expect(String(TripWhen(isBusy, 'busy at noon').not())).toBe('!TripWhen(busy at noon)');
  });

  it.each<[unknown[], string[]]>([
    [[3], ['TripWhen(3): predicate must be a function of the context, got 3.']],
    [[undefined], ['TripWhen(undefined): predicate must be a function of the context, got undefined.']],
    [
      [{ isTripped: () => true }],
      ['TripWhen(an object (Object)): predicate must be a function of the context, got an object (Object).'],
    ],
    [
      [RangeError],
      [
        'TripWhen(function RangeError): predicate must be a function of the context, got function RangeError.',
      ],
    ],
    [
      [null, 7],
      [
        'TripWhen(null, 7): predicate must be a function of the context, got null.',
        'TripWhen(null, 7): text must be a string, got 7.',
      ],
    ],
  ])('refuses %p', (args, problems) => {
    const rule = TripWhen(...(args as [never]));
    expect(rule.problems).toEqual(problems);
    expect(() => rule.isTripped(closed)).toThrow(new RangeError(problems.join('\n')));
  });

  it('refuses a factory that was not called', () => {
    expect(TripWhen(Closed as never).problems[0]).toContain('got function Closed. Call it: Closed(…).');
  });
});

describe('toTripper', () => {
  it('leaves a tripper as it is', () => {
    const rule = Closed();
    expect(toTripper(rule)).toBe(rule);
  });

  it('takes over a function of the context', () => {
    const isClosed = ({ state }: TripContext) => state === 'closed';
    expect(String(toTripper(isClosed))).toBe('TripWhen(isClosed)');
    expect([toTripper(isClosed).isTripped(closed), toTripper(isClosed).isTripped(halfOpen)]).toEqual([
      true,
      false,
    ]);
    expect(toTripper(isClosed)).toMatchObject({ problems: [], slowThresholdsMs: [], evidence: 1 });
  });

  it('takes over an object, with what it says about itself', () => {
    const rule = toTripper({
      isTripped: ({ metric }: TripContext) => metric.slowCount(800) > 0,
      slowThresholdsMs: [800, 200, 800],
      evidence: 7,
      toString: () => 'AnySlow()',
    });
    expect(rule).toMatchObject({ problems: [], slowThresholdsMs: [200, 800], evidence: 7 });
    expect(String(rule.not())).toBe('!AnySlow()');
    expect(rule.reach('closed', 1)).toBe('maybe');
    expect(rule.isTripped(contextOf([[900, false]], { slowThresholdsMs: [800] }))).toBe(true);
  });

  it('keeps the reach and the problems of a tripper of another copy of the package', () => {
    const other = {
      isTripped: () => false,
      problems: ['MinRequests(0): no'],
      reach: (state: string) => (state === 'closed' ? 'never' : 'maybe'),
    };
    expect(toTripper(other).problems).toEqual(['MinRequests(0): no']);
    expect(toTripper({ ...other, problems: [] }).reach('closed', 1)).toBe('never');
  });

  it.each<[unknown, string[]]>([
    ['fast', ['{ isTripped }: slowThresholdsMs must be an array of milliseconds, got "fast".']],
    [
      [100, 0, 'x'],
      [
        '{ isTripped }: slowThresholdsMs[1] must be a finite number of milliseconds > 0, got 0.',
        '{ isTripped }: slowThresholdsMs[2] must be a finite number of milliseconds > 0, got "x".',
      ],
    ],
  ])('refuses the thresholds %p', (slowThresholdsMs, problems) => {
    const rule = toTripper({ isTripped: () => true, slowThresholdsMs });
    expect(rule.problems).toEqual(problems);
    expect(rule.slowThresholdsMs).toEqual([]);
    expect(() => rule.isTripped(closed)).toThrow(RangeError);
  });

  it('refuses an evidence that is no count', () => {
    expect(toTripper({ isTripped: () => true, evidence: 0 }).problems).toEqual([
      '{ isTripped }: evidence must be a whole number ≥ 1, got 0.',
    ]);
  });

  it.each<[unknown, string]>([
    [5, 'got 5.'],
    [undefined, 'got undefined.'],
    [{ isTripped: true }, 'got an object (Object).'],
    [Closed, 'got function Closed. Call it: Closed(…).'],
    [RangeError, 'got function RangeError. Give an instance: new RangeError().'],
  ])('makes of %p a tripper with a problem, which cannot be used', (like, got) => {
    const rule = toTripper(like);
    const text = `a tripper must be a tripper of this package, a function of (context) or an object with isTripped(context), ${got}`;
    expect(rule.problems).toEqual([text]);
    expect(() => rule.isTripped(closed)).toThrow(new RangeError(text));
    expect(() =>
      Closed()
        .and(like as never)
        .isTripped(halfOpen),
    ).toThrow(new RangeError(text));
  });
});

describe('Tripper', () => {
  class Restless extends Tripper {
    override readonly evidence = 4;

    isTripped({ reopens }: TripContext): boolean {
      return reopens > 2;
    }
  }

  it('can be extended', () => {
    const rule = new Restless().and(Closed());
    expect(String(rule)).toBe('Restless() & Closed()');
    expect(rule.evidence).toBe(4);
    expect(rule.reach('closed', 1)).toBe('maybe');
    expect([rule.isTripped(contextOf([], { reopens: 3 })), rule.isTripped(closed)]).toEqual([true, false]);
  });
});

describe('DEFAULT_TRIPPER', () => {
  it('is what the design says', () => {
    expect(String(DEFAULT_TRIPPER)).toBe(
      'Closed() & MinRequests(100) & FailureRate(0.5) | HalfOpened() & MinRequests(10) & FailureRate(0.5)',
    );
    expect(tripperProblems(DEFAULT_TRIPPER, 100)).toEqual([]);
  });

  it('is silent at 99 failures, and trips at 100 calls of which exactly half failed', () => {
    expect(DEFAULT_TRIPPER.isTripped(contextOf(mixed(0, 99)))).toBe(false);
    expect(DEFAULT_TRIPPER.isTripped(contextOf(mixed(50, 50)))).toBe(true);
    expect(DEFAULT_TRIPPER.isTripped(contextOf(mixed(51, 49)))).toBe(false);
  });

  it('judges ten probes', () => {
    const probes = (good: number, failed: number) => contextOf(mixed(good, failed), { state: 'half_open' });
    expect(DEFAULT_TRIPPER.evidence).toBe(10);
    expect(DEFAULT_TRIPPER.isTripped(probes(0, 9))).toBe(false);
    expect(DEFAULT_TRIPPER.isTripped(probes(5, 5))).toBe(true);
    expect(DEFAULT_TRIPPER.isTripped(probes(6, 4))).toBe(false);
  });
});
