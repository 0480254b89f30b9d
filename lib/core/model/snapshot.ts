import type { MetricSnapshot, TallyMemory } from './metric.js';
import type { BreakerState } from './state.js';

/** What health, metrics and dashboards read of a breaker: plain JSON, taken at one instant. */
export interface BreakerSnapshot {
  readonly name: string;
  /** The group that it belongs to, where there is one breaker per key; else absent. */
  readonly group?: string;
  /** Its key there; absent for the group's shared breaker. */
  readonly key?: string;
  readonly state: BreakerState;
  /** Since when it is in this state, epoch ms. */
  readonly changedAt: number;
  /** When a probe will be allowed, epoch ms; `null` when it is not a matter of time. */
  readonly retryAt: number | null;
  /** The same as a wait: exact, never rises, 0 once a probe is allowed. */
  readonly retryAfterMs: number | null;
  /** Where the wait of an open circuit comes from, as its retry says: `Retry-After: 7`. Absent where it says nothing. */
  readonly waitSource?: string;
  /** How often half_open went back to open since the circuit was last closed. */
  readonly reopens: number;
  /** Failures in a row since the circuit entered this state. */
  readonly failureStreak: number;
  /** Probes in flight; 0 outside half_open. */
  readonly probesInFlight: number;
  /** In metrics_only: was the tripper's rule met when the last call was recorded? */
  readonly wouldTrip: boolean;
  /** What an operator said when forcing it open. */
  readonly operatorReason: string | null;
  /** The figures of the window; in half_open, of the probes. */
  readonly metric: MetricSnapshot;
  /** `Name: message` of the last failure, on one line. */
  readonly lastError: string | null;
  /** Counters since the breaker was made. `admitted` = `success` + `failure` + `ignored` + `unrecorded` + `inFlight`. */
  readonly calls: CallCounts;
  /** The parts, as the code that made them. */
  readonly rules: {
    readonly window: string;
    readonly tracker: string;
    /** Absent where the breaker has none. */
    readonly ignore?: string;
    readonly tripper: string;
    readonly retry: string;
    readonly permit: string;
  };
}

/** A snapshot and the memory behind it, for another process to go on from: plain JSON, a copy. */
export interface WarmSnapshot extends BreakerSnapshot {
  /** Of this format. */
  readonly version: 1;
  /** When it was taken, epoch ms. */
  readonly takenAt: number;
  readonly memory: {
    /** For how long it had been in its state: by the monotonic clock, for the wall clock may have been set. */
    readonly inStateMs: number;
    /** The rest of its wait, `retryAfterMs` before it was rounded up to whole ms; absent where there is none. */
    readonly remainingMs?: number;
    /** What the window remembers, in its own form; `null` where it has none to give. */
    readonly window: unknown;
    /** In half_open: what its probes have shown. */
    readonly probes: TallyMemory | null;
    readonly slowThresholdsMs: readonly number[];
  };
}

export interface CallCounts {
  readonly admitted: number;
  readonly success: number;
  readonly failure: number;
  readonly ignored: number;
  /** Ended after their state was over, or in `disabled`: they changed nothing. */
  readonly unrecorded: number;
  readonly inFlight: number;
  readonly rejected: number;
}

/** What is known of a group of breakers, one per key: plain JSON, and of bounded size however many keys there are. */
export interface KeyedSnapshot {
  readonly group: string;
  /** How many keys have a breaker now; never above `max`. */
  readonly size: number;
  readonly max: number;
  readonly idleMs: number;
  readonly whenFull: 'passthrough' | 'reject';
  /** How many of its breakers are in each state, the shared one too. */
  readonly states: Readonly<Record<BreakerState, number>>;
  /** How often a key got a breaker, since the group was made. */
  readonly createdCount: number;
  /** How often a key's breaker was dropped; `createdCount` − `droppedCount` is `size`. */
  readonly droppedCount: number;
  /** How often a new key was sent elsewhere because all breakers were in use. */
  readonly overflowCount: number;
  /** How often a key was none: then the call went through the shared breaker, and `onFault` was told. */
  readonly badKeyCount: number;
  /** The parts, as the code that made them: the same for every key. */
  readonly rules: BreakerSnapshot['rules'];
}
