import { Tally } from '../../../lib/core/model/metric.js';
import type { TripContext } from '../../../lib/core/model/part.js';

type Call = readonly [durationMs: number, isFailure: boolean];

/** A context with these calls in its window. */
export function contextOf(
  calls: readonly Call[],
  rest: Partial<Omit<TripContext, 'metric'>> & { slowThresholdsMs?: readonly number[] } = {},
): TripContext {
  const { slowThresholdsMs = [], ...others } = rest;
  const metric = new Tally(slowThresholdsMs);
  for (const [durationMs, isFailure] of calls) metric.add(durationMs, isFailure);
  return { metric, state: 'closed', failureStreak: 0, reopens: 0, ...others };
}

/** So many good and so many failed calls of 10 ms. */
export function mixed(good: number, failed: number): Call[] {
  return Array.from({ length: good + failed }, (_, i) => [10, i >= good]);
}
