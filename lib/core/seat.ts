import type { SignalOrigin } from './model/signal.js';
import type { Policy } from './options.js';

/** A breaker's place in a group of breakers, one per key. */
export interface Seat {
  readonly origin: Readonly<Required<Pick<SignalOrigin, 'group'>> & Pick<SignalOrigin, 'key'>>;
  /** The rules of the whole group, read once. */
  readonly policy: Policy;
  /** Was it dropped? Then whoever holds it still may use it: the next touch asks for its place back. */
  readonly isLost?: boolean;
  /** A call came or ended at `nowMs`, or an operator commands. */
  touch(nowMs: number): void;
}
