#!/usr/bin/env bash
#
# undici 6.24.1, which is the fetch of Node 20.20.2 (`node -p process.versions.undici`): a body that was cut off
# passes for a whole one.
#
# A server answers `connection: close` with a chunked body, and resets or closes the connection before the chunk
# that says "this is the end". With `connection: keep-alive` that is an error. So what reads such a body, as the
# stream of the SDK openai 6.49.0 does, ends as if all had been said.
#
# Up to 6.25.0 and 7.25.0 it is so; 6.26.0, 7.26.0 and later say `terminated`.
#
# Expected:
#   response.text() rejects, and a stream throws, whatever the header `connection` says: a chunked body without its
#   last chunk is not whole (RFC 9112, 8).
#
# Seen, and asserted line by line (with Node 20.20.2, 22.23.3 and 24.21.0):
#   | undici 6.24.1, connection: close, reset: text() gives a part
#   | undici 6.24.1, connection: close, close: text() gives a part
#   | undici 6.24.1, connection: keep-alive, reset: TypeError: terminated
#   | undici 6.24.1, connection: keep-alive, close: TypeError: terminated
#   | undici 6.24.1, connection: close, reset: a stream of openai ends after 1 chunk
#   | undici 6.24.1, connection: keep-alive, reset: a stream of openai fails
#   | undici 6.29.1, connection: close, reset: TypeError: terminated
#   | undici 6.29.1, connection: close, close: TypeError: terminated
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  undici-6.24@npm:undici@6.24.1 \
  undici-6.29@npm:undici@6.29.1 \
  openai@6.49.0 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { once } from 'node:events';
import { createServer } from 'node:net';
import OpenAI from 'openai';
import * as old from 'undici-6.24';
import * as fixed from 'undici-6.29';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const DATA = 'data: {"choices":[]}\n\n';
let connection, how;
/** Answers with one chunk of a chunked body, and ends the connection before the last one. */
const server = createServer((socket) => {
  const end = { reset: () => socket.resetAndDestroy(), close: () => socket.end() }[how];
  socket.on('error', () => undefined);
  socket.once('data', () => {
    const head = `HTTP/1.1 200 OK\r\nconnection: ${connection}\r\ncontent-type: text/event-stream`;
    socket.write(`${head}\r\ntransfer-encoding: chunked\r\n\r\n${DATA.length.toString(16)}\r\n${DATA}\r\n`);
    setTimeout(end, 50);
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;

/** Each version with a dispatcher of its own: the global one is that of the version that was imported first. */
const fetchOf = (undici) => {
  const dispatcher = new undici.Agent();
  return (input, init) => undici.fetch(input, { ...init, dispatcher });
};
const say = (version, words) => console.log(`undici ${version}, connection: ${connection}, ${how}: ${words}`);

async function text(version, undici) {
  const read = async () => (await fetchOf(undici)(url)).text();
  const words = await read().then((body) => `text() gives ${body === DATA ? 'a part' : 'else'}`, String);
  say(version, words);
}
async function stream(version, undici) {
  const client = new OpenAI({ apiKey: 'none', baseURL: url, maxRetries: 0, fetch: fetchOf(undici) });
  let chunks = 0;
  try {
    const answer = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
    for await (const _ of answer) chunks++;
    say(version, `a stream of openai ends after ${chunks} chunk`);
  } catch {
    say(version, 'a stream of openai fails');
  }
}

for (connection of ['close', 'keep-alive']) for (how of ['reset', 'close']) await text('6.24.1', old);
how = 'reset';
for (connection of ['close', 'keep-alive']) await stream('6.24.1', old);
connection = 'close';
for (how of ['reset', 'close']) await text('6.29.1', fixed);
process.exit(0);
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
