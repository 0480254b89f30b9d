// A group is measured in several processes of its own. What V8 makes of the same code differs from one process to the
// next, by 15 % and more (failures: by half), and by what ran before in it: one process would measure that. So does the
// benchmark harness of Java, and calls it forks. The groups take turns: neighbours who fill the caches of a shared
// machine for a minute (a thousand keys in turn then take 1.4 times as long as a thousand breakers, not 1.27) meet one
// process of each, not all of one.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { median } from './measure.mjs';

const FORKS = 9;

/** Yields the name and the rows of each of these groups, medians over all its processes, as soon as it is measured. */
export async function* measured(groups) {
  const turns = Array.from({ length: FORKS }, (_, nr) =>
    Object.entries(groups).filter(([, { forks = FORKS }]) => nr < forks),
  ).flat();
  const runsOf = Object.fromEntries(Object.keys(groups).map((name) => [name, []]));
  for (const [nr, [name, { forks = FORKS }]] of turns.entries()) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Kprocess ${nr + 1} of ${turns.length}: ${name}\r`);
    const runs = runsOf[name];
    runs.push(await inFork(name));
    if (runs.length === forks) yield [name, merged(runs)];
  }
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
