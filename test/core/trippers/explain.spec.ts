import { showError } from '../../../lib/core/base/error-text.js';
import { describe, expect, it } from '@jest/globals';
import {
  AvgLatency,
  Closed,
  FailureRate,
  FailureStreak,
  MinRequests,
  or,
  SlowRate,
  Tally,
  Tripper,
  TripWhen,
} from '../../../lib/core/index.js';
import { explanationText } from '../../../lib/core/model/explanation.js';
import type { TripContext } from '../../../lib/core/model/part.js';
import { explain } from '../../../lib/core/trippers/index.js';

/** 50 calls, 31 of them failed, 10 slow; the last two failed. */
function context(): TripContext {
  const metric = new Tally([1000]);
  for (let i = 0; i < 50; i++) metric.add(i < 10 ? 1500 : 100, i < 31);
  return { metric, state: 'closed', failureStreak: 2, reopens: 0 };
}

describe('explain', () => {
  it('draws the rule as a tree, with the value and the threshold of each leaf', () => {
    const rule = FailureStreak(5).or(MinRequests(20).and(FailureRate(0.5).or(SlowRate(0.3, 1000))));
    expect(explanationText(explain(rule, context()))).toBe(
      [
        'or ✓',
        '├ FailureStreak 2 ≥ 5 ✗',
        '└ and ✓',
        '  ├ MinRequests 50 ≥ 20 ✓',
        '  └ or ✓',
        '    ├ FailureRate 0.62 ≥ 0.5 ✓',
        '    └ SlowRate over 1000 ms 0.2 ≥ 0.3 ✗',
      ].join('\n'),
    );
  });

  it('draws a line beside what stands below a member that is not the last', () => {
    const rule = MinRequests(20).and(FailureRate(0.9)).or(FailureStreak(5));
    expect(explanationText(explain(rule, context()))).toBe(
      [
        'or ✗',
        '├ and ✗',
        '│ ├ MinRequests 50 ≥ 20 ✓',
        '│ └ FailureRate 0.62 ≥ 0.9 ✗',
        '└ FailureStreak 2 ≥ 5 ✗',
      ].join('\n'),
    );
  });

  it('is plain JSON, every member told', () => {
    const told = explain(Closed().and(FailureRate(0.5)), context());
    expect(JSON.parse(JSON.stringify(told))).toEqual({
      rule: 'Closed() & FailureRate(0.5)',
      isMet: true,
      operator: 'and',
      members: [
        { rule: 'Closed()', isMet: true },
        { rule: 'FailureRate(0.5)', isMet: true, what: 'FailureRate', value: 0.62, threshold: 0.5 },
      ],
    });
  });

  it('turns a negated rule round, and shows times with their unit', () => {
    const rule = AvgLatency(380).not();
    expect(explanationText(explain(rule, context()))).toBe('not ✗\n└ AvgLatency 380 ms ≥ 380 ms ✓');
  });

  it('names a leaf that throws, and takes it as not met', () => {
    const rule = TripWhen(() => {
      throw new Error('broken');
    }, 'mine');
    expect(explain(rule, context())).toMatchObject({ isMet: false, fault: 'Error: broken' });
    expect(explanationText(explain(rule, context()))).toContain('failed: Error: broken ✗');
  });

  it('tells a class of the user by its answer alone', () => {
    class Mine extends Tripper {
      isTripped(): boolean {
        return true;
      }
    }
    expect(explain(new Mine(), context())).toEqual({ rule: 'Mine()', isMet: true });
    expect(explanationText(explain(new Mine(), context()))).toBe('Mine() ✓');
  });

  it('never throws: a class whose text or answer is none is a fault, and told', () => {
    class Mute extends Tripper {
      isTripped(): boolean {
        return true;
      }
      override toString(): string {
        throw new Error('no text');
      }
    }
    class Late extends Tripper {
      isTripped(): boolean {
        return Promise.resolve(true) as never;
      }
    }
    const told: unknown[] = [];
    const faults = { fault: (source: string) => told.push(source), show: showError };
    expect(explain(new Mute(), context(), faults)).toEqual({
      rule: 'a tripper',
      isMet: false,
      fault: 'Error: no text',
    });
    expect(explain(new Late(), context(), faults)).toMatchObject({
      isMet: false,
      fault: 'TypeError: Late() returned a promise; trippers are synchronous. Return true or false.',
    });
    expect(told).toEqual(['tripper', 'tripper']);
  });

  it('shows no more than 50 lines of a rule, each printable and short', () => {
    const rule = or(
      TripWhen(() => true, `mine\n${'x'.repeat(1000)}`),
      ...Array.from({ length: 60 }, () => FailureStreak(1)),
    );
    const lines = explanationText(explain(rule, context())).split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([51, '… and 12 more']);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(300);
  });

  it('shows all of a rule of 50 lines', () => {
    const rule = or(FailureStreak(1), ...Array.from({ length: 48 }, () => FailureStreak(1)));
    expect(explanationText(explain(rule, context())).split('\n').at(-1)).toBe('└ FailureStreak 2 ≥ 1 ✓');
  });

  it('is frozen, all the way down', () => {
    const told = explain(Closed().and(FailureRate(0.5)), context());
    for (const one of [told, told.members, told.members![0]]) expect(Object.isFrozen(one)).toBe(true);
  });
});
