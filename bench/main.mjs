// `npm run bench`: what a call costs, beside the peers. `-- --check` fails when a target is missed,
// `-- --only closed,http` measures a part, and writes nothing.
import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { Logger } from '@nestjs/common';
import * as prettier from 'prettier';

import { closed, doors, instantly } from './groups/closed.mjs';
import { denied } from './groups/denied.mjs';
import { failing } from './groups/failing.mjs';
import { http } from './groups/http.mjs';
import { idle } from './groups/idle.mjs';
import { keyed } from './groups/keyed.mjs';
import { listeners } from './groups/listeners.mjs';
import { tripperTree, windowSizes } from './groups/rules.mjs';
import { shutDown } from './peers.mjs';
import { bars } from './bars.mjs';
import { asText, asMarkdown } from './table.mjs';

const GROUPS = {
  idle,
  closed,
  instant: instantly,
  doors,
  failing,
  denied,
  windows: windowSizes,
  rules: tripperTree,
  listeners,
  keyed,
  http,
};

const { values } = parseArgs({ options: { check: { type: 'boolean' }, only: { type: 'string' } } });
const wanted = values.only?.split(',') ?? Object.keys(GROUPS);
const unknown = wanted.filter((name) => !(name in GROUPS));
if (unknown.length > 0) {
  console.error(
    `bench: no group is called ${unknown.join(', ')}. There are: ${Object.keys(GROUPS).join(', ')}.`,
  );
  process.exit(2);
}
// nestjs-resilience logs every command.
Logger.overrideLogger(false);

const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0].model.trim()}`;
console.log(`\nMedians of interleaved rounds on ${machine}; ratios count, absolute times are noise.\n`);
const results = {};
for (const name of wanted) {
  results[name] = await GROUPS[name]();
  console.log(asText(results[name]));
}
shutDown();

const checks = Object.values(results).flatMap((group) => group.checks);
const missed = checks.filter(({ isMet }) => !isMet);
console.log(`${checks.length - missed.length} of ${checks.length} targets met.`);
for (const { what, got, limit, unit } of missed)
  console.log(`  missed: ${what}: ${got.toFixed(2)} ${unit}, wanted ${limit}`);
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
