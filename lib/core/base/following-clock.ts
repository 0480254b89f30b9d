import { systemClock, type Clock, type Timer } from './clock.js';
import { fakeClock, readFake, type FakeClock } from './fake-timers.js';

/**
 * Goes with the fake timers of a test while they are on, and with the real time while they are off. It never runs
 * backwards, and going from one to the other moves it by nothing.
 */
export class FollowingClock implements Clock {
  private nowMs = 0;
  private source: FakeClock | undefined;
  /** What the source said last. */
  private readMs: number;

  constructor() {
    this.source = fakeClock();
    this.readMs = read(this.source);
  }

  now(): number {
    const source = fakeClock();
    if (source !== this.source) {
      // What the fakes did until they were turned off counts. How long the real time was followed nobody knows.
      if (this.source !== undefined) this.follow(this.source);
      this.source = source;
      this.readMs = read(source);
    }
    this.follow(source);
    return this.nowMs;
  }

  wallNow(): number {
    return systemClock.wallNow();
  }

  setTimer(run: () => void, delayMs: number): Timer {
    return systemClock.setTimer(run, delayMs);
  }

  private follow(source: FakeClock | undefined): void {
    const readMs = read(source);
    // Fakes that are cleared begin at 0 again.
    this.nowMs += Math.max(0, readMs - this.readMs);
    this.readMs = readMs;
  }
}

const read = (source: FakeClock | undefined): number =>
  source === undefined ? systemClock.now() : readFake(source);

/** The clock of whoever is given none: the real one, unless fake timers are on as it is made. */
export function defaultClock(): Clock {
  return fakeClock() === undefined ? systemClock : new FollowingClock();
}
