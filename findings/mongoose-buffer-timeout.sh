#!/usr/bin/env bash
#
# mongoose 9.12.1, with nobody at the port: `serverSelectionTimeoutMS` does not say when a query fails, even after
# connecting has failed because of it. `bufferTimeoutMS` does, and its default is ten seconds.
#
# Expected:
#   A query fails when connecting has failed, and with the error of that; at the latest one that is made after it.
#
# Seen, and asserted line by line (with Node 20.20.2, 22.23.3 and 24.21.0):
#   | connecting fails first, with MongooseServerSelectionError
#   | a query that began before: MongooseError: Operation `things.findOne()` buffering timed out after 1500ms
#   | a query that began after it: MongooseError: Operation `things.findOne()` buffering timed out after 1500ms
#   | which took 1500 ms or more: true
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  mongoose@9.12.1 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { once } from 'node:events';
import { createServer } from 'node:net';
import mongoose from 'mongoose';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
server.close();
await once(server, 'close');

const limits = { serverSelectionTimeoutMS: 200, bufferTimeoutMS: 1500, autoCreate: false, autoIndex: false };
const connection = mongoose.createConnection(`mongodb://127.0.0.1:${port}/shop`, limits);
const Thing = connection.model('Thing', new mongoose.Schema({ name: String }));
const asked = () => Thing.findOne().exec().then(() => 'an answer', String);

const before = asked();
const first = connection.asPromise().then(() => 'connected', (error) => error.name);
console.log(`connecting fails first, with ${await Promise.race([first, before])}`);
console.log(`a query that began before: ${await before}`);
const start = performance.now();
console.log(`a query that began after it: ${await asked()}`);
console.log(`which took 1500 ms or more: ${performance.now() - start > 1490}`);
process.exit(0);
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
