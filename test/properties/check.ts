import { deepStrictEqual } from 'node:assert/strict';

import type { BreakerSnapshot, BreakerState, TransitionCause } from 'nestjs-fluxgate';
import type { RecordingListener } from 'nestjs-fluxgate/testing';

import type { Model } from './model.js';

/** Both sides after a step. */
export interface Seen {
  readonly snapshot: BreakerSnapshot;
  readonly model: Model;
  readonly signals: RecordingListener;
  /** How often each side drew from its chance. */
  readonly draws: { readonly real: number; readonly model: number };
}

/** The design's table, written down once more: who may go where, and why. */
const LEGAL: ReadonlySet<string> = new Set(
  (
    [
      ['closed', 'open', 'tripper'],
      ['open', 'half_open', 'retry'],
      ['forced_open', 'half_open', 'timeout'],
      ['half_open', 'open', 'tripper'],
      ['half_open', 'open', 'timeout'],
      ['half_open', 'closed', 'tripper'],
      ...(['closed', 'open', 'half_open', 'metrics_only', 'disabled', 'forced_open'] as const).flatMap(
        (from) =>
          (['closed', 'metrics_only', 'disabled', 'forced_open'] as const)
            .filter((to) => to !== from)
            .map((to): [BreakerState, BreakerState, TransitionCause] => [from, to, 'operator']),
      ),
    ] as [BreakerState, BreakerState, TransitionCause][]
  ).map((edge) => edge.join(' ')),
);

/** What has to hold after every step. Cheap: it runs some hundred thousand times. */
export function check(seen: Seen): void {
  const { snapshot, model } = seen;
  const { state, reopens, failureStreak, probesInFlight, wouldTrip, metric, calls } = snapshot;
  const figures = model.figures(model.nowMs);
  const slow = metric.slow.map(({ thresholdMs, count }) => ({ thresholdMs, count }));
  const { inFlight, ...counts } = calls;
  const { admitted, success, failure, ignored, unrecorded } = counts;
  same(
    { state, reopens, failureStreak, probesInFlight, wouldTrip, retryAfterMs: snapshot.retryAfterMs },
    {
      state: model.state,
      reopens: model.reopens,
      failureStreak: model.streak,
      probesInFlight: model.probes.length,
      wouldTrip: model.wouldTrip,
      retryAfterMs: waitOf(model),
    },
  );
  // The window equals a naive recomputation at every instant.
  same(
    { total: metric.totalCount, failures: metric.failureCount, totalMs: metric.totalDurationMs, slow },
    {
      total: figures.total,
      failures: figures.failures,
      totalMs: figures.totalMs,
      slow: slow.map(({ thresholdMs }) => ({
        thresholdMs,
        count: figures.durations.filter((ms) => ms >= thresholdMs).length,
      })),
    },
  );
  same(counts, model.counts);
  same(inFlight, admitted - success - failure - ignored - unrecorded);
  holds(inFlight >= 0, 'no call ends twice');
  holds(probesInFlight <= model.setup.maxHalfOpenCalls, 'probes in flight stay within the cap');
  const rates = [metric.failureRate, ...metric.slow.map(({ rate }) => rate)];
  holds(
    rates.every((rate) => rate >= 0 && rate <= 1),
    'rates are in [0, 1]',
  );
  holds(seen.draws.real === seen.draws.model, 'chance is asked for what needs it, and for nothing else');
}

/** What has to hold of everything that was told. */
export function checkSignals({ signals, model }: Pick<Seen, 'signals' | 'model'>): void {
  const moves = signals.of('transition');
  same(
    moves.map(({ from, to, cause }) => ({ from, to, cause })),
    model.moves,
  );
  moves.forEach(({ seq, from, to, cause }, i) => {
    same(seq, i + 1);
    same(from, moves[i - 1]?.to ?? 'closed');
    holds(LEGAL.has(`${from} ${to} ${cause}`), `${from} → ${to} (${cause}) is in the table`);
  });
  const { success, failure, ignored, unrecorded, rejected } = model.counts;
  same(signals.of('call').length, success + failure + ignored + unrecorded);
  same(signals.of('rejected').length, rejected);
  for (const kind of ['call', 'rejected', 'fault', 'wouldTrip'] as const) {
    signals.of(kind).forEach(({ seq }, i) => same(seq, i + 1));
  }
}

function waitOf(model: Model): number | null {
  if (model.state === 'half_open') return 0;
  if (model.state !== 'open' && model.state !== 'forced_open') return null;
  return model.endsAtMs === Infinity ? null : Math.ceil(Math.max(0, model.endsAtMs - model.nowMs));
}

function same(got: unknown, expected: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(expected)) deepStrictEqual(got, expected);
}

function holds(isSo: boolean, rule: string): void {
  if (!isSo) throw new Error(`Broken: ${rule}`);
}
