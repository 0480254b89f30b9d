// Imported: the global is a getter, which takes a third as long as the clock itself.
import { performance } from 'node:perf_hooks';

/** A timer that was set and can be called off. */
export interface Timer {
  cancel(): void;
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
  /** Calls `run` once, `delayMs` from now. Must not keep the process alive. */
  setTimer(run: () => void, delayMs: number): Timer;
}

/** The longest delay `setTimeout` takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The real clock: `performance.now()`, `Date.now()` and unref'd timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer(run, delayMs) {
    const timer = setTimeout(run, Math.min(delayMs, MAX_TIMER_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
