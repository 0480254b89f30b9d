import fc from 'fast-check';

import type { Setup } from './model.js';
import type { PermitData, RetryData, Rule, WindowData } from './rules.js';

// How the breaker is put together: small numbers, so that a short story meets every limit.

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
  probeLeaseMs: fc.constantFrom(undefined, undefined, undefined, 400, 120_000),
  untracked: fc.constantFrom('ignored' as const, 'ignored' as const, 'success' as const),
});
