#!/usr/bin/env bash
#
# tedious 19.2.2 (and mssql, which uses it): with `encrypt: true`, the default, a server that says it has no TLS is logged in
# to in the clear, name and password included, so whoever stands between may say so. `encrypt: 'strict'` begins with TLS.
#
# Expected:
#   an error, as from other clients of SQL Server that are told to encrypt.
#
# Seen, and asserted line by line (with Node 20.20.2):
#   | encrypt: true: a login in the clear, of sa
#   | encrypt: 'strict': TLS
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  tedious@19.2.2 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Connection } from 'tedious';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const [PRELOGIN, LOGIN, TLS] = [18, 16, 22];
// The answer to PRELOGIN: a version, and that encryption is not supported (2).
const body = Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 255, 16, 0, 0, 0, 0, 0, 2]);
const answer = Buffer.concat([Buffer.from([4, 1, 0, 8 + body.length, 0, 0, 1, 0]), body]);

async function seen(encrypt) {
  let said = 'nothing';
  const server = createServer((socket) => {
    socket.on('error', () => {}).on('data', (bytes) => {
      if (bytes[0] === PRELOGIN) return socket.write(answer);
      if (bytes[0] === TLS) said = 'TLS';
      if (bytes[0] === LOGIN) said = `a login in the clear, of ${bytes.toString('utf16le').match(/sa/)}`;
      socket.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const authentication = { type: 'default', options: { userName: 'sa', password: 'made-up' } };
  const options = { port: server.address().port, encrypt, connectTimeout: 5000 };
  const connection = new Connection({ server: '127.0.0.1', authentication, options });
  await new Promise((resolve) => connection.connect(resolve));
  return said;
}

console.log(`encrypt: true: ${await seen(true)}`);
console.log(`encrypt: 'strict': ${await seen('strict')}`);
process.exit(0);
JS

seen=$(node --no-warnings show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
