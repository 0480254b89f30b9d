#!/usr/bin/env bash
#
# mongodb 7.9.0: a server that nobody listens on is labelled "SystemOverloadedError", as one that has too much to do. The
# labels stand on the connection error below the one that is thrown, so code that backs off by that label backs off from a
# port that is shut as well.
#
# Expected:
#   the label tells an overloaded server from one that is not there.
#
# Seen, and asserted line by line (with Node 20.20.2):
#   | thrown: MongoServerSelectionError
#   | below: MongoNetworkError, code of its cause ECONNREFUSED, SystemOverloadedError true, RetryableError true
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  mongodb@7.9.0 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { createServer } from 'node:net';
import { once } from 'node:events';
import { MongoClient } from 'mongodb';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
server.close();
await once(server, 'close');

const client = new MongoClient(`mongodb://127.0.0.1:${port}`, { serverSelectionTimeoutMS: 500 });
const error = await client.db('shop').command({ ping: 1 }).catch((reason) => reason);
console.log(`thrown: ${error.constructor.name}`);
const [{ error: below }] = error.reason.servers.values();
const has = (label) => `${label} ${below.hasErrorLabel(label)}`;
console.log(
  `below: ${below.constructor.name}, code of its cause ${below.cause.code}, ${has('SystemOverloadedError')}, ${has('RetryableError')}`,
);
await client.close();
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
