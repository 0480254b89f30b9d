import type { BreakerState, Outcome, RejectionReason, TransitionCause } from '../core/index.js';

const keys = <Key extends string>(all: Readonly<Record<Key, true>>): readonly Key[] =>
  Object.keys(all) as Key[];

export const STATES = keys<BreakerState>({
  closed: true,
  open: true,
  half_open: true,
  metrics_only: true,
  disabled: true,
  forced_open: true,
});
export const OUTCOMES = keys<CallOutcome>({
  success: true,
  failure: true,
  ignored: true,
  cancelled: true,
});
export const REASONS = keys<RejectionReason>({
  open: true,
  forced_open: true,
  half_open: true,
  no_permit: true,
  keys_full: true,
});

type Move = readonly [from: BreakerState, to: BreakerState, cause: TransitionCause];

/** Every move there is: an operator may command these states; the rest comes by itself. */
export const MOVES: readonly Move[] = [
  ['closed', 'open', 'tripper'],
  ['open', 'half_open', 'retry'],
  ['half_open', 'open', 'tripper'],
  ['half_open', 'open', 'timeout'],
  ['half_open', 'closed', 'tripper'],
  ['forced_open', 'half_open', 'timeout'],
  ...STATES.flatMap((from) =>
    (['closed', 'metrics_only', 'disabled', 'forced_open'] as const)
      // Forced open again, when the time of the first command is over.
      .filter((to) => to !== from || to === 'forced_open')
      .map((to): Move => [from, to, 'operator']),
  ),
];

export const moveKey = (from: string, to: string, cause: string): string => `${from} ${to} ${cause}`;

/** How a call ended, as the metrics have it. */
export type CallOutcome = Outcome | 'cancelled';

export const isOpen = (state: BreakerState): boolean => state === 'open' || state === 'forced_open';
