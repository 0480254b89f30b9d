#!/usr/bin/env bash
#
# cassandra-driver 4.10.0: `sslOptions: {}`, with which the driver is told to use TLS, turns the checking of certificates off:
# a certificate that nobody vouches for is taken, where Node itself would refuse it. With `rejectUnauthorized: true` it is
# refused.
#
# Expected:
#   refused both times, as by tls.connect().
#
# Seen, and asserted line by line (with Node 20.20.2):
#   | sslOptions: {}: TLS is spoken
#   | sslOptions: { rejectUnauthorized: true }: DEPTH_ZERO_SELF_SIGNED_CERT
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  cassandra-driver@4.10.0 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import cassandra from 'cassandra-driver';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const subject = ['-subj', '/CN=127.0.0.1', '-days', '2', '-nodes', '-newkey', 'rsa:2048'];
execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', 'key.pem', '-out', 'cert.pem'], { stdio: 'ignore' });
const pair = { key: readFileSync('key.pem'), cert: readFileSync('cert.pem') };

async function seen(sslOptions) {
  let isSpoken = false;
  // Whoever sends something over TLS has taken the certificate.
  const server = createServer(pair, (socket) => {
    socket.on('error', () => {}).once('data', () => {
      isSpoken = true;
      socket.destroy();
    });
  });
  server.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const contactPoints = [`127.0.0.1:${server.address().port}`];
  const client = new cassandra.Client({ contactPoints, localDataCenter: 'one', sslOptions });
  const error = await client.connect().catch((reason) => reason);
  await client.shutdown();
  return isSpoken ? 'TLS is spoken' : Object.values(error.innerErrors)[0].code;
}

console.log(`sslOptions: {}: ${await seen({})}`);
console.log(`sslOptions: { rejectUnauthorized: true }: ${await seen({ rejectUnauthorized: true })}`);
process.exit(0);
JS

seen=$(node --no-warnings show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
