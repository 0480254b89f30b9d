// Sinon's fake timers in a plain Node, where they also change node:timers and the object of node:perf_hooks.
import fakeTimers from '@sinonjs/fake-timers';

import { AllowAll, Breaker, Cooldown, FailureStreak, minutes } from '../../../lib/core/index.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

const make = (): Breaker =>
  new Breaker('payments', {
    tripper: FailureStreak(1),
    retry: Cooldown(minutes(1)),
    permit: AllowAll(),
    timeoutMs: 3000,
  });
const trip = (breaker: Breaker): unknown => breaker.acquire().fail(new Error('down'));
const never = (): Promise<never> => new Promise(() => undefined);
const stateAfterCall = (breaker: Breaker): string => {
  try {
    breaker.acquire().release();
  } catch {
    // Not let in.
  }
  return breaker.state;
};

const said: Record<string, unknown> = {};
const before = make();
const beforeMs = before.clock.now();

const fakes = fakeTimers.install();
const isSteady = (): boolean => Math.abs(before.clock.now() - beforeMs) < 30_000;
said['made before: no jump when they come on'] = isSteady();
const breaker = make();
const call = breaker.execute(never).catch((error: Error) => error.constructor.name);
await fakes.tickAsync(3000);
said['made while they are on: a call times out'] = await call;
breaker.reset();
trip(breaker);
fakes.setSystemTime(0);
said['setSystemTime ends no cooldown'] = stateAfterCall(breaker);
await fakes.tickAsync(minutes(1));
said['the time of day is theirs'] = breaker.clock.wallNow();
said['advancing ends a cooldown'] = stateAfterCall(breaker);
said['made before: the real time'] = isSteady();
const manual = new ManualClock();
await manual.advanceAsync(10);
said['a manual clock is moved beside them'] = manual.now();
const lastMs = breaker.clock.now();
fakes.uninstall();
said['no jump when they go off'] = [breaker.clock.now() - lastMs, isSteady()].map(
  (one) => Number(one) >= 0 && Number(one) < 30_000,
);
await new Promise((resolve) => {
  setTimeout(resolve, 20);
});
said['and real time from then on'] = breaker.clock.now() - lastMs >= 19;

// Vitest before its third version faked no performance.
const some = fakeTimers.install({
  toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'Date'],
});
const other = make();
trip(other);
some.tick(minutes(1));
said['without performance, advancing ends a cooldown'] = stateAfterCall(other);
some.uninstall();

console.log(JSON.stringify(said));
