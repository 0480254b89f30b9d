import type { Counter, Gauge } from 'prom-client';

import type { BreakerSnapshot, BreakerState, RejectionReason, TransitionCause } from '../core/index.js';
import { Durations, type DurationHistogram, type Labels } from './durations.js';
import type { METRICS } from './metrics.js';
import { moveKey, MOVES, OUTCOMES, REASONS, STATES, type CallOutcome } from './words.js';

interface Kinds {
  readonly gauge: Gauge;
  readonly counter: Counter;
  readonly histogram: DurationHistogram;
}

/** The metrics of one registry and prefix. */
export type Handles = { readonly [Key in keyof typeof METRICS]: Kinds[(typeof METRICS)[Key]['type']] };

/** A counter's series, and what the counter has not been told of yet. */
class Count {
  untold = 0;

  constructor(readonly labels: Labels) {}

  tell(counter: Counter): void {
    counter.inc(this.labels, this.untold);
    this.untold = 0;
  }
}

const recordOf = <Key extends string, T>(
  all: readonly Key[],
  make: (key: Key) => T,
): Readonly<Record<Key, T>> => Object.fromEntries(all.map((key) => [key, make(key)])) as Record<Key, T>;

/**
 * Every series of one `breaker` label: all are there from the first moment, and all go together.
 *
 * Breakers that share the label (two apps in one process) share the series; they are added up.
 */
export class Series {
  readonly outcomes: Readonly<Record<CallOutcome, Durations>>;
  readonly rejected: Readonly<Record<RejectionReason, Count>>;
  readonly moves: Map<string, Count>;
  readonly wouldTrip: Count;
  readonly openSeconds: Count;
  /** Asks each of its breakers how it is now. */
  readonly readers = new Set<() => BreakerSnapshot>();
  private readonly states: Readonly<Record<BreakerState, Labels>>;
  private readonly slow = new Map<number, Labels>();

  constructor(
    readonly id: string,
    private readonly labels: Labels,
    bounds: readonly number[],
  ) {
    this.outcomes = recordOf(OUTCOMES, (outcome) => new Durations({ ...labels, outcome }, bounds));
    this.rejected = recordOf(REASONS, (reason) => new Count({ ...labels, reason }));
    this.moves = new Map(
      MOVES.map(([from, to, cause]) => [moveKey(from, to, cause), new Count({ ...labels, from, to, cause })]),
    );
    this.states = recordOf(STATES, (state) => ({ ...labels, state }));
    this.wouldTrip = new Count(labels);
    this.openSeconds = new Count(labels);
  }

  /** The count of such moves; a restore may go anywhere, so its series begins with the first one. */
  move(from: BreakerState, to: BreakerState, cause: TransitionCause): Count {
    const key = moveKey(from, to, cause);
    const known = this.moves.get(key);
    if (known !== undefined) return known;
    const count = new Count({ ...this.labels, from, to, cause });
    this.moves.set(key, count);
    return count;
  }

  /** Brings every series up to date. */
  write(handles: Handles): void {
    const snapshots = [...this.readers].map((read) => read());
    for (const state of STATES) {
      handles.state.set(this.states[state], snapshots.filter((one) => one.state === state).length);
    }
    this.writeRatios(handles, snapshots);
    handles.probes.set(
      this.labels,
      snapshots.reduce((sum, { probesInFlight }) => sum + probesInFlight, 0),
    );
    for (const durations of Object.values(this.outcomes)) {
      handles.calls.inc(durations.labels, durations.untoldCalls);
      durations.untoldCalls = 0;
    }
    for (const count of Object.values(this.rejected)) count.tell(handles.rejected);
    for (const count of this.moves.values()) count.tell(handles.transitions);
    this.wouldTrip.tell(handles.wouldTrip);
    this.openSeconds.tell(handles.openSeconds);
  }

  /** Takes every series away; prom-client removes only what is named by all its labels. */
  remove(handles: Handles): void {
    for (const labels of Object.values(this.states)) handles.state.remove(labels);
    for (const { labels } of Object.values(this.outcomes)) handles.calls.remove(labels);
    for (const { labels } of Object.values(this.rejected)) handles.rejected.remove(labels);
    for (const { labels } of this.moves.values()) handles.transitions.remove(labels);
    for (const labels of this.slow.values()) handles.slowRatio.remove(labels);
    const { failureRatio, wouldTrip, openSeconds, probes } = handles;
    for (const metric of [failureRatio, wouldTrip, openSeconds, probes]) metric.remove(this.labels);
  }

  private writeRatios(handles: Handles, snapshots: readonly BreakerSnapshot[]): void {
    let calls = 0;
    let failures = 0;
    const slow = new Map<number, { count: number; calls: number }>();
    for (const { metric } of snapshots) {
      calls += metric.totalCount;
      failures += metric.failureCount;
      for (const { thresholdMs, count } of metric.slow) {
        const sum = slow.get(thresholdMs) ?? { count: 0, calls: 0 };
        slow.set(thresholdMs, { count: sum.count + count, calls: sum.calls + metric.totalCount });
      }
    }
    handles.failureRatio.set(this.labels, ratio(failures, calls));
    for (const [thresholdMs, sum] of slow) {
      const labels = this.slow.get(thresholdMs) ?? {
        ...this.labels,
        threshold_seconds: String(thresholdMs / 1000),
      };
      this.slow.set(thresholdMs, labels);
      handles.slowRatio.set(labels, ratio(sum.count, sum.calls));
    }
    // Of thresholds that no rule has any more.
    for (const [thresholdMs, labels] of this.slow) {
      if (slow.has(thresholdMs)) continue;
      this.slow.delete(thresholdMs);
      handles.slowRatio.remove(labels);
    }
  }
}

/** Never NaN: a gauge would show it. */
const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
