import type { Clock, Timer } from './clock.js';

/**
 * The timers of one app that somebody waits for: they end calls, and waits for a circuit. They keep the process alive
 * until they are released.
 */
export class Deadlines {
  private isReleased = false;
  /** Those that run, as a chain: each call with a time-out joins and leaves it, and a set takes four times as long. */
  newest: Deadline | undefined;

  /** Calls `run` once, `delayMs` from now by that clock. */
  set(clock: Clock, run: () => void, delayMs: number): Timer {
    const deadline = new Deadline(this);
    const timer = clock.setTimer(() => {
      deadline.leave();
      run();
    }, delayMs);
    deadline.timer = timer;
    if (this.isReleased) timer.unref?.();
    return deadline;
  }

  /** The app closes: those that run, and those to come, keep no process alive. All of them still fire. */
  release(): void {
    this.isReleased = true;
    for (let one = this.newest; one !== undefined; one = one.older) one.timer.unref?.();
  }
}

class Deadline implements Timer {
  timer!: Timer;
  older: Deadline | undefined;
  private newer: Deadline | undefined;
  private isOver = false;

  constructor(private readonly all: Deadlines) {
    const { newest } = all;
    this.older = newest;
    if (newest !== undefined) newest.newer = this;
    all.newest = this;
  }

  cancel(): void {
    this.leave();
    this.timer.cancel();
  }

  rest(): boolean {
    return this.timer.rest?.() === true;
  }

  wake(): boolean {
    return this.timer.wake?.() === true;
  }

  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    const { older, newer, all } = this;
    if (newer === undefined) all.newest = older;
    else newer.older = older;
    if (older !== undefined) older.newer = newer;
  }
}

/** Those of breakers that belong to no app: nobody closes it. */
export const standingDeadlines = new Deadlines();
