// The tables of docs/clients.md, from the recorded rows.
import { kindOf } from './judge.mjs';

const FAILURES = ['transport', 'timeout', 'status5xx', 'overload', 'contention', 'ill'];

/** The numbers of the first paragraph. */
export function sums(rows) {
  const count = (test) => rows.filter(test).length;
  return {
    clients: new Set(rows.map(({ client }) => client)).size,
    cells: rows.length,
    failures: count(isFailure),
    seen: count(({ verdict }) => verdict === 'seen'),
    silent: count(({ verdict }) => verdict === 'silent'),
    missed: count(({ verdict }) => verdict === 'missed'),
    alarms: count(({ verdict }) => verdict === 'false alarm'),
    hidden: count(({ verdict }) => verdict === 'hidden'),
    never: count(({ verdict }) => verdict === 'never'),
  };
}

const isFailure = ({ expect }) => FAILURES.includes(expect);
const UNSEEN = {
  missed: 'missed',
  silent: 'nothing tells',
  hidden: 'taken for an ill server',
  'false alarm': 'false alarm',
};
const isUnseen = ({ verdict }) => verdict in UNSEEN;

export function seenTable(clients) {
  const head = ['Client', 'Seen', 'What cannot be told, and why', 'A deadline reaches it', '`trackResult`'];
  return table(head, clients.map(seenLine));
}

function seenLine(client) {
  const { rows } = client;
  const failures = rows.filter(isFailure);
  const seen = failures.filter(({ verdict }) => verdict === 'seen').length;
  const counted = failures.length === 0 ? 'throws none' : `${seen} of ${failures.length}`;
  const reasons = byReason(rows.filter(isUnseen)).map(([cells, verdict, why]) =>
    verdict === UNSEEN.silent ? `${cells}: ${why}` : `${cells} (${verdict}): ${why}`,
  );
  return [
    named(client),
    [counted, ...otherTrackers(rows)].join('; '),
    list(reasons),
    reached(client),
    resultOf(client),
  ];
}

/** Which tracker sees what has happened, and what it is called here. */
export const TRACKERS = {
  transport: ['network', 'NetworkErrors'],
  timeout: ['timeout', 'TimeoutErrors'],
  status5xx: ['status5xx', 'HttpStatusIn'],
  overload: ['overload', 'OverloadErrors'],
  contention: ['contention', 'ContentionErrors'],
  ill: ['transient', 'TransientErrors'],
};

/** What is seen by another one than that which its kind is for: a mute server as a lost connection. */
function otherTrackers(rows) {
  const lines = new Map();
  for (const row of rows.filter(({ verdict }) => verdict === 'seen')) {
    const [own] = TRACKERS[kindOf(row)];
    if (row.by.includes(own)) continue;
    const [, other] = Object.values(TRACKERS).find(([name]) => row.by.includes(name));
    lines.set(other, [...(lines.get(other) ?? []), row.cell]);
  }
  return [...lines].map(([other, cells]) => `by \`${other}()\`: ${cells.join(', ')}`);
}

/** The version that was measured; of Node the major one. */
const named = ({ name, rows }) => `${name} (${rows[0].version})`;

const list = (reasons) => (reasons.length === 0 ? '–' : reasons.join('; '));

function reached({ rows, takesSignal, ownTimeout, timeout }) {
  const ended = (cell) => rows.some((row) => row.cell === cell && row.verdict !== 'never');
  const own =
    ownTimeout && ended('ownTimeout')
      ? [timeout ? `its own time-out: ${optionOf(timeout)}` : 'its own time-out']
      : [];
  if (!takesSignal) return own[0] ?? 'no';
  if (!ended('deadline')) return ['a signal, which it ignores while it waits', ...own].join('; ');
  const says = rows.some(({ cell, verdict }) => cell === 'deadline' && verdict === 'silent');
  return says ? 'by signal, the error does not say why' : 'by signal';
}

/** The option as code, and what is said of it in words. */
const optionOf = (timeout) => timeout.replace(/^(.*?)( of .*|, in .*)?$/, '`$1`$2');

/** A server that is back has answered; a deadline counts whatever is returned. */
const NO_RESULT = ['back', 'deadline'];

