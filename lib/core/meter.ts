import type { Outcome, Settlement } from './model/outcome.js';

/** How a call ended, as it is measured. */
export type MeasuredOutcome = Outcome | 'cancelled';

/**
 * Who wants to know how long each call took, and nothing else?
 *
 * For adapters: a signal is put together, frozen and queued, and has the date; this is two words. It must not
 * throw, and must not call the breaker.
 */
export interface Meter {
  measure(outcome: MeasuredOutcome, durationMs: number): void;
}

/** The meters of one breaker. */
export class Meters {
  /** Replaced, never changed. */
  private all: readonly Meter[] = [];
  /** Asked when a lane is opened, and at the end of calls that are timed or fail. */
  isEmpty = true;

  /** @returns takes the meter away again. */
  add(meter: Meter): () => void {
    this.set([...this.all, meter]);
    return () => this.set(this.all.filter((other) => other !== meter));
  }

  /** @param fromMs `undefined` for a call that began when nobody timed it: it is not measured. */
  measure({ outcome, isCancelled }: Settlement, fromMs: number | undefined, toMs: number): void {
    if (fromMs === undefined) return;
    const { all } = this;
    const ending = isCancelled === true ? 'cancelled' : outcome;
    for (let i = 0; i < all.length; i++) all[i]!.measure(ending, toMs - fromMs);
  }

  private set(all: readonly Meter[]): void {
    this.all = all;
    this.isEmpty = all.length === 0;
  }
}
