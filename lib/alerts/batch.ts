import { randomUUID } from 'node:crypto';

import type { BreakerState } from '../core/index.js';
import type { Alert, FloodAlert, Outage, TransitionAlert } from './alert.js';

/** How many breakers of a flood are named. */
const MAX_NAMED = 20;

/**
 * What becomes one message: one transition, or many folded into one.
 *
 * Its memory is bounded, however many are folded in.
 */
export class Batch {
  /** How many transitions it holds. */
  count = 0;
  /** The outage that all of it belongs to; `null` when there is none, or more than one. */
  outage: Outage | null;
  /** Does an outage end in it? */
  endsOutage = false;
  private first: TransitionAlert;
  private lastAt: number;
  private readonly moves = new Map<string, { count: number; state: BreakerState }>();
  private otherCount = 0;
  private flood: FloodAlert | undefined;

  /**
   * @param dueMs when it may be posted, on the interval clock.
   * @param isOpen may more be folded in while it waits?
   */
  constructor(
    alert: TransitionAlert,
    outage: Outage | null,
    readonly dueMs: number,
    readonly isOpen: boolean,
  ) {
    this.first = alert;
    this.lastAt = alert.at;
    this.outage = outage;
    this.add(alert, outage);
  }

  /** Folds one more in. */
  add(alert: TransitionAlert, outage: Outage | null): void {
    this.note(alert.breaker, 1, alert.to);
    this.join(outage, alert.outage?.isOver === true, alert.at);
  }

  /** Folds in all of another one, which came later. */
  absorb(other: Batch): void {
    for (const [breaker, { count, state }] of other.moves) this.note(breaker, count, state);
    this.count += other.otherCount;
    this.otherCount += other.otherCount;
    this.join(other.outage, other.endsOutage, other.lastAt);
  }

  /** What is posted now: the same object until more is folded in. */
  toAlert(): Alert {
    if (this.count === 1) return this.first;
    const { first, count, otherCount } = this;
    this.flood ??= Object.freeze({
      kind: 'flood',
      id: randomUUID(),
      at: this.lastAt,
      app: first.app,
      host: first.host,
      count,
      firstAt: first.at,
      breakers: Object.freeze([...this.moves].map(([breaker, move]) => Object.freeze({ breaker, ...move }))),
      otherCount,
    });
    return this.flood;
  }

  private join(outage: Outage | null, endsOutage: boolean, at: number): void {
    if (this.outage !== outage) this.outage = null;
    this.endsOutage ||= endsOutage;
    this.lastAt = at;
    this.flood = undefined;
  }

  private note(breaker: string, count: number, state: BreakerState): void {
    this.count += count;
    const known = this.moves.get(breaker);
    if (known !== undefined) {
      known.count += count;
      known.state = state;
    } else if (this.moves.size < MAX_NAMED) this.moves.set(breaker, { count, state });
    else this.otherCount += count;
  }
}
