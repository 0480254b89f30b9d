import type { Breaker } from '../breaker.js';
import type { BreakerState } from '../model/state.js';

/** How many of them are in each state? */
export function statesOf(breakers: readonly Breaker[]): Record<BreakerState, number> {
  const counts = { closed: 0, open: 0, half_open: 0, metrics_only: 0, disabled: 0, forced_open: 0 };
  for (const { state } of breakers) counts[state]++;
  return counts;
}
