// `npm run soak`: ten million calls of one day, on the built package; the heap must not grow with them.
// Needs --expose-gc. Takes CALLS and SEED from the environment.
import * as library from '../../dist/index.js';
import * as testing from '../../dist/testing/index.js';

import { playStory } from './story.mjs';

const calls = Number(process.env.CALLS ?? 10_000_000);
const seed = Number(process.env.SEED ?? 1);
const MAX_BYTES_PER_CALL = 1;

const heap = [];
const sample = (at) => {
  globalThis.gc();
  heap.push({ at, bytes: process.memoryUsage().heapUsed });
  if (process.stdout.isTTY) process.stdout.write(`\r${String(at).padStart(10)} of ${calls} calls`);
};
const started = performance.now();
const first = playStory({ ...library, ...testing }, { calls, seed, onCheckpoint: sample });
const tookMs = performance.now() - started;
const again = playStory({ ...library, ...testing }, { calls: calls / 10, seed });
const third = playStory({ ...library, ...testing }, { calls: calls / 10, seed });

const slope = bytesPerCall(heap.slice(Math.floor(heap.length / 2)));
const rows = [
  ['calls', `${first.calls} (${first.rejected} rejected), a day in ${(tookMs / 1000).toFixed(1)} s`],
  ...Object.entries(first.moves).map(([edge, count]) => [edge, String(count)]),
  ['heap slope, last half', `${slope.toFixed(4)} bytes per call (at most ${MAX_BYTES_PER_CALL})`],
  ['trace', `${first.trace}; same seed twice over a tenth: ${again.trace} and ${third.trace}`],
];
console.log(`${process.stdout.isTTY ? '\r' : ''}soak, seed ${seed}`);
for (const [name, value] of rows) console.log(`  ${name.padEnd(24)}${value}`);
const failures = [
  slope > MAX_BYTES_PER_CALL ? 'the heap grows' : undefined,
  again.trace !== third.trace ? 'the same seed told two stories' : undefined,
  (first.moves['half_open → closed'] ?? 0) === 0 ? 'the story never recovered: it proves nothing' : undefined,
].filter((failure) => failure !== undefined);
for (const failure of failures) console.error(`FAILED: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** The slope of the line of least squares. */
function bytesPerCall(samples) {
  const mean = (pick) => samples.reduce((sum, one) => sum + pick(one), 0) / samples.length;
  const at = mean((one) => one.at);
  const bytes = mean((one) => one.bytes);
  const above = samples.reduce((sum, one) => sum + (one.at - at) * (one.bytes - bytes), 0);
  return above / samples.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
}
