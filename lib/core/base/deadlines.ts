import type { Clock, Timer } from './clock.js';

/**
 * The timers of one app that somebody waits for: they end calls, and waits for a circuit. They keep the process alive
 * until they are released.
 */
export class Deadlines {
  private readonly running = new Set<Deadline>();
  private isReleased = false;

  /** Calls `run` once, `delayMs` from now by that clock. */
  set(clock: Clock, run: () => void, delayMs: number): Timer {
    const { running } = this;
    const deadline = new Deadline(running);
    running.add(deadline);
    const timer = clock.setTimer(() => {
      running.delete(deadline);
      run();
    }, delayMs);
    deadline.timer = timer;
    if (this.isReleased) timer.unref?.();
    return deadline;
  }

  /** The app closes: those that run, and those to come, keep no process alive. All of them still fire. */
  release(): void {
    this.isReleased = true;
    for (const { timer } of this.running) timer.unref?.();
  }
}

class Deadline implements Timer {
  timer!: Timer;

  constructor(private readonly running: Set<Deadline>) {}

  cancel(): void {
    this.running.delete(this);
    this.timer.cancel();
  }
}

/** Those of breakers that belong to no app: nobody closes it. */
export const standingDeadlines = new Deadlines();
