// Imported: the global is a getter, which takes a third as long as the clock itself.
import { performance } from 'node:perf_hooks';

import { fakeClockOf } from './fake-timers.js';

/** A timer that was set and can be called off. */
export interface Timer {
  cancel(): void;
  /** From now on it keeps no process alive; it still fires. A clock whose timers never do may leave it out. */
  unref?(): void;
  /**
   * Nobody waits for what it ends, for now: it keeps no process alive until `wake()`. Many short waits can share one
   * timer so. @returns false where it cannot: then it is cancelled.
   */
  rest?(): boolean;
  /** Somebody waits again. @returns false where another timer has to be set instead. */
  wake?(): boolean;
}

/**
 * Where the breaker reads the time.
 *
 * Every interval is measured on `now()`; `wallNow()` is only ever shown to people, so a stepped or
 * skewed system clock moves no deadline. Replace it in tests by the manual clock of
 * `nestjs-fluxgate/testing`.
 */
export interface Clock {
  /** Milliseconds of a clock that never runs backwards; its zero means nothing. */
  now(): number;
  /** Epoch milliseconds, for display. */
  wallNow(): number;
  /**
   * Calls `run` once, `delayMs` from now, however long that is; never before it has returned.
   *
   * Its timer may keep the process alive: one is set only while somebody awaits what it ends. Where it has `unref()`,
   * that is called when the app closes.
   */
  setTimer(run: () => void, delayMs: number): Timer;
}

/** The longest delay `setTimeout` takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A real timer, or one of the fake timers that are on when it is set. */
class SystemTimer implements Timer {
  private isHeld = true;
  private handle!: NodeJS.Timeout;
  /** Clears the handle: that of the fake timers, where these set it, though they may be off by then. */
  private clear!: (handle: NodeJS.Timeout) => void;
  private isFake!: boolean;
  private turn: (() => void) | undefined;

  constructor(
    private readonly run: () => void,
    private leftMs: number,
  ) {
    this.wait();
  }

  cancel(): void {
    // In this order: Node puts away the list of all timers of this delay with the last that holds the process.
    this.handle.unref();
    this.clear(this.handle);
    this.turn?.();
  }

  unref(): void {
    this.isHeld = false;
    this.handle.unref();
  }

  /** Fake timers count those that are left: there none rests. */
  rest(): boolean {
    // One that is set in several parts would hold the process again with the next.
    if (!this.isOfNow || this.leftMs > 0) return false;
    this.handle.unref();
    return true;
  }

  wake(): boolean {
    if (!this.isOfNow) return false;
    if (this.isHeld) this.handle.ref();
    return true;
  }

  /** Is it a real one, and are real ones set now? */
  private get isOfNow(): boolean {
    return !this.isFake && fakeClockOf(globalThis.setTimeout) === undefined;
  }

  /** A delay longer than `setTimeout` takes is waited for in several. */
  private wait(): void {
    const { setTimeout, clearTimeout } = globalThis;
    const delayMs = Math.min(this.leftMs, MAX_TIMER_MS);
    this.leftMs -= delayMs;
    const handle = setTimeout(() => (this.leftMs > 0 ? this.wait() : this.giveTurn()), delayMs);
    if (!this.isHeld) handle.unref();
    this.handle = handle;
    this.clear = clearTimeout;
    this.isFake = fakeClockOf(setTimeout) !== undefined;
  }

  /**
   * After a blocked loop timers come before the answers that arrived meanwhile. One turn for these, and an answer that
   * is there is no time-out. Fake timers block nothing, and are exact.
   */
  private giveTurn(): void {
    const { setTimeout, setImmediate, clearImmediate } = globalThis;
    if ((fakeClockOf(setTimeout) ?? fakeClockOf(setImmediate)) !== undefined) return this.run();
    const turn = setImmediate(this.run);
    this.turn = () => clearImmediate(turn);
  }
}

// That of the prototype: fake timers may put their own on the object.
const { now } = Object.getPrototypeOf(performance) as typeof performance;

/** The real clock: `performance.now()`, `Date.now()` and timers that hold the process. */
export const systemClock: Clock = {
  now: now.bind(performance),
  wallNow: () => Date.now(),
  setTimer: (run, delayMs) => new SystemTimer(run, delayMs),
};
