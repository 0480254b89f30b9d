import type { BreakerSnapshot, CallCounts } from './model/snapshot.js';
import type { Mover } from './mover.js';
import type { Policy } from './options.js';
import { waitOf, type ForcedOpen } from './states.js';

/** The snapshot of a breaker at `nowMs`. */
export function takeSnapshot(
  identity: Pick<BreakerSnapshot, 'name' | 'group' | 'key'>,
  policy: Policy,
  mover: Mover,
  calls: CallCounts,
  nowMs: number,
): BreakerSnapshot {
  const { circuit } = mover;
  return {
    ...identity,
    state: circuit.state,
    changedAt: circuit.changedAt,
    ...waitOf(circuit, nowMs),
    reopens: mover.reopens,
    failureStreak: mover.failureStreak,
    probesInFlight: circuit.state === 'half_open' ? circuit.probes.length : 0,
    wouldTrip: circuit.state === 'metrics_only' && circuit.wouldTrip,
    operatorReason: (circuit as Partial<ForcedOpen>).operatorReason ?? null,
    metric: mover.figures(nowMs),
    lastError: mover.lastFailureText(),
    calls,
    rules: { ...policy.rules },
  };
}
