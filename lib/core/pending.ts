import type { Clock, Timer } from './base/clock.js';
import type { Deadlines } from './base/deadlines.js';

/** A call that is under way, as one link of a list. */
export class Pending {
  older: Pending | undefined;
  newer: Pending | undefined;
  isListed = false;

  /** @param sinceMs on the clock of intervals */
  constructor(public sinceMs: number) {}
}

/** The calls that are under way in one state of the circuit, oldest first. */
export class PendingCalls<Call extends Pending = Pending> {
  oldest: Call | undefined;
  private newest: Call | undefined;

  add(call: Call): void {
    // Nearly always it is the newest. What a call gave may go on as the call: that began earlier.
    let older: Pending | undefined = this.newest;
    while (older !== undefined && older.sinceMs > call.sinceMs) older = older.older;
    const newer = older === undefined ? this.oldest : older.newer;
    call.isListed = true;
    call.older = older;
    call.newer = newer;
    if (older === undefined) this.oldest = call;
    else older.newer = call;
    if (newer === undefined) this.newest = call;
    else newer.older = call;
  }

  remove(call: Call): void {
    if (!call.isListed) return;
    const { older, newer } = call;
    call.isListed = false;
    if (older === undefined) this.oldest = newer as Call | undefined;
    else older.newer = newer;
    if (newer === undefined) this.newest = older as Call | undefined;
    else newer.older = older;
  }

  /** How many have been under way for longer than that? */
  countLongerThan(ms: number, nowMs: number): number {
    let count = 0;
    for (let one: Pending | undefined = this.oldest; one !== undefined; one = one.newer) {
      if (!(nowMs - one.sinceMs > ms)) break;
      count++;
    }
    return count;
  }
}

/** A call that ends when its time is up. */
export abstract class TimedCall extends Pending {
  /** It took longer than the limit, and takes itself out of the list. */
  abstract timeOut(): void;
}

/** Calls that all have the same time limit: one timer, for the oldest, serves them all. */
export class TimedCalls extends PendingCalls<TimedCall> {
  private timer: Timer | undefined;
  /** The call that the timer is for. Its time is up when the timer says so, whatever the clock says. */
  private timed: TimedCall | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly deadlines: Deadlines,
    readonly limitMs: number,
  ) {
    super();
  }

  override add(call: TimedCall): void {
    const isFirst = this.oldest === undefined;
    super.add(call);
    if (isFirst && this.timer?.wake?.() !== true) this.setTimer(call, this.limitMs);
  }

  override remove(call: TimedCall): void {
    super.remove(call);
    if (call === this.timed) this.timed = undefined;
    if (this.oldest === undefined && this.timer !== undefined && this.timer.rest?.() !== true) this.stop();
  }

  private setTimer(call: TimedCall, delayMs: number): void {
    this.timer?.cancel();
    this.timed = call;
    this.timer = this.deadlines.set(this.clock, () => this.ring(), delayMs);
  }

  private stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private ring(): void {
    const { clock, timed, limitMs } = this;
    this.timer = undefined;
    const nowMs = clock.now();
    timed?.timeOut();
    // What the end of one causes may take others out, and add some.
    while (this.oldest !== undefined && nowMs - this.oldest.sinceMs >= limitMs) this.oldest.timeOut();
    if (this.oldest === undefined || this.timer !== undefined) return;
    const leftMs = this.oldest.sinceMs + limitMs - nowMs;
    // A clock gone astray gives NaN.
    this.setTimer(this.oldest, leftMs > 0 ? leftMs : limitMs);
  }
}
