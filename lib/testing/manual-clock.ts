// Not the global one: fake timers may stand in for it.
import { setImmediate } from 'node:timers';

import type { Clock, Timer } from '../core/index.js';

/**
 * A clock that stands still until you move it: tests of waits without waiting.
 *
 * `advance(ms)` moves time and runs the timers that come due, in order, each at its own instant.
 * `advanceAsync(ms)` also lets promises settle in between.
 *
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Breaker, Cooldown, FailureStreak, seconds } from 'nestjs-fluxgate';
 * import { ManualClock } from 'nestjs-fluxgate/testing';
 *
 * const clock = new ManualClock();
 * const breaker = new Breaker('b', { tripper: FailureStreak(1), retry: Cooldown(seconds(5)) }, { clock });
 * await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => 0);
 * clock.advance(seconds(5));
 * assert.equal(await breaker.execute(() => 'up'), 'up');
 * ```
 */
export class ManualClock implements Clock {
  private readonly timers = new Set<{ readonly dueMs: number; readonly run: () => void }>();
  private nowMs: number;
  private wallOffsetMs: number;

  /** @param startAt the wall time at the beginning, epoch ms. */
  constructor(startAt = Date.UTC(2026, 0, 1)) {
    this.nowMs = 1000; // not 0: nothing may depend on where the clock starts
    this.wallOffsetMs = startAt - this.nowMs;
  }

  now(): number {
    return this.nowMs;
  }

  wallNow(): number {
    return this.nowMs + this.wallOffsetMs;
  }

  setTimer(run: () => void, delayMs: number): Timer {
    const timer = { dueMs: this.nowMs + Math.max(0, delayMs), run };
    this.timers.add(timer);
    return { cancel: () => this.timers.delete(timer) };
  }

  /** How many timers are set; 0 when nobody waits. */
  get timerCount(): number {
    return this.timers.size;
  }

  /** Moves time on by `ms` and runs what comes due. */
  advance(ms: number): void {
    const endMs = this.target(ms);
    for (let next = this.nextDue(endMs); next !== undefined; next = this.nextDue(endMs)) {
      this.fire(next);
    }
    this.nowMs = endMs;
  }

  /** The same, and lets promises settle after each timer. */
  async advanceAsync(ms: number): Promise<void> {
    const endMs = this.target(ms);
    await settle();
    for (let next = this.nextDue(endMs); next !== undefined; next = this.nextDue(endMs)) {
      this.fire(next);
      await settle();
    }
    this.nowMs = endMs;
    await settle();
  }

  /** Steps the wall clock, as NTP or an operator would; intervals do not notice. */
  stepWallClock(ms: number): void {
    this.wallOffsetMs += ms;
  }

  private target(ms: number): number {
    if (!(ms >= 0)) throw new RangeError(`advance: ms must be a number ≥ 0, got ${ms}.`);
    return this.nowMs + ms;
  }

  private nextDue(endMs: number): { readonly dueMs: number; readonly run: () => void } | undefined {
    let next: { readonly dueMs: number; readonly run: () => void } | undefined;
    for (const timer of this.timers) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }

  private fire(timer: { readonly dueMs: number; readonly run: () => void }): void {
    this.timers.delete(timer);
    this.nowMs = Math.max(this.nowMs, timer.dueMs);
    timer.run();
  }
}

/** Lets all promises that can settle do so. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
