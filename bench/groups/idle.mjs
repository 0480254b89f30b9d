import { atMost } from '../checks.mjs';
import { median } from '../measure.mjs';
import { BreakerRegistry } from '../package-under-test.mjs';

const COUNT = 10_000;
const NAME = 'idle breaker';
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

async function measure() {
  const sizes = [];
  const kept = [];
  let spentMs = 0;
  const before = timers();
  let timersMade = 0;
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    const empty = process.memoryUsage().heapUsed;
    const registry = new BreakerRegistry();
    kept.push(registry);
    for (let k = 0; k < COUNT; k++) registry.create(`breaker ${k}`);
    globalThis.gc();
    sizes.push((process.memoryUsage().heapUsed - empty) / COUNT);
    timersMade = timers() - before;
    if (i === 0) spentMs = await cpuOfASecond();
  }
  if (kept.some((one) => one.names().length !== COUNT)) throw new Error('a breaker is missing');
  return { [NAME]: { name: NAME, bytes: median(sizes), timersMade, spentMs } };
}

/** Breakers that nobody calls: what they hold, and what they do. */
export const idle = {
  forks: 3,
  title: `An idle breaker (${COUNT} of them)`,
  measure,
  checks: ({ [NAME]: { bytes, timersMade, spentMs } }) => [
    atMost(2048, 'heap of an idle breaker', bytes, 'B'),
    atMost(0, 'timers of all of them', timersMade, ''),
    atMost(20, 'CPU in one second of idling', spentMs, 'ms'),
  ],
};

async function cpuOfASecond() {
  const since = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
