import type { Breaker } from '../breaker.js';
import type { Policy } from '../options.js';
import type { Seat } from '../seat.js';
import type { Link } from './recency.js';

/** The group, as the breaker of one key sees it. */
export interface Holder {
  readonly name: string;
  // Internal here too: the published type of the group does not have them.
  /** @internal */
  readonly policy: Policy;
  /** A breaker of it is in use. @internal */
  used(entry: Entry, nowMs: number): void;
}

/** The breaker of one key, and its place in the group. */
export class Entry implements Seat, Link {
  /** Filled right after: the breaker is made from it. */
  breaker!: Breaker;
  /** In which place of the order of creation it is; 0: it was dropped. */
  place = 0;
  /** When it was looked at last, was it open or half-open? */
  isInTrouble = false;
  /** It could have gone since its last call, and was left there for others to go first. */
  wasSpared = false;
  /**
   * When a call of it came or ended last. Here and in the chain whole ms,
   * rounded up: up to 24 days they are in the object itself, while V8 puts each fraction elsewhere in memory, where
   * it is in no cache any more.
   */
  usedAtMs: number;
  listedAtMs: number;
  readonly origin: Seat['origin'] & { readonly key: string };
  policy: Policy;
  older: Link | undefined = undefined;
  newer: Link | undefined = undefined;

  constructor(
    private readonly holder: Holder,
    key: string,
    nowMs: number,
  ) {
    this.origin = { group: holder.name, key };
    this.policy = holder.policy;
    this.usedAtMs = Math.ceil(nowMs);
    this.listedAtMs = this.usedAtMs;
  }

  get isLost(): boolean {
    return this.place === 0;
  }

  touch(nowMs: number): void {
    this.usedAtMs = Math.ceil(nowMs);
    this.wasSpared = false;
    this.holder.used(this, nowMs);
  }
}

/** The seat of what a group has besides the keys: it is never dropped. */
export function standingSeat(group: string, policy: Policy): Seat {
  return { origin: { group }, policy, touch: () => undefined };
}
