/**
 * Does the call count?
 *
 * `success` and `failure` are recorded and judged. `ignored` is neither: an error the tracker does
 * not track, or a call its caller gave up before it gave anything. It frees its slot and changes nothing else.
 */
export type Outcome = 'success' | 'failure' | 'ignored';

/** Why a call was not permitted. */
export type RejectionReason =
  /** The circuit is open and its wait is not over. */
  | 'open'
  /** An operator holds the circuit open. */
  | 'forced_open'
  /** Half-open, and as many probes as allowed are in flight. */
  | 'half_open'
  /** Half-open, and the permit said no. */
  | 'no_permit'
  /** One breaker per key, `whenFull: 'reject'`: there are as many keys as there may be, and all are in use. */
  | 'keys_full';

/** How a call ended, as the walk takes it. */
export interface Settlement {
  readonly outcome: Outcome;
  readonly error?: unknown;
  /** What it returned, where that was judged a failure. */
  readonly value?: unknown;
  readonly isCancelled?: boolean;
  /** How long it took, where that is not until now. */
  readonly durationMs?: number | undefined;
}
