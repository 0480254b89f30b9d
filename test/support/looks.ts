import { ManualClock } from '../../lib/testing/manual-clock.js';

/** A manual clock, the same for a breaker whose looks at it are counted, and the count of those that a run takes. */
export function aCountedClock() {
  const clock = new ManualClock();
  let looks = 0;
  const counting = {
    now: () => (looks++, clock.now()),
    wallNow: () => clock.wallNow(),
    setTimer: clock.setTimer.bind(clock),
  };
  const looksOf = async (run: () => unknown): Promise<number> => {
    const before = looks;
    await run();
    return looks - before;
  };
  return { clock, counting, looksOf };
}
