import { deepStrictEqual } from 'node:assert/strict';

import type { BreakerSnapshot, BreakerState, TransitionCause } from 'nestjs-fluxgate';
import type { RecordingListener } from 'nestjs-fluxgate/testing';

import { holds } from './endings.js';
import type { Model } from './model.js';
import type { Parts } from './parts.js';

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
            .filter((to) => to !== from || to === 'forced_open')
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
  same(
    { state, reopens, failureStreak, probesInFlight, wouldTrip, retryAfterMs: snapshot.retryAfterMs },
    {
      state: model.state,
      reopens: model.reopens,
      failureStreak: model.streak,
      probesInFlight: model.probes.length,
      wouldTrip: model.wouldTrip,
      retryAfterMs: model.waitMs(),
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
  // So admitted = success + failure + ignored + dropped + in flight, with each counted on its own.
  same(inFlight, model.inFlight.size);
  holds(probesInFlight <= model.setup.maxHalfOpenCalls, 'probes in flight stay within the cap');
  const share = (count: number): number => (figures.total === 0 ? 0 : count / figures.total);
  const rates = [metric.failureRate, ...metric.slow.map(({ rate }) => rate)];
  same(rates, [share(figures.failures), ...slow.map(({ count }) => share(count))]);
  same(metric.avgDurationMs, share(figures.totalMs));
  holds(
    rates.every((rate) => rate >= 0 && rate <= 1),
    'rates are in [0, 1]',
  );
  checkRetryAt(seen);
  holds(seen.draws.real === seen.draws.model, 'chance is asked for what needs it, and for nothing else');
}

/** What has to hold of everything that was told. */
export function checkSignals({
  signals,
  model,
  parts,
}: Pick<Seen, 'signals' | 'model'> & { readonly parts: Parts }): void {
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
  const faults = signals.of('fault');
  const faultsOf = (source: string): number => faults.filter((fault) => fault.source === source).length;
  // One listener threw at each transition, one rejected at each call: each fault is told, and told once.
  same(faultsOf('listener'), moves.length + signals.of('call').length);
  for (const part of ['tripper', 'permit', 'tracker', 'ignore'] as const)
    same(faultsOf(part), parts.thrown[part]);
  checkBackoff({ signals, model });
  for (const kind of ['call', 'rejected', 'fault', 'wouldTrip'] as const) {
    signals.of(kind).forEach(({ seq }, i) => same(seq, i + 1));
  }
}

/** The end of a wait as people read it: fixed on entering the state, whatever the wall clock does since. */
function checkRetryAt({ snapshot: { retryAt, changedAt }, model }: Seen): void {
  const isWaiting = model.state === 'open' || model.state === 'forced_open';
  same(retryAt, isWaiting && model.endsAtMs < Infinity ? changedAt + (model.endsAtMs - model.sinceMs) : null);
}

/** Waits grow with every reopening up to the cap, and start anew after closing. */
function checkBackoff({ model, signals }: Pick<Seen, 'signals' | 'model'>): void {
  const { retry } = model.setup;
  if (retry.is !== 'backoff') return;
  let longestMs = 0;
  for (const { to, reopens, retryAt, at } of signals.of('transition')) {
    // Also where an operator closed it: the next wait may be that of a forced open one that was probed.
    if (to === 'closed') longestMs = 0;
    if (to !== 'open') continue;
    const waitMs = retryAt! - at;
    holds(waitMs <= retry.maxMs, 'no wait is longer than the cap');
    if (reopens === 0) {
      holds(waitMs <= Math.ceil(retry.initialMs * (1 + retry.jitter)), 'the first wait is the initial one');
    }
    if (retry.jitter === 0) holds(waitMs >= longestMs, 'waits grow with every reopening');
    longestMs = waitMs;
  }
}

function same(got: unknown, expected: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(expected)) deepStrictEqual(got, expected);
}
