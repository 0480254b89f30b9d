// `npm run mutate`: Stryker over lib/core and lib/nest, then the verdict: 100 and 95 of a hundred must be killed.
//   npm run mutate -- lib/core/windows lib/nest/filter.ts   a part of it
//   npm run mutate -- --reuse                               believe earlier results where neither code nor spec changed
//   npm run mutate -- --judge                               no run: judge the last one anew, by a changed list
//   npm run mutate -- --concurrency 1                       fewer workers than cores
// A whole run writes docs/testing/mutation.md. Every survivor is printed as test/mutation/equivalents.mjs wants it.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { Stryker } from '@stryker-mutator/core';
import * as prettier from 'prettier';

import config, { equivalents, floors } from '../stryker.config.mjs';
import { page, rowsOf, tableText } from '../test/mutation/report.mjs';
import { judge, mutantsOf } from '../test/mutation/verdict.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const PAGE = 'docs/testing/mutation.md';

const { values, positionals: parts } = parseArgs({
  allowPositionals: true,
  options: {
    reuse: { type: 'boolean', default: false },
    judge: { type: 'boolean', default: false },
    concurrency: { type: 'string', default: String(availableParallelism()) },
  },
});

const whole = parts.length === 0;
const trimmed = parts.map((part) => part.replace(/\/$/, ''));
const globs = trimmed.map((part) => (statSync(part).isDirectory() ? `${part}/**/*.ts` : part));
const isAsked = (file) => whole || trimmed.some((part) => file === part || file.startsWith(`${part}/`));

/** Stryker would believe a survivor until a spec is new that reaches it; one that changed may do as well. */
function forgetSurvivors() {
  if (!existsSync(config.incrementalFile)) return;
  const results = JSON.parse(readFileSync(config.incrementalFile, 'utf8'));
  for (const file of Object.values(results.files)) {
    file.mutants = file.mutants.filter(({ status }) => ['Killed', 'Timeout'].includes(status));
  }
  writeFileSync(config.incrementalFile, JSON.stringify(results));
}

const begin = Date.now();
if (!values.judge) {
  if (values.reuse) forgetSurvivors();
  await new Stryker({
    ...(whole ? {} : { mutate: globs }),
    force: !values.reuse,
    concurrency: Number(values.concurrency),
    reporters: [...config.reporters, process.stdout.isTTY ? 'progress' : 'progress-append-only'],
  }).runMutationTest();
}

const report = JSON.parse(readFileSync(config.jsonReporter.fileName, 'utf8'));
const mutants = mutantsOf(report).filter(({ file }) => isAsked(file));
const { problems, survivors } = judge(
  mutants,
  equivalents.filter(({ file }) => isAsked(file)),
);
const rows = rowsOf(mutants);

for (const { file, row, mutator, line, change, status } of survivors) {
  console.log(`\n${file}:${row}  ${mutator}, ${status}\n  line: ${line}\n  change: ${change}`);
}
console.log(`\n${tableText(rows)}\n`);
for (const { name, atLeast } of floors) {
  const row = rows.find((candidate) => candidate.name === name);
  if (row && row.score < atLeast) problems.push(`${name}: ${row.score.toFixed(2)} is below ${atLeast}`);
}
if (whole) {
  const text = page({ rows, equivalents, floors, specs: Object.values(report.testFiles ?? {}) });
  const options = (await prettier.resolveConfig(PAGE)) ?? {};
  writeFileSync(PAGE, await prettier.format(text, { ...options, parser: 'markdown' }));
  console.log(`written: ${PAGE}`);
}
for (const problem of problems) console.error(`mutate: ${problem}`);
console.log(
  `mutate: ${problems.length === 0 ? 'passed' : 'failed'} after ${Math.round((Date.now() - begin) / 1000)} s`,
);
process.exit(problems.length === 0 ? 0 : 1);
