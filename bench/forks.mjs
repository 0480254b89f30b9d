// A group is measured in several processes of its own, one after the other. What V8 makes of the same code differs from
// one process to the next, by 15 % and more (failures: by half), and by what ran before in it: one process would
// measure that. So does the benchmark harness of Java, and calls it forks.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { median } from './measure.mjs';

const FORKS = 9;

/** The rows of a group: medians over all its processes. */
export async function measured(name, { forks = FORKS }) {
  const runs = [];
  for (let nr = 1; nr <= forks; nr++) {
    if (process.stderr.isTTY) process.stderr.write(`\r${name}: process ${nr} of ${forks} \r`);
    runs.push(await inFork(name));
  }
  return merged(runs);
}

function inFork(name) {
  const file = fileURLToPath(new URL('fork.mjs', import.meta.url));
  const child = fork(file, [name], { execArgv: ['--expose-gc'] });
  return new Promise((resolve, reject) => {
    let rows;
    child.on('message', (message) => (rows = message));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0 && rows !== undefined) resolve(rows);
      else reject(new Error(`bench: a process of the group ${name} ended with ${code}`));
    });
  });
}

/** Samples of all processes side by side, round by round; of other figures the median. */
function merged(runs) {
  const rows = {};
  for (const [name, first] of Object.entries(runs[0])) {
    const all = runs.map((run) => run[name]);
    rows[name] = { ...first };
    for (const [key, value] of Object.entries(first)) {
      if (typeof value === 'number') rows[name][key] = median(all.map((one) => one[key]));
    }
    if (first.samples !== undefined) rows[name].samples = all.flatMap(({ samples }) => samples);
  }
  for (const row of Object.values(rows)) {
    const { samples, unit, against } = row;
    if (samples === undefined) continue;
    row[unit] = median(samples);
    const base = rows[against]?.samples;
    if (base !== undefined) row.ratio ??= median(samples.map((sample, round) => sample / base[round]));
  }
  return rows;
}
