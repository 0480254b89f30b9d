import fc from 'fast-check';

import type { Setup } from './model.js';
import type { PermitData, RetryData, Rule, WindowData } from './rules.js';

export type CallOutcome = 'success' | 'failure' | 'ignored' | 'bad value' | 'tracker throws';

export type Action =
  | { readonly do: 'call'; readonly outcome: CallOutcome; readonly tookMs: number; readonly isSync: boolean }
  | { readonly do: 'nested'; readonly inner: CallOutcome; readonly outer: CallOutcome }
  | { readonly do: 'start' }
  | { readonly do: 'settle'; readonly which: number; readonly outcome: CallOutcome }
  | { readonly do: 'ticket'; readonly how: 'succeed' | 'fail' | 'release' | 'leave' | 'twice' }
  | { readonly do: 'abort' }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'to the deadline'; readonly offsetMs: number }
  | { readonly do: 'step the wall clock'; readonly ms: number }
  | {
      readonly do: 'command';
      readonly command: 'reset' | 'disable' | 'metricsOnly' | 'forceOpen';
      readonly forMs?: number;
    }
  | { readonly do: 'break a part'; readonly part: 'tripper' | 'permit'; readonly isBroken: boolean };

const outcome = fc.oneof(
  { weight: 5, arbitrary: fc.constant<CallOutcome>('success') },
  { weight: 7, arbitrary: fc.constant<CallOutcome>('failure') },
  { weight: 1, arbitrary: fc.constant<CallOutcome>('ignored') },
  { weight: 1, arbitrary: fc.constant<CallOutcome>('bad value') },
  { weight: 1, arbitrary: fc.constant<CallOutcome>('tracker throws') },
);

/** Durations in whole ms: sums are exact on both sides. */
const tookMs = fc.constantFrom(0, 0, 0, 1, 40, 99, 100, 101, 500);

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({ do: fc.constant('call' as const), outcome, tookMs, isSync: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('nested' as const), inner: outcome, outer: outcome }) },
  { weight: 5, arbitrary: fc.constant({ do: 'start' as const }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(9), outcome }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ticket' as const),
      how: fc.constantFrom(
        'succeed' as const,
        'fail' as const,
        'release' as const,
        'leave' as const,
        'twice' as const,
      ),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'abort' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(1, 50, 100, 999, 1000, 5000, 60_000, 90_000_000),
    }),
  },
  // What steers: the instant a wait ends, just before it and just after it.
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('to the deadline' as const),
      offsetMs: fc.constantFrom(-1, 0, 0, 0, 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('step the wall clock' as const),
      ms: fc.integer({ min: -7_200_000, max: 7_200_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        do: fc.constant('command' as const),
        command: fc.constantFrom(
          'reset' as const,
          'reset' as const,
          'disable' as const,
          'metricsOnly' as const,
          'forceOpen' as const,
        ),
        forMs: fc.constantFrom(1, 1000, 60_000),
      },
      { requiredKeys: ['do', 'command'] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('break a part' as const),
      part: fc.constantFrom('tripper' as const, 'permit' as const),
      isBroken: fc.boolean(),
    }),
  },
);

export const actions = fc.array(action, { minLength: 20, maxLength: 80 });

const ratio = fc.constantFrom(0.1, 0.25, 0.5, 0.75, 1);

const leaf: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({
    is: fc.constantFrom('min' as const, 'streak' as const),
    count: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ is: fc.constant('rate' as const), ratio }),
  fc.record({ is: fc.constant('slow' as const), ratio, ms: fc.constantFrom(50, 100) }),
  fc.record({ is: fc.constant('avg' as const), ms: fc.constantFrom(30, 100) }),
  fc.record({ is: fc.constantFrom('closed' as const, 'half_open' as const) }),
);

const { rule } = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'rule' },
    leaf,
    fc.record({
      is: fc.constantFrom('and' as const, 'or' as const),
      rules: fc.array(tie('rule'), { minLength: 2, maxLength: 3, depthIdentifier: 'rule' }),
    }),
    fc.record({ is: fc.constant('not' as const), rule: tie('rule') }),
  ),
}));

const sensible: Rule = {
  is: 'or',
  rules: [
    { is: 'streak', count: 3 },
    {
      is: 'and',
      rules: [
        { is: 'min', count: 3 },
        { is: 'rate', ratio: 0.5 },
      ],
    },
  ],
};

const window: fc.Arbitrary<WindowData> = fc.oneof(
  fc.record({ is: fc.constant('count' as const), size: fc.integer({ min: 5, max: 12 }) }),
  fc.record({
    is: fc.constant('time' as const),
    sizeMs: fc.constantFrom(1000, 60_000),
    buckets: fc.constantFrom(1, 4, 10),
  }),
);

const jitter = fc.constantFrom(0, 0.2);

const retry: fc.Arbitrary<RetryData> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ is: fc.constant('cooldown' as const), ms: fc.constantFrom(100, 5000), jitter }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      is: fc.constant('backoff' as const),
      initialMs: fc.constantFrom(100, 1000),
      multiplier: fc.constantFrom(1.5, 2),
      maxMs: fc.constantFrom(4000, 300_000),
      jitter,
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constantFrom('always' as const, 'never' as const) }) },
);

const permit: fc.Arbitrary<PermitData> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ is: 'all' as const }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('random' as const), ratio }) },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('ramp' as const),
      from: fc.constantFrom(0.1, 0.5),
      to: fc.constantFrom(0.5, 1),
      overMs: fc.constantFrom(1000, 60_000),
    }),
  },
);

export const setups: fc.Arbitrary<Setup> = fc.record({
  window,
  rule: fc.oneof({ weight: 1, arbitrary: rule }, { weight: 1, arbitrary: fc.constant(sensible) }),
  retry,
  permit,
  maxHalfOpenCalls: fc.integer({ min: 1, max: 4 }),
  maxHalfOpenMs: fc.constantFrom(Infinity, Infinity, 2000, 120_000),
  timeoutMs: fc.constantFrom(undefined, undefined, 1000),
  untracked: fc.constantFrom('ignored' as const, 'ignored' as const, 'success' as const),
});
