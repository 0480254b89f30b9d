#!/usr/bin/env bash
#
# knex 3.3.0: a query builder is awaited like a promise and has `pipe`, `on` and `stream` at once. It passes for a stream
# where streams are known by their `pipe` (is-stream 2.0.1 does so), but it is none: it cannot be read, is no async
# iterable, and is no Stream to Node. Asked for its type it says "[object object]", in small letters.
#
# Expected:
#   What has `pipe` and `on` is a stream, as with `stream.pipe` of Node; what has `then` is not.
#
# Seen, and asserted line by line (with Node 20.20.2, 22.23.3 and 24.21.0):
#   | then is a function
#   | pipe is a function
#   | on is a function
#   | stream is a function
#   | Symbol(Symbol.asyncIterator) is undefined
#   | readable is undefined
#   | is-stream: a stream? true
#   | instanceof Stream? false
#   | its type: [object object]
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  knex@3.3.0 \
  is-stream@2.0.1 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { Stream } from 'node:stream';
import isStream from 'is-stream';
import knex from 'knex';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const query = knex({ client: 'pg' })('orders').where('id', 1);
for (const key of ['then', 'pipe', 'on', 'stream', Symbol.asyncIterator, 'readable']) {
  console.log(`${String(key)} is ${typeof query[key] === 'function' ? 'a function' : query[key]}`);
}
console.log(`is-stream: a stream? ${isStream(query)}`);
console.log(`instanceof Stream? ${query instanceof Stream}`);
console.log(`its type: ${Object.prototype.toString.call(query)}`);
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
