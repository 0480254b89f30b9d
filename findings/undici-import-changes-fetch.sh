#!/usr/bin/env bash
#
# undici 6.24.1 and 6.29.1: importing the package, without calling it, changes the fetch that is built into Node,
# and the fetch of another copy of undici.
#
# All copies keep their connections in one dispatcher, which is found by a symbol of the whole process. The copy that
# is loaded first makes it, and the one in Node is loaded last of all, by the first fetch. So an old copy somewhere in
# node_modules decides how the fetch of a newer Node behaves. It can be told by an answer with `connection: close`
# whose chunked body is cut off: 6.24.1 takes it for whole, 6.29.1 does not (see undici-cut-body-is-whole.sh).
#
# Expected:
#   Each copy does as its own version does, and an import alone changes nothing for those who do not use it.
#   (It is documented that setGlobalDispatcher() does.)
#
# Seen, and asserted line by line (with Node 20.20.2, 22.23.3 and 24.21.0):
#   | 6.24.1 imported: the fetch of Node says a part is all
#   | 6.29.1 imported: the fetch of Node says terminated
#   | 6.24.1 imported, then 6.29.1: the fetch of 6.29.1 says a part is all
#   | 6.29.1 imported, then 6.24.1: the fetch of 6.24.1 says terminated
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  undici-6.24.1@npm:undici@6.24.1 \
  undici-6.29.1@npm:undici@6.29.1 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { once } from 'node:events';
import { createServer } from 'node:net';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const imported = process.argv.slice(2);
let { fetch } = globalThis;
for (const [index, version] of imported.entries()) {
  const copy = await import(`undici-${version}`);
  if (index > 0) fetch = copy.fetch;
}
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
const read = async () => (await fetch(`http://127.0.0.1:${server.address().port}`)).text();
const words = await read().then(() => 'a part is all', (error) => error.message);
const whose = imported.length > 1 ? imported[1] : 'Node';
console.log(`${imported.join(' imported, then ')}${whose === 'Node' ? ' imported' : ''}: the fetch of ${whose} says ${words}`);
process.exit(0);
JS

seen=$(
  node show.mjs 6.24.1
  node show.mjs 6.29.1
  node show.mjs 6.24.1 6.29.1
  node show.mjs 6.29.1 6.24.1
)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
