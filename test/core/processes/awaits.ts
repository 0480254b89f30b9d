// A script that only awaits something of a breaker: nothing else keeps it alive.
import { Subject } from 'rxjs';

import { AllowAll, Breaker, Cooldown, FailureStreak, Never } from '../../../lib/core/index.js';

const never = (): Promise<never> => new Promise(() => undefined);
const down = (): Promise<never> => Promise.reject(new Error('down'));
const textOf = (error: unknown): string => (error as Error).constructor.name;
const nap = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 2);
  });

const timed = new Breaker('timed', { timeoutMs: 300 });
const options = { tripper: FailureStreak(1), permit: AllowAll(), maxHalfOpenCalls: 1 };
const open = async (retry = Cooldown(300)): Promise<Breaker> => {
  const breaker = new Breaker('open', { ...options, retry, probeLeaseMs: 300 });
  await breaker.execute(down).catch(() => undefined);
  return breaker;
};
const nothing = { [Symbol.asyncIterator]: () => ({ next: never }) } as AsyncIterable<never>;

const stories: Record<string, () => Promise<unknown>> = {
  call: () => timed.execute(never).catch(textOf),
  stream: () =>
    new Promise((resolve) => {
      timed.observe(new Subject()).subscribe({ error: (error: unknown) => resolve(textOf(error)) });
    }),
  iteration: () =>
    timed
      .iterate(() => nothing)
      .next()
      .catch(textOf),
  wait: async () => {
    const breaker = await open();
    await breaker.whenAvailable();
    return breaker.execute(() => 'up');
  },
  'wait for a lease': async () => {
    const breaker = await open(Cooldown(1));
    await nap();
    breaker.acquire(); // The only place, and nobody settles it.
    await breaker.whenAvailable();
    return breaker.state;
  },
  'wait for ever': async () => (await open(Never())).whenAvailable(),
  'no timeout': () => new Breaker('plain').execute(never),
  idle: async () => [timed.state, (await open()).state].join(' '),
};

console.log('begins');
console.log(await stories[process.argv[2]!]!());
