import type { Clock, Timer } from './base/clock.js';
import type { Deadlines } from './base/deadlines.js';

/** A call that is under way. */
export abstract class PendingCall {
  older: PendingCall | undefined;
  newer: PendingCall | undefined;

  constructor(readonly startedMs: number) {}

  /** It took longer than the limit. */
  abstract timeOut(): void;
}

/**
 * The calls that are under way in one state of the circuit, oldest first. All have the same time limit, if any: one
 * timer, for the oldest, serves them all.
 */
export class PendingCalls {
  oldest: PendingCall | undefined;
  private newest: PendingCall | undefined;
  private timer: Timer | undefined;
  /** The call that the timer is for. Its time is up when the timer says so, whatever the clock says. */
  private timed: PendingCall | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly deadlines: Deadlines,
    readonly limitMs: number | undefined,
  ) {}

  add(call: PendingCall): void {
    const { newest } = this;
    this.newest = call;
    if (newest !== undefined) {
      newest.newer = call;
      call.older = newest;
      return;
    }
    this.oldest = call;
    if (this.limitMs !== undefined && this.timer?.wake?.() !== true) this.setTimer(call, this.limitMs);
  }

  remove(call: PendingCall): void {
    const { older, newer } = call;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.newest = older;
    else newer.older = older;
    if (call === this.timed) this.timed = undefined;
    if (this.oldest === undefined && this.timer !== undefined && this.timer.rest?.() !== true) this.stop();
  }

  private setTimer(call: PendingCall, delayMs: number): void {
    this.timer?.cancel();
    this.timed = call;
    this.timer = this.deadlines.set(this.clock, () => this.ring(), delayMs);
  }

  private stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private ring(): void {
    const { clock, timed } = this;
    const limitMs = this.limitMs!;
    this.timer = undefined;
    const nowMs = clock.now();
    timed?.timeOut();
    // Each takes itself out; what its end causes may take others out, and add some.
    while (this.oldest !== undefined && nowMs - this.oldest.startedMs >= limitMs) this.oldest.timeOut();
    if (this.oldest === undefined || this.timer !== undefined) return;
    const leftMs = this.oldest.startedMs + limitMs - nowMs;
    // A clock gone astray gives NaN.
    this.setTimer(this.oldest, leftMs > 0 ? leftMs : limitMs);
  }
}
