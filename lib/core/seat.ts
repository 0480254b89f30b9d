import type { SignalOrigin } from './model/signal.js';
import type { Policy } from './options.js';

/** A breaker's place in a group of breakers, one per key. */
export interface Seat {
  readonly origin: Readonly<Required<Pick<SignalOrigin, 'group'>> & Pick<SignalOrigin, 'key'>>;
  /** The rules of the whole group, read once. */
  readonly policy: Policy;
  /** A call came or ended at `nowMs`, or an operator commands. */
  touch(nowMs: number): void;
}
