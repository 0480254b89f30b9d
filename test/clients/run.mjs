// npm run test:clients [-- name … --cell=closed --update --verbose]: real clients against ill servers.
import { readFileSync } from 'node:fs';
import { FAULTS } from './faults/index.mjs';
import { prepare } from './prepare.mjs';
import { inParallel, listSetups, runSetup } from './processes.mjs';
import { readRecorded, recordOf, rejudged, writeRecorded } from './recorded.mjs';
import { printRows } from './print.mjs';
import { writePage } from './page.mjs';

const flags = process.argv.slice(2).filter((one) => one.startsWith('--'));
const names = process.argv.slice(2).filter((one) => !one.startsWith('--'));
const only = flags.find((one) => one.startsWith('--cell='))?.slice(7);
const [isUpdate, isVerbose] = ['--update', '--verbose'].map((one) => flags.includes(one));

/** Most of them wait most of the time. */
const AT_ONCE = 10;

const startedAt = performance.now();
prepare();
const { setups: all, broken } = await listSetups();
const isNamed = ({ name, package: folder, file }) =>
  names.length === 0 ||
  names.some(
    (one) =>
      one === name ||
      one === folder ||
      name.startsWith(`${one} `) ||
      file.endsWith(`/${one}`) ||
      file.endsWith(`/${one}.mjs`),
  );
const setups = all.filter((setup) => isNamed(setup) && canRun(setup));
const old = readRecorded();
const keyOf = ({ client, cell }) => `${client} / ${cell}`;
const before = new Map(old.map((row) => [keyOf(row), row]));
const problems = [...broken];
const changed = [];
const records = new Map();

if (flags.includes('--replay')) await replay();
console.log(`${setups.length} set-ups of ${all.length}.`);
await inParallel(AT_ONCE, inOrder(setups), measure);
await report();

/** On a Node that is too old for a client its recorded rows stay. */
function canRun({ name, needs }) {
  if (needs !== undefined) console.log(`Left out: ${name} needs ${needs}.`);
  return needs === undefined;
}

/** Calls no client: the recorded values, as the library of now sees them. */
async function replay() {
  const { seesOfRecorded } = await import('./trackers.mjs');
  const known = new Map(all.map((setup) => [setup.name, setup]));
  const rows = old
    .filter(({ client }) => known.has(client))
    .map((row) => rejudged(row, known.get(row.client), seesOfRecorded(row)));
  for (const row of rows) {
    const was = before.get(keyOf(row)).verdict;
    if (was !== row.verdict) console.log(`CHANGED ${keyOf(row)}: ${was} → ${row.verdict}`);
  }
  writeRecorded(inTableOrder(rows));
  await writePage(rows, all);
  process.exit(0);
}

/** Those with a real server first: they take longest. */
function inOrder(list) {
  return list.toSorted((one, other) => Number(other.hasReal) - Number(one.hasReal));
}

async function measure(setup) {
  const { rows, strays, problem } = await runSetup(setup, { only, verbose: isVerbose });
  if (problem !== undefined) problems.push(`${setup.name}: ${problem}`);
  const version = versionOf(setup);
  for (const row of rows) {
    if (row.drifts !== undefined)
      problems.push(`${keyOf(row)}: the recorded value gets other answers: ${row.drifts}`);
    const record = recordOf(row, setup, version, before.get(keyOf(row)));
    records.set(keyOf(record), { ...record, heardMs: row.heardMs, sees: row.sees });
    const was = before.get(keyOf(record))?.verdict;
    if (was !== undefined && was !== record.verdict)
      changed.push(`${keyOf(record)}: ${was} → ${record.verdict}`);
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(
    `${String(seconds).padStart(4)} s  ${setup.name} ${version}: ${rows.length} cells${strays ? `, ${strays} errors outside of the call` : ''}`,
  );
}

function versionOf({ package: folder }) {
  if (folder === 'node') return process.versions.node.split('.')[0];
  return JSON.parse(readFileSync(new URL(`node_modules/${folder}/package.json`, import.meta.url), 'utf8'))
    .version;
}

async function report() {
  if (names.length > 0) printRows(inTableOrder([...records.values()]));
  if (names.length === 0 || isUpdate) {
    const rows = merged();
    writeRecorded(rows);
    await writePage(rows, all);
  }
  for (const line of changed) console.log(`CHANGED ${line}`);
  for (const line of problems) console.log(`PROBLEM ${line}`);
  const isWell = problems.length === 0 && (changed.length === 0 || isUpdate);
  console.log(`${records.size} cells, ${changed.length} verdicts changed, ${problems.length} problems.`);
  process.exit(isWell ? 0 : 1);
}

function inTableOrder(rows) {
  const order = new Map(all.map(({ name }, at) => [name, at]));
  const cells = Object.keys(FAULTS);
  const at = ({ cell }) => (cells.includes(cell) ? cells.indexOf(cell) : cells.length);
  return rows.sort(
    (one, other) =>
      order.get(one.client) - order.get(other.client) ||
      at(one) - at(other) ||
      one.cell.localeCompare(other.cell),
  );
}

/** The measured rows in place of the recorded ones, in the order of the set-ups; set-ups that are gone are left out. */
function merged() {
  const order = new Map(all.map(({ name }, at) => [name, at]));
  const measured = new Set(setups.filter(() => only === undefined).map(({ name }) => name));
  const kept = old.filter(
    (row) => !measured.has(row.client) && !records.has(keyOf(row)) && order.has(row.client),
  );
  const fresh = [...records.values()].map(({ heardMs: _heardMs, sees: _sees, ...row }) => row);
  return inTableOrder([...kept, ...fresh]);
}
