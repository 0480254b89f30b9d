// `npm run soak`: ten million calls of one day, twice, on the built package; then ten thousand breakers that have
// to be gone, a tenth as many keys through a group of ten thousand, and a process of breakers that has to end. Needs --expose-gc. Takes CALLS and SEED from the environment.
import { execFile } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import * as library from '../../dist/index.js';
import * as testing from '../../dist/testing/index.js';

import { makeUseRemove } from './gone.mjs';
import { playKeys } from './keys.mjs';
import { playStory } from './story.mjs';

const calls = Number(process.env.CALLS ?? 10_000_000);
const seed = Number(process.env.SEED ?? 1);
const MAX_BYTES_PER_CALL = 1;
const GONE = 10_000;

const failures = [];
const row = (name, value) => console.log(`  ${name.padEnd(24)}${value}`);
const must = (isSo, failure) => {
  if (!isSo) failures.push(failure);
};

console.log(`soak, seed ${seed}`);
playTwice();
await collect();
manyKeys();
await hold();
for (const failure of failures) console.error(`FAILED: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;

function playTwice() {
  const heap = [];
  const sample = (at) => {
    globalThis.gc();
    heap.push({ at, bytes: process.memoryUsage().heapUsed });
    if (process.stdout.isTTY) process.stdout.write(`\r${String(at).padStart(10)} of ${calls} calls`);
  };
  const started = performance.now();
  const first = playStory({ ...library, ...testing }, { calls, seed, onCheckpoint: sample });
  const tookMs = performance.now() - started;
  if (process.stdout.isTTY) process.stdout.write('\r');
  const again = playStory({ ...library, ...testing }, { calls, seed });
  const slope = bytesPerCall(heap.slice(Math.floor(heap.length / 2)));
  const hours = (first.tookMs / 3_600_000).toFixed(2);
  row('calls', `${first.calls} (${first.rejected} rejected): ${hours} h in ${(tookMs / 1000).toFixed(1)} s`);
  for (const [edge, count] of Object.entries(first.moves)) row(edge, String(count));
  row('heap slope, last half', `${slope.toFixed(4)} bytes per call (at most ${MAX_BYTES_PER_CALL})`);
  row('trace', `${first.trace}, and once more for the same seed: ${again.trace}`);
  must(slope <= MAX_BYTES_PER_CALL, 'the heap grows');
  must(again.trace === first.trace, 'the same seed told two stories');
  must((first.moves['half_open → closed'] ?? 0) > 0, 'the story never recovered: it proves nothing');
}

async function collect() {
  const { refs, registry } = await makeUseRemove(library, GONE);
  await setImmediate();
  globalThis.gc();
  const alive = refs.filter((ref) => ref.deref() !== undefined).length;
  row('removed breakers', `${alive} of ${refs.length} are still in memory (at most 0)`);
  must(alive === 0 && registry.list().length === 0, 'removed breakers are not collected');
}

/** A breaker per key: a million keys through a cap of ten thousand. */
function manyKeys() {
  const keys = calls / 10;
  const max = 10_000;
  const heap = [];
  const { told, most, perKeyNs } = playKeys(
    { ...library, ...testing },
    {
      keys,
      max,
      onCheckpoint: () => {
        globalThis.gc();
        heap.push(process.memoryUsage().heapUsed);
      },
    },
  );
  const grownMiB = (heap.at(-1) - heap[1]) / 2 ** 20;
  row('keys', `${keys} through ${most} (at most ${max}), ${perKeyNs.toFixed(0)} ns each`);
  row('breakers of keys', `${told.added} came, ${told.removed} went, and each was told`);
  row(
    'heap with all keys',
    `${(heap.at(-1) / 2 ** 20).toFixed(1)} MiB, ${grownMiB.toFixed(1)} more (at most 5)`,
  );
  must(most <= max && told.added - told.removed <= max + 1, 'there are more breakers than keys.max allows');
  must(told.added > keys * 0.9, 'most keys got no breaker: it proves nothing');
  must(grownMiB <= 5, 'the heap grows with keys that are gone');
}

async function hold() {
  const holder = fileURLToPath(new URL('holder.mjs', import.meta.url));
  const started = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [holder, '../../dist/index.js'], {
    timeout: 10_000,
  }).catch((error) => ({ stdout: `{"idle":["${error.message.split('\n')[0]}"],"states":[]}` }));
  const { idle, states } = JSON.parse(stdout);
  row('idle', `${idle.length} timers and handles (at most 0) in ${['closed', ...states].join(', ')}`);
  row(
    'only holding breakers',
    `the process ended by itself in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  must(idle.length === 0 && states.length > 0, `idle breakers hold the process: ${idle.join(', ')}`);
}

/** The slope of the line of least squares. */
function bytesPerCall(samples) {
  const mean = (pick) => samples.reduce((sum, one) => sum + pick(one), 0) / samples.length;
  const at = mean((one) => one.at);
  const bytes = mean((one) => one.bytes);
  const above = samples.reduce((sum, one) => sum + (one.at - at) * (one.bytes - bytes), 0);
  return above / samples.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
}