/** Which tracker of results sees what was returned instead of thrown. */
function resultOf({ rows }) {
  const returned = rows.filter(
    ({ expect, was, cell }) => expect === 'resolves' && FAILURES.includes(was) && !NO_RESULT.includes(cell),
  );
  if (returned.length === 0) return 'not needed';
  const ways = {
    '`ResponseStatusIn(500, 599)`': returned.filter(({ by }) => by?.includes('response5xx')),
    '`ResultError(TransientErrors())`': returned.filter(
      ({ by }) => by?.includes('resultTransient') && !by.includes('response5xx'),
    ),
    '`ResultError()`': returned.filter(({ by }) => by?.length === 1 && by[0] === 'resultError'),
    'your own': returned.filter(
      ({ by, was, value }) => by?.length === 0 && was !== 'overload' && !isNothing(value),
    ),
    'no help, since nothing is returned': returned.filter(({ value }) => isNothing(value)),
  };
  const used = Object.entries(ways).filter(([, of]) => of.length > 0);
  return (
    used.map(([way, of]) => `${way}: ${of.map(({ cell }) => cell).join(', ')}`).join('; ') || 'not needed'
  );
}

const isNothing = (value) => value === undefined || value?.$ === 'undefined';

const HEARD = ['refused', 'reset', 'closed', 'unresolvable', 'cutBody', 's503', 's429', 'mute'];

export function defaultsTable(clients) {
  const columns = HEARD.filter((cell) => clients.some(({ rows }) => rows.some((row) => row.cell === cell)));
  const heard = clients.filter(({ rows }) => rows.some(({ cell }) => HEARD.includes(cell)));
  const lines = heard.map((client) => [
    client.name,
    ...columns.map((cell) => heardOf(client.rows.find((row) => row.cell === cell))),
    client.off ? `\`${client.off}\`` : '–',
  ]);
  return table(['Client', ...columns, 'Own tries off by'], lines);
}

function heardOf(row) {
  if (row === undefined) return '';
  const tries = row.tries > 1 && row.heard !== 'never' ? `${row.tries}×, ` : '';
  return `${tries}${row.heard}`;
}

const REAL = { killedInFlight: 'killed', dead: 'dead', back: 'back', frozen: 'frozen' };

export function realTable(clients) {
  const lines = clients.map(({ name, rows }) => [
    name,
    ...Object.keys(REAL).map((cell) => realOf(rows.find((row) => row.cell === cell))),
  ]);
  return table(['Client', ...Object.values(REAL)], lines);
}

function realOf(row) {
  if (row === undefined) return '';
  if (row.verdict === 'never') return 'never';
  if (row.expect === 'resolves') return row.cell === 'back' ? 'works again' : `answers, ${row.heard}`;
  return `${row.verdict}, ${row.heard}`;
}

export function unseenTable(clients) {
  const lines = clients.flatMap(({ name, rows }) =>
    byReason(rows.filter(isUnseen)).map((line) => [name, ...line]),
  );
  return lines.length === 0 ? 'Nothing.' : table(['Client', 'Fault', 'Verdict', 'What there is'], lines);
}

/** Faults of one client with the same reason share a line. */
function byReason(rows) {
  const lines = new Map();
  for (const { cell, verdict, why } of rows) {
    const key = `${verdict} ${why}`;
    const line = lines.get(key) ?? [[], UNSEEN[verdict], why ?? ''];
    line[0].push(cell);
    lines.set(key, line);
  }
  return [...lines.values()].map(([cells, verdict, why]) => [cells.join(', '), verdict, why]);
}

/** Clients of which the same is never heard share a line. */
export function neverList(clients) {
  const lines = new Map();
  for (const { name, rows } of clients) {
    const cells = rows.filter(({ verdict }) => verdict === 'never').map(({ cell }) => cell);
    if (cells.length === 0) continue;
    const key = cells.join(', ');
    lines.set(key, [...(lines.get(key) ?? []), name]);
  }
  return [...lines].map(([cells, names]) => `- **${cells}**: ${names.join('; ')}`).join('\n') || 'None.';
}

export function table(head, lines) {
  const row = (cells) => `| ${cells.map(escaped).join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}

/** Nothing that was thrown may be taken for markup. */
const escaped = (cell) => cell.replaceAll('|', '\\|').replaceAll(/</g, '&lt;').replaceAll(/\s+/g, ' ');
