import { describe, expect, it } from '@jest/globals';

import {
  AvgLatency,
  Closed,
  explanationText,
  FailureRate,
  FailureStreak,
  HalfOpened,
  MinRequests,
  TripWhen,
} from '../../lib/core/index.js';
import { aBreaker, aBreakerIn, aHalfOpen, bad, good, slow } from '../support/breaker.js';

const START = Date.UTC(2026, 0, 1);
const RULE = FailureStreak(5).or(MinRequests(4).and(FailureRate(0.5)));

describe('explain() says why the circuit is in its state', () => {
  it('closed: the rule on the figures of now', () => {
    const { breaker, clock } = aBreaker({ tripper: RULE });
    good(breaker, 2);
    clock.advance(50);
    bad(breaker);
    const { text, ...told } = breaker.explain();
    expect(text).toBe(
      [
        'payments is closed',
        'or ✗',
        '├ FailureStreak 1 ≥ 5 ✗',
        '└ and ✗',
        '  ├ MinRequests 3 ≥ 4 ✗',
        '  └ FailureRate 0.333 ≥ 0.5 ✗',
      ].join('\n'),
    );
    expect(told).toMatchObject({
      breaker: 'payments',
      state: 'closed',
      changedAt: START,
      cause: null,
      operatorReason: null,
      at: START + 50,
      rule: { isMet: false, operator: 'or' },
    });
  });

  it('open: the rule on the figures at the moment it opened, as the signal and JSON have it', () => {
    const { breaker, clock, signals } = aBreaker({ tripper: RULE });
    good(breaker, 2);
    bad(breaker, 2);
    clock.advance(500);
    const told = breaker.explain();
    expect(told.text).toBe(
      [
        'payments is open (tripper)',
        'or ✓',
        '├ FailureStreak 2 ≥ 5 ✗',
        '└ and ✓',
        '  ├ MinRequests 4 ≥ 4 ✓',
        '  └ FailureRate 0.5 ≥ 0.5 ✓',
      ].join('\n'),
    );
    expect(told.at).toBe(START);
    const [{ explanation } = { explanation: null }] = signals.of('transition');
    expect(told.rule).toBe(explanation);
    expect(JSON.parse(JSON.stringify(told))).toEqual(told);
    expect(Object.isFrozen(told)).toBe(true);
  });

  it('half_open: the rule on the probes so far', () => {
    const { breaker, first } = aHalfOpen({ tripper: RULE });
    first.fail(new Error('down'));
    expect(breaker.explain().text).toContain(
      'payments is half_open (time limit)\nor ✗\n├ FailureStreak 1 ≥ 5',
    );
  });

  it('half_open: assumes nothing once there are as many probes as it takes', () => {
    const late = aHalfOpen({ tripper: AvgLatency(100) });
    late.first.release();
    for (const durationMs of [60, 70]) slow(late, durationMs, new Error('down'));
    expect(late.breaker.explain().text).toContain('AvgLatency 65 ms ≥ 100 ms ✗');
    const streak = aHalfOpen({ tripper: FailureStreak(1).not() });
    streak.first.fail(new Error('down'));
    expect(streak.breaker.explain().text).toContain('not ✗\n└ FailureStreak 1 ≥ 1 ✓');
  });

  it('the state that it is asked in is the one it is in', () => {
    const tripper = Closed()
      .and(FailureStreak(5))
      .or(HalfOpened().and(FailureStreak(5)));
    const states = (text: string): string[] => text.match(/(Closed|HalfOpened)\(\) ./g) ?? [];
    expect(states(aBreaker({ tripper }).breaker.explain().text)).toEqual(['Closed() ✓', 'HalfOpened() ✗']);
    expect(states(aHalfOpen({ tripper }).breaker.explain().text)).toEqual(['Closed() ✗', 'HalfOpened() ✓']);
  });

  it.each([
    ['forced_open', 'payments is forced_open (operator)'],
    ['disabled', 'payments is disabled (operator)'],
  ] as const)('%s: a command, and no rule', (state, text) => {
    expect(aBreakerIn(state).breaker.explain()).toMatchObject({ state, rule: null, text, cause: 'operator' });
  });

  it('forced open: with what the operator said, on one line', () => {
    const { breaker } = aBreaker();
    breaker.forceOpen({ reason: 'provider\nmaintenance' });
    expect(breaker.explain()).toMatchObject({
      operatorReason: 'provider\nmaintenance',
      text: 'payments is forced_open (operator: provider maintenance)',
    });
  });

  it('metrics_only: as closed', () => {
    const { breaker } = aBreakerIn('metrics_only');
    bad(breaker, 3);
    expect(breaker.explain().text).toBe('payments is metrics_only (operator)\nFailureStreak 3 ≥ 3 ✓');
  });
});

