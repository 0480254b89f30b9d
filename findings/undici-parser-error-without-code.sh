#!/usr/bin/env bash
#
# undici 7.30.2 (and 7.29.1 in Node 24.21.0, and 8.13.1): an HTTPParserError has no code.
#
# It is what fetch has as the cause of `TypeError: terminated` when the answer is no valid HTTP/1.1, or when a chunked
# answer with `connection: close` is cut off. undici 6.29.1 (and 6.28.1 in Node 22.23.3) gives a code to the same error.
#
# Expected:
#   A code that begins with HPE_, as in 6.x and in node:http: it is how one such error is told from another.
#
# Seen, and asserted line by line (with Node 20.20.2, 22.23.3 and 24.21.0):
#   | undici 6.29.1: TypeError: terminated, by HTTPParserError, code HPE_INVALID_EOF_STATE
#   | undici 7.30.2: TypeError: terminated, by HTTPParserError, code undefined
#   | the same text: Response does not match the HTTP/1.1 protocol (Invalid EOF state)
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  undici-6@npm:undici@6.29.1 \
  undici-7@npm:undici@7.30.2 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { once } from 'node:events';
import { createServer } from 'node:net';
import * as six from 'undici-6';
import * as seven from 'undici-7';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const DATA = 'beginning';
const connection = 'close';
const how = 'close';
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

/** With a dispatcher of its own: the global one is that of the version that was imported first. */
async function errorOf({ fetch, Agent }) {
  const dispatcher = new Agent();
  const read = async () => (await fetch(`http://127.0.0.1:${server.address().port}`, { dispatcher })).text();
  return read().then(() => new Error('none'), (error) => error);
}

const errors = { '6.29.1': await errorOf(six), '7.30.2': await errorOf(seven) };
for (const [version, error] of Object.entries(errors)) {
  console.log(`undici ${version}: ${error}, by ${error.cause?.name}, code ${error.cause?.code}`);
}
const [one, other] = Object.values(errors).map((error) => error.cause?.message);
console.log(one === other ? `the same text: ${one}` : `other texts: ${one}, ${other}`);
process.exit(0);
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
