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

/**
 * The real clock: `process.hrtime()`, `Date.now()` and unref'd timers.
 *
 * `performance.now()` is the same clock, but it takes 60 ns and leaves 16 bytes where this takes 35 ns and none.
 */
export const systemClock: Clock = {
  now() {
    const time = process.hrtime();
    return time[0] * 1e3 + time[1] / 1e6;
  },
  wallNow: () => Date.now(),
  setTimer(run, delayMs) {
    const timer = setTimeout(run, Math.min(delayMs, MAX_TIMER_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