describe('the signals have the rule and its figures', () => {
  const texts = ({ signals }: Pick<ReturnType<typeof aBreaker>, 'signals'>): (string | null)[] =>
    signals
      .of('transition')
      .map(
        ({ to, explanation }) =>
          explanation && `${to}: ${explanationText(explanation).replaceAll('\n', ' ')}`,
      );

  it('when the tripper decided, and not when time or an operator did', () => {
    const made = aBreaker({ tripper: FailureStreak(1) });
    bad(made.breaker);
    made.clock.advance(1000);
    good(made.breaker);
    made.breaker.forceOpen({ forMs: 1 });
    made.clock.advance(1);
    made.breaker.acquire();
    expect(texts(made)).toEqual([
      'open: FailureStreak 1 ≥ 1 ✓',
      null,
      'closed: FailureStreak 0 ≥ 1 ✗',
      null,
      null,
    ]);
  });

  it('as it was judged when the probes are bad for certain', () => {
    const made = aHalfOpen({ tripper: MinRequests(4).and(FailureRate(0.5)) });
    made.first.fail(new Error('down'));
    bad(made.breaker);
    expect(texts(made)).toEqual([
      'open: and ✓ (even if the next 2 probes were good) ├ MinRequests 4 ≥ 4 ✓ └ FailureRate 0.5 ≥ 0.5 ✓',
    ]);
  });

  it('as it is when the probes so far meet it: nothing is assumed, and no single probe decided', () => {
    const made = aHalfOpen({ tripper: FailureStreak(1).or(MinRequests(4)) });
    made.first.fail(new Error('down'));
    expect(texts(made)).toEqual(['open: or ✓ ├ FailureStreak 1 ≥ 1 ✓ └ MinRequests 1 ≥ 4 ✗']);
  });

  it('in the singular, too', () => {
    const made = aHalfOpen({ tripper: MinRequests(3).and(FailureRate(0.6)) });
    made.first.fail(new Error('down'));
    bad(made.breaker);
    expect(texts(made)[0]).toContain('(even if the next probe were good)');
  });

  it('of probes that took too long', () => {
    const made = aHalfOpen({ tripper: MinRequests(4).and(FailureRate(0.5)), maxHalfOpenMs: 100 });
    made.clock.advance(100);
    expect(made.breaker.explain().text).toBe(
      'payments is open (time limit)\nand ✗\n├ MinRequests 0 ≥ 4 ✗\n└ FailureRate 0 ≥ 0.5 ✗',
    );
  });

  it('and say so when one failed probe decided, because no branch applies to half_open', () => {
    const made = aHalfOpen({ tripper: Closed().and(FailureStreak(2)) });
    made.first.fail(new Error('down'));
    expect(texts(made)[0]).toContain('open: and ✗ (so the failed probe decided) ├ Closed() ✗');
  });

  it('at each crossing in metrics_only', () => {
    const { breaker, signals } = aBreaker({ tripper: FailureStreak(2), initialState: 'metrics_only' });
    bad(breaker, 2);
    good(breaker);
    expect(signals.of('wouldTrip').map(({ explanation }) => explanationText(explanation!))).toEqual([
      'FailureStreak 2 ≥ 2 ✓',
      'FailureStreak 0 ≥ 2 ✗',
    ]);
  });
});

describe('explaining is safe', () => {
  it('with a tripper that throws: it is named, told, and changes no verdict', () => {
    const { breaker, signals, first } = aHalfOpen({
      tripper: TripWhen(() => {
        throw new Error('rule broke');
      }, 'mine'),
    });
    first.fail(new Error('down'));
    expect(breaker.explain().text).toBe(
      'payments is open (tripper)\nTripWhen(mine) failed: Error: rule broke ✗ (so the failed probe decided)',
    );
    expect(signals.of('fault').every(({ source }) => source === 'tripper')).toBe(true);
  });

  it('with a window at fault: there is no rule to show', () => {
    let isBroken = false;
    const { breaker } = aBreaker({
      window: {
        create: () => ({
          record: () => undefined,
          metric: () => {
            if (isBroken) throw new Error('no figures');
            return { totalCount: 0 } as never;
          },
        }),
      },
    });
    isBroken = true;
    expect(breaker.explain()).toMatchObject({ state: 'closed', rule: null, text: 'payments is closed' });
  });

  it('with a tripper that commands the breaker when it is asked why', () => {
    let asked = 0;
    const { breaker, signals } = aBreaker({
      tripper: ({ failureStreak }) => {
        if (failureStreak > 0 && ++asked === 2) breaker.disable();
        return failureStreak > 0;
      },
    });
    bad(breaker);
    expect(signals.moves()).toEqual(['closed → disabled (operator)']);
    expect(signals.of('transition').map(({ seq }) => seq)).toEqual([1]);
  });

  it('with one that does so in metrics_only', () => {
    let asked = 0;
    const { breaker, signals } = aBreaker({
      initialState: 'metrics_only',
      tripper: ({ failureStreak }) => {
        if (failureStreak > 0 && ++asked === 2) breaker.reset();
        return failureStreak > 0;
      },
    });
    bad(breaker);
    expect([signals.moves(), signals.of('wouldTrip')]).toEqual([['metrics_only → closed (operator)'], []]);
  });

  it('and asks nobody while calls go well', () => {
    let asked = 0;
    const { breaker } = aBreaker({ tripper: () => ++asked < 0 });
    good(breaker, 3);
    expect(asked).toBe(3);
    expect(HalfOpened().measure?.({} as never)).toBeUndefined();
  });
});
