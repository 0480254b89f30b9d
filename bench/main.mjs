// `npm run bench`: what a call costs, beside the peers. `-- --check` fails when a target is missed,
// `-- --only closed,fastify` measures a part, and writes nothing.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import * as prettier from 'prettier';

import { bars } from './bars.mjs';
import { measured } from './forks.mjs';
import { GROUPS } from './groups/index.mjs';
import { asText, asMarkdown } from './table.mjs';

const { values } = parseArgs({ options: { check: { type: 'boolean' }, only: { type: 'string' } } });
const wanted = values.only?.split(',') ?? Object.keys(GROUPS);
const unknown = wanted.filter((name) => !(name in GROUPS));
if (unknown.length > 0) {
  console.error(
    `bench: no group is called ${unknown.join(', ')}. There are: ${Object.keys(GROUPS).join(', ')}.`,
  );
  process.exit(2);
}
const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0].model.trim()}`;
console.log(
  `\nMedians of interleaved rounds in several processes on ${machine}; ratios count, absolute times are noise.\n`,
);
const groups = Object.fromEntries(wanted.map((name) => [name, GROUPS[name]]));
// In the order in which they were wanted, whichever is done first.
const results = { ...groups };
for await (const [name, rows] of measured(groups)) {
  const { title, checks, peers = [] } = groups[name];
  results[name] = { title, rows, peers: peers.filter((peer) => peer in rows), checks: checks(rows) };
  console.log(asText(results[name]));
}

const checks = Object.values(results).flatMap((group) => group.checks);
const missed = checks.filter(({ isMet }) => !isMet);
console.log(`${checks.length - missed.length} of ${checks.length} targets met.`);
for (const { what, got, limit, unit } of missed)
  console.log(`  missed: ${what}: ${got.toPrecision(5)} ${unit}, wanted ${limit}`);
if (values.only === undefined) {
  const folder = new URL('results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const page = fileURLToPath(new URL('results.md', folder));
  const style = { ...(await prettier.resolveConfig(page)), filepath: page };
  writeFileSync(page, await prettier.format(asMarkdown(results, machine), style));
  writeFileSync(new URL('bars.svg', folder), bars(results, machine));
  console.log('Written: bench/results/results.md and bench/results/bars.svg');
}
process.exitCode = values.check && missed.length > 0 ? 1 : 0;
