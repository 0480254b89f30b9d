import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { whyNot } from './evidence.mjs';
import { judge, verdictOf } from './judge.mjs';

const FOLDER = new URL('recorded/', import.meta.url);

/** How long until the breaker hears, and the longest that is still called so. */
const BUCKETS = [
  ['at once', 1000],
  ['seconds', 10_000],
  ['a quarter of a minute', 20_000],
];
/** A time so near to the border keeps the word that it had: two runs differ by this much. */
const NEAR = 1.6;

/** All recorded rows, family by family. */
export function readRecorded() {
  if (!existsSync(FOLDER)) return [];
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return files.toSorted().flatMap((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')));
}

/** What is recorded of a measured row; what did not change in any way that matters stays as it was recorded. */
export function recordOf(row, setup, version, before) {
  const { how, heardMs, sees, ...judged } = judge(row);
  const verdict = verdictOf(judged, sees);
  const heard = how === 'never' ? 'never' : bucketOf(heardMs, before?.heard);
  const { knows, tries, value } = judged;
  const said = {
    ...judgedFields({ ...judged, how, version, family: setup.family, verdict }, sees),
    heard,
    tries,
    knows,
  };
  const isSame =
    before?.verdict === verdict &&
    before?.version === version &&
    outlineOf(before.value) === outlineOf(value);
  return isSame ? { ...said, tries: before.tries, value: before.value } : { ...said, value };
}

/** What a row says of itself, in the order in which it is written. */
function judgedFields(
  { client, version, family, cell, how, expect, tells, why, says, was, verdict, value },
  sees,
) {
  const reason = why ?? (['missed', 'false alarm'].includes(verdict) ? whyNot(value) : undefined);
  const by = how === 'never' ? undefined : sees;
  return { client, version, family, cell, expect, tells, why: reason, says, was, by, verdict };
}

/** A recorded row with the verdict that the library of now gives it. */
export function rejudged(row, setup, sees) {
  const how = { never: 'never', resolves: 'resolved' }[row.expect] ?? 'threw';
  const { expect: _expect, was: _was, by: _by, verdict: _verdict, tells, why, value, ...kept } = row;
  const said = setup.silent?.[row.cell] ?? (row.says !== undefined && tells === false ? why : undefined);
  const judged = judge({ ...kept, how, value, ...(said !== undefined && { tells: false, why: said }) });
  const verdict = verdictOf(judged, sees);
  return {
    ...judgedFields({ ...judged, verdict }, sees),
    heard: row.heard,
    tries: row.tries,
    knows: row.knows,
    value,
  };
}

function bucketOf(heardMs, before) {
  const [word] = BUCKETS.find(([, most]) => heardMs < most) ?? ['never'];
  const border = BUCKETS.find(([, most]) => heardMs > most / NEAR && heardMs < most * NEAR);
  const at = BUCKETS.indexOf(border);
  const beside = border && [border[0], BUCKETS[at + 1]?.[0] ?? 'never'];
  return beside?.includes(before) ? before : word;
}

/** The outside of a value: what does not change between two runs of the same call. */
function outlineOf(value) {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const { name, message, code } = { ...value.inherited, ...value.own };
  const plain = [name, message, code].map((one) => (typeof one === 'object' ? '' : one));
  return JSON.stringify([value.$, value.chain, plain]);
}

/** One file per family, one row per line. */
export function writeRecorded(rows) {
  const families = [...new Set(rows.map((row) => row.family))];
  for (const family of families) {
    const lines = rows.filter((row) => row.family === family).map((row) => JSON.stringify(row));
    const name = `${family.toLowerCase()}.json`;
    writeFileSync(new URL(name, FOLDER), `[\n${lines.join(',\n')}\n]\n`);
  }
}
