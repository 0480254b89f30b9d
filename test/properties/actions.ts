import fc from 'fast-check';

import { GIVING_UP, type GivingUp } from './giving-up.js';
import type { Told } from './model.js';

/** Of errors: what the tracker and `ignore` say of it, or do. */
export type CallOutcome =
  'success' | 'failure' | 'untracked' | 'ignored' | 'bad value' | 'tracker throws' | 'ignore throws';

/** What a listener does when it calls the breaker it hears of. */
export type Reaction = 'succeed' | 'fail' | 'leave' | 'reset' | 'forceOpen' | 'metricsOnly';

export type Action =
  | { readonly do: 'call'; readonly outcome: CallOutcome; readonly tookMs: number; readonly isSync: boolean }
  | { readonly do: 'nested'; readonly inner: CallOutcome; readonly outer: CallOutcome }
  | { readonly do: 'start' }
  | { readonly do: 'settle'; readonly which: number; readonly outcome: CallOutcome }
  | { readonly do: 'start, to be given up'; readonly how: GivingUp }
  | { readonly do: 'ticket'; readonly how: 'success' | 'failure' | 'ignored' | 'leave' }
  | { readonly do: 'arm a listener'; readonly on: Told; readonly reaction: Reaction }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'to the deadline' | 'to the window edge'; readonly offsetMs: number }
  | { readonly do: 'step the wall clock'; readonly ms: number }
  | { readonly do: 'stop twice'; readonly offsetMs: number }
  | {
      readonly do: 'command';
      readonly command: 'reset' | 'disable' | 'metricsOnly' | 'forceOpen';
      readonly forMs?: number;
    }
  | { readonly do: 'break a part'; readonly part: 'tripper' | 'permit'; readonly isBroken: boolean };

const outcome = fc.oneof(
  { weight: 5, arbitrary: fc.constant<CallOutcome>('success') },
  { weight: 7, arbitrary: fc.constant<CallOutcome>('failure') },
  { weight: 1, arbitrary: fc.constant<CallOutcome>('untracked') },
  { weight: 1, arbitrary: fc.constant<CallOutcome>('ignored') },
  { weight: 1, arbitrary: fc.constant<CallOutcome>('ignore throws') },
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
  { weight: 7, arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(9), outcome }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ticket' as const),
      how: fc.constantFrom('success' as const, 'failure' as const, 'ignored' as const, 'leave' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('start, to be given up' as const),
      how: fc.constantFrom(...(Object.keys(GIVING_UP) as GivingUp[])),
    }),
  },
  // A permit that takes the last slot for itself while it is asked, and its kin.
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('arm a listener' as const),
      on: fc.constant<Told>('permit'),
      reaction: fc.constantFrom<Reaction>('leave', 'leave', 'leave', 'fail', 'reset', 'forceOpen'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('arm a listener' as const),
      on: fc.constantFrom<Told>('transition', 'transition', 'call', 'rejected'),
      reaction: fc.constantFrom<Reaction>(
        'succeed',
        'fail',
        'fail',
        'leave',
        'reset',
        'forceOpen',
        'metricsOnly',
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      // Parts of a ms are exact, too, when they are powers of two.
      ms: fc.constantFrom(0.25, 0.5, 1, 50, 100, 999, 1000, 5000, 60_000, 90_000_000),
    }),
  },
  // What steers: the instant a wait ends, just before it and just after it.
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('to the deadline' as const),
      offsetMs: fc.constantFrom(-1, -0.25, 0, 0, 0, 0, 0.25, 1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('to the window edge' as const),
      offsetMs: fc.constantFrom(-1, 0, 1),
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
  // A stop that is ordered anew, about when the first one is over.
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('stop twice' as const),
      offsetMs: fc.constantFrom(-1, 0, 0, 1),
    }),
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
