// What a server that is well, or says that it is not, answers: which tracker counts it, if any.
import { kindOf } from './judge.mjs';
import { table, TRACKERS } from './tables.mjs';

const NO_FAILURE = 'No failure';

/** One line for all clients of which the same holds; undefined where nothing was asked of a server that answers. */
export function answersTable(clients) {
  const lines = new Map();
  for (const { name, rows } of clients) {
    const columns = columnsOf(rows.filter(({ says }) => says !== undefined));
    if (columns.size === 0) continue;
    const key = JSON.stringify([...columns]);
    lines.set(key, { columns, names: [...(lines.get(key)?.names ?? []), name] });
  }
  if (lines.size === 0) return undefined;
  const heads = [NO_FAILURE, ...Object.values(TRACKERS).map(([, name]) => `\`${name}()\``)];
  const used = heads.filter((head) => [...lines.values()].some(({ columns }) => columns.has(head)));
  const cells = [...lines.values()].map(({ columns, names }) => [
    names.join(', '),
    ...used.map((head) => columns.get(head)?.join(', ') ?? '–'),
  ]);
  return table(['Client', ...used], cells);
}

function columnsOf(rows) {
  const columns = new Map();
  for (const row of rows) {
    const head = headOf(row);
    if (head !== undefined) columns.set(head, [...(columns.get(head) ?? []), row.cell]);
  }
  return columns;
}

/** The tracker that is meant for it, where that one says yes. */
function headOf({ verdict, by, ...row }) {
  if (verdict === 'well') return NO_FAILURE;
  if (verdict !== 'seen') return undefined;
  const [own, name] = TRACKERS[kindOf(row)];
  const [, other] = by.includes(own)
    ? [own, name]
    : Object.values(TRACKERS).find(([one]) => by.includes(one));
  return `\`${other}()\``;
}
