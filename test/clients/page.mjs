import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { answersTable } from './answers-table.mjs';
import { defaultsTable, neverList, realTable, seenTable, sums, unseenTable } from './tables.mjs';

const PAGE = new URL('../../docs/clients.md', import.meta.url);

const NAMES = {
  HTTP: 'HTTP clients',
  SDK: 'SDKs of services',
  LLM: 'SDKs of language models',
  SQL: 'SQL databases',
  Document: 'Document and search databases',
  Redis: 'Redis',
  Queue: 'Queues and brokers',
  RPC: 'RPC',
  Nest: "Nest's own clients",
  Mail: 'Mail',
  LDAP: 'LDAP',
};

/** Writes docs/clients.md: the same text for the same rows. */
export async function writePage(rows, setups) {
  const measured = setups.map((setup) => about(setup, rows)).filter((client) => client.rows.length > 0);
  const families = Object.keys(NAMES).filter((family) => measured.some((client) => client.family === family));
  const clientsOf = (family) => measured.filter((client) => client.family === family);
  const parts = [intro(rows), ...families.map((family) => familyPart(NAMES[family], clientsOf(family)))];
  const all = families.flatMap(clientsOf);
  const text = [...parts, unseenPart(all), neverPart(all), END].join('\n\n');
  const options = await resolveConfig(PAGE);
  writeFileSync(PAGE, await format(text, { ...options, parser: 'markdown' }));
}

/** A set-up with its rows. */
const about = (setup, rows) => ({ ...setup, rows: rows.filter((row) => row.client === setup.name) });

function intro(rows) {
  const { clients, cells, failures, seen, silent, missed, alarms, hidden, never } = sums(rows);
  return `# What the trackers see of real clients

Is the error of your client a failure for \`NetworkErrors()\` and \`TransientErrors()\`? After how long does the breaker hear of
it? This page is made by \`npm run test:clients\`, which calls each client, with the options it has by default, on servers
that are ill in one way each; \`npm test\` replays what they threw.

${clients} set-ups of clients, ${cells} calls. ${failures} of them threw a failure: ${seen} are seen, ${missed} are missed
although something tells, and of ${silent} nothing in the value tells. Of what is no failure (wrong
certificates, 404, answers about the call itself, the caller's own abort) ${alarms === 0 ? 'nothing was' : `${alarms} calls were`} taken for one. In ${hidden} calls the client said of TLS trouble
only that the connection was lost or that it took too long, and it is counted as that. ${never} calls had not ended after 20 seconds.

How to read the tables:

- **refused, reset, closed**: nobody listens; the connection is reset after the request; it is closed politely without an answer. **unresolvable**: no such name. **cutBody, cutChunks**: the answer ends in the middle. **mute**: nothing comes back. **ownTimeout**: the same, with the client's own time-out of one second. **s503, s500, s429**: these answers. **deadline**: a signal aborts with a \`TimeoutError\`.
- **plainTls, selfSigned**: the client was told to use TLS, and the server has none, or a certificate signed by itself. Neither should be counted; "taken for an ill server" is where the client says no word of TLS, so that it is counted all the same.
- **killed**: a real server is killed with a call in flight; **dead**: the next call; **back**: the next one after it has been started again; **frozen**: it stops with a call in flight, and the connection stays.
- **Heard**: how often the client tries by itself, and how long it takes until the breaker hears: at once (under a second), seconds (under ten), a quarter of a minute, never (not within 20 seconds).
- **Seen**: by the tracker for what has happened, unless another one is named: \`NetworkErrors()\` for a connection, \`TimeoutErrors()\` for a time-out, \`HttpStatusIn(500, 599)\` for a status, \`OverloadErrors()\` for 429 and its like, \`ContentionErrors()\` for locks. All but the last are part of \`TransientErrors()\`.
- Where the breaker hears late, turn the client's own tries off, or give the breaker's call a \`timeoutMs\`. Where it never hears, only a \`timeoutMs\` ends and counts the call, and only the tripper \`HungCalls\` opens the circuit without one.
- **A deadline reaches it**: by a signal, such as \`callSignal()\` or the \`signal\` that \`execute\` gives; by a time-out of the client's own; or not at all: the breaker gives up waiting, and the call goes on.
- An error of a deadline that says only \`AbortError\` is no failure for a tracker. The breaker's own deadline counts all the same, as a \`CallTimeoutException\`.`;
}

function familyPart(name, clients) {
  const real = clients.filter(({ rows }) => rows.some(({ cell }) => cell === 'killedInFlight'));
  const parts = [
    `## ${name}`,
    seenTable(clients),
    'Heard, with the options that they have by default:',
    defaultsTable(clients),
  ];
  const notes = clients
    .filter((client) => client.notes)
    .map((client) => `- **${client.name}**: ${client.notes}`);
  if (notes.length > 0) parts.push(notes.join('\n'));
  if (real.length > 0) parts.push('With a real server:', realTable(real));
  const answers = answersTable(clients);
  if (answers !== undefined) parts.push('What is answered, and which tracker counts it:', answers);
  return parts.join('\n\n');
}

function unseenPart(clients) {
  return `## What is not seen, and why

"Nothing tells": neither a code, a class, a status nor a text that could not mean something else. Use \`Custom()\`, or a
\`timeoutMs\`, where it matters.

${unseenTable(clients)}`;
}

function neverPart(clients) {
  return `## What never ends by itself

Without a \`timeoutMs\` the breaker never hears of these; the bound was 20 seconds.

${neverList(clients)}`;
}

const END = `## Make it again

\`npm run test:clients\` takes up to a quarter of an hour, and needs \`openssl\` and the servers of Debian that
[test/clients](../test/clients/README.md) names. It fails where a verdict has changed; \`-- --update\` takes the new ones.`;
