import type { Clock } from './base/clock.js';
import type { Deadlines } from './base/deadlines.js';
import type { RandomSource } from './base/random.js';
import type { Audience } from './notifier.js';
import type { BreakerOptions } from './options.js';
import type { Seat } from './seat.js';

/** What a breaker takes from outside: time and chance. */
export interface BreakerEnvironment {
  /** Default: `performance.now()`, `Date.now()` and `setTimeout`; a test's fake timers where they are on by now. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: RandomSource;
  /** The timers of its app. @internal */
  readonly deadlines?: Deadlines;
  /** The listeners that all breakers of a registry share. @internal */
  readonly audience?: Audience;
  /** What stands in for options that are not given. @internal */
  readonly defaults?: BreakerOptions;
  /** Its place in a group, one breaker per key; its name and policy are good then. @internal */
  readonly seat?: Seat;
}

/** How an operator holds a circuit open. */
export interface ForceOpenOptions {
  /** Why: it stands in errors, signals and snapshots. */
  readonly reason?: string;
  /** For how many ms; then the next call is a probe. Default: until another command. */
  readonly forMs?: number;
}
