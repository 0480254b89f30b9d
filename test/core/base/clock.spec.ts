import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { systemClock } from '../../../lib/core/base/clock.js';
import { settled } from '../../support/async.js';

afterEach(() => {
  jest.useRealTimers();
});

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

describe('the system clock', () => {
  it('never runs backwards, and shows the time of day', async () => {
    const before = systemClock.now();
    await sleep(5);
    expect(systemClock.now()).toBeGreaterThan(before);
    expect(Math.abs(systemClock.wallNow() - Date.now())).toBeLessThan(1000);
  });

  it('has timers that hold the process until they are called off or let go', async () => {
    const before = timers();
    let fired = 0;
    const [off, held, free] = [1, 2, 3].map(() => systemClock.setTimer(() => fired++, 5));
    expect(timers()).toBe(before + 3);
    off!.cancel();
    free!.unref!();
    expect(timers()).toBe(before + 1);
    await sleep(20);
    expect(fired).toBe(2);
    held!.cancel(); // Too late, and no matter.
  });

  it('calls no timer that is called off while it gives I/O its turn', async () => {
    let fired = 0;
    const timer = systemClock.setTimer(() => fired++, 1);
    const turn = new Promise<void>((resolve) => {
      setTimeout(() => {
        timer.cancel(); // It is due: both fire in one phase.
        resolve();
      }, 1);
      for (const endMs = systemClock.now() + 5; systemClock.now() < endMs;);
    });
    await turn;
    await settled();
    await sleep(5);
    expect(fired).toBe(0);
  });

  it('waits longer than setTimeout can, as long as it was told', async () => {
    jest.useFakeTimers();
    const longestMs = 2 ** 31 - 1;
    let fired = 0;
    systemClock.setTimer(() => fired++, 2.5 * longestMs);
    jest.advanceTimersByTime(longestMs);
    jest.advanceTimersByTime(longestMs);
    jest.advanceTimersByTime(Math.floor(longestMs / 2) - 1);
    expect(fired).toBe(0);
    jest.advanceTimersByTime(2);
    expect(fired).toBe(1);
  });

  it('lets go of all the timers of a long wait, and calls them off', () => {
    jest.useFakeTimers();
    const longestMs = 2 ** 31 - 1;
    const [free, off] = [1, 2].map(() => systemClock.setTimer(() => undefined, 2 * longestMs));
    const unrefs: unknown[] = [];
    const set = globalThis.setTimeout;
    free!.unref!();
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(((...args: Parameters<typeof set>) => {
      const timer = set(...args);
      const unref = timer.unref.bind(timer);
      timer.unref = () => (unrefs.push(timer), unref());
      return timer;
    }) as typeof set);
    jest.advanceTimersByTime(longestMs);
    expect(unrefs).toHaveLength(1);
    off!.cancel();
    expect(jest.getTimerCount()).toBe(1);
    jest.restoreAllMocks();
  });

  it('does not fire at once for ever', async () => {
    let fired = 0;
    const timer = systemClock.setTimer(() => fired++, Infinity);
    await sleep(5);
    timer.cancel();
    expect(fired).toBe(0);
  });

  it('calls a real timer off though fake ones are on by then, and fires beside them', async () => {
    let fired = 0;
    const off = systemClock.setTimer(() => fired++, 10);
    systemClock.setTimer(() => fired++, 10);
    const real = sleep(30);
    jest.useFakeTimers();
    off.cancel();
    await real;
    expect(fired).toBe(1);
  });
});
