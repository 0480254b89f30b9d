import type { Explanation } from './explanation.js';
import type { MetricSnapshot } from './metric.js';
import type { Outcome, RejectionReason } from './outcome.js';
import type { BreakerSnapshot } from './snapshot.js';
import type { BreakerState, TransitionCause } from './state.js';

/** Who tells: one breaker, and its place when there is one per key. */
export interface SignalOrigin {
  /** The breaker's name; of one made by key `gateway[tenant-1]`. */
  readonly breaker: string;
  /** The group that it belongs to, where there is one breaker per key: what metrics are labelled by. */
  readonly group?: string;
  /** Its key there; absent for the group's shared breaker. There is no end of keys: no label. */
  readonly key?: string;
}

interface SignalBase extends SignalOrigin {
  /** Numbers this breaker's signals of this kind from 1, without gaps. */
  readonly seq: number;
  /** When it happened, epoch ms. */
  readonly at: number;
}

/** The circuit moved. */
export interface TransitionSignal extends SignalBase {
  readonly kind: 'transition';
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly cause: TransitionCause;
  /** The rule that was judged, as text: the tripper, or the retry for open → half_open. */
  readonly rule: string;
  /**
   * The rule and the figures it was judged by, where the tripper decided or probing took too long; else `null`.
   * `explanationText` makes it readable.
   */
  readonly explanation: Explanation | null;
  /** The figures of the state that was left, before they were forgotten. */
  readonly metric: MetricSnapshot;
  /**
   * The last failure seen in the state that was left: the error itself, if it is that of the call that moved the
   * circuit; else the `ErrorSummary` that is kept of it.
   */
  readonly lastError: unknown;
  readonly reopens: number;
  /** When a probe will be allowed (epoch ms); `null` when it is not a matter of time. */
  readonly retryAt: number | null;
  /** To open: where the wait comes from, if the retry says so: `Retry-After: 7`. */
  readonly waitSource?: string;
  /** What the operator said. */
  readonly operatorReason?: string;
}

/** A call ended. */
export interface CallSignal extends SignalBase {
  readonly kind: 'call';
  /** The state that admitted the call. */
  readonly state: BreakerState;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** What it failed with, if it did. */
  readonly error?: unknown;
  /** Its caller gave it up: aborted it, or left a stream before its first value. */
  readonly isCancelled: boolean;
  /** False when it changed nothing: it was ignored, its state was over, or its state records nothing. */
  readonly isRecorded: boolean;
}

/** A call was not permitted. */
export interface RejectedSignal extends SignalBase {
  readonly kind: 'rejected';
  readonly state: BreakerState;
  readonly reason: RejectionReason;
  readonly retryAfterMs: number | null;
}

/** A fallback is about to stand in for a call. What it throws or gives goes to the caller alone. */
export interface FallbackSignal extends SignalBase {
  readonly kind: 'fallback';
  /** The state now: the call may have moved the circuit. */
  readonly state: BreakerState;
  /** How the call ended that it stands in for. */
  readonly outcome: Outcome | 'rejected';
  /** What the fallback is given: the call's error, or the `CallNotPermittedException`. */
  readonly error: unknown;
}

/** In metrics_only: the tripper's verdict changed. Nothing moved. */
export interface WouldTripSignal extends SignalBase {
  readonly kind: 'wouldTrip';
  /** True when the circuit would have opened now; false when the rule is no longer met. */
  readonly wouldTrip: boolean;
  readonly rule: string;
  /** The rule and its figures; `null` when the window is at fault. */
  readonly explanation: Explanation | null;
  readonly metric: MetricSnapshot;
  /** As in a `TransitionSignal`. */
  readonly lastError: unknown;
}

/** Options of the breaker were changed while it ran. */
export interface ReconfiguredSignal extends SignalBase {
  readonly kind: 'reconfigured';
  /** The options that were named. */
  readonly changed: readonly string[];
  /** Does it still remember what it remembered? */
  readonly isWindowKept: boolean;
  /** The rules from now on. */
  readonly rules: BreakerSnapshot['rules'];
}

/** Something of the user's (a part, a listener) threw, rejected or answered nonsense. No call felt it. */
export interface FaultSignal extends SignalBase {
  readonly kind: 'fault';
  readonly source:
    | 'tracker'
    | 'ignore'
    | 'trackResult'
    | 'tripper'
    | 'retry'
    | 'permit'
    | 'window'
    | 'listener'
    | 'key'
    | 'redact';
  readonly error: unknown;
}

/** Where a fault is told. */
export interface Faults {
  fault(source: FaultSignal['source'], error: unknown): void;
  /** An error as text, as far as it may be shown. */
  show(error: unknown): string;
}

/**
 * What a listener receives: plain, and frozen in depth but for the errors, which are yours. One that is kept keeps its
 * error; `redact` has not seen that.
 */
export type Signal =
  | TransitionSignal
  | CallSignal
  | RejectedSignal
  | FallbackSignal
  | WouldTripSignal
  | ReconfiguredSignal
  | FaultSignal;
