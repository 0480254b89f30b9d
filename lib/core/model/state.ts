/**
 * Which state is the circuit in?
 *
 * - `closed`: calls go through and are judged.
 * - `open`: calls are rejected until the retry's wait is over.
 * - `half_open`: a few probes go through; they decide between `closed` and `open`.
 * - `metrics_only`: calls go through and are judged, but nothing moves (a trial run of the rules).
 * - `disabled`: calls go straight through; nothing is recorded.
 * - `forced_open`: an operator holds it open.
 */
export type BreakerState = 'closed' | 'open' | 'half_open' | 'metrics_only' | 'disabled' | 'forced_open';

/** What made the circuit move. */
export type TransitionCause =
  /** The tripper judged the calls: too bad (opens), or healthy again (closes). */
  | 'tripper'
  /** The retry's wait was over and a call came. */
  | 'retry'
  /** Somebody called `reset()`, `disable()`, `metricsOnly()` or `forceOpen()`. */
  | 'operator'
  /** A time limit of the state ran out: `maxHalfOpenMs`, or the `forMs` of a forced open. */
  | 'timeout'
  /** `restore()`: it goes on where another process stopped. */
  | 'restore';

type Edges = Readonly<Partial<Record<BreakerState, readonly TransitionCause[]>>>;

const OPERATOR = ['operator'] as const;

/** Who may go where, and why. What is not here cannot happen. */
export const EDGES: Readonly<Record<BreakerState, Edges>> = {
  closed: { open: ['tripper'], metrics_only: OPERATOR, disabled: OPERATOR, forced_open: OPERATOR },
  open: {
    half_open: ['retry'],
    closed: OPERATOR,
    metrics_only: OPERATOR,
    disabled: OPERATOR,
    forced_open: OPERATOR,
  },
  half_open: {
    open: ['tripper', 'timeout'],
    closed: ['tripper', 'operator'],
    metrics_only: OPERATOR,
    disabled: OPERATOR,
    forced_open: OPERATOR,
  },
  metrics_only: { closed: OPERATOR, disabled: OPERATOR, forced_open: OPERATOR },
  disabled: { closed: OPERATOR, metrics_only: OPERATOR, forced_open: OPERATOR },
  forced_open: {
    half_open: ['timeout'],
    closed: OPERATOR,
    metrics_only: OPERATOR,
    disabled: OPERATOR,
    // Ordered anew when `forMs` is over and no call has come yet.
    forced_open: OPERATOR,
  },
};

/** All states there are, in the order in which metrics and pictures show them. */
export const STATES = Object.keys(EDGES) as readonly BreakerState[];
