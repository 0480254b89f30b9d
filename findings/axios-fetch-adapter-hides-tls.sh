#!/usr/bin/env bash
#
# axios 1.21.1: with `adapter: 'fetch'` a certificate that nobody vouches for is ERR_NETWORK, the code of a request that met
# no server; the code of TLS is only in the `cause`. With the adapter of Node it is the code of the error itself. So what
# retries by ERR_NETWORK tries a misconfiguration again and again.
#
# Expected:
#   the same code from both adapters, or one that is not that of a lost connection.
#
# Seen, and asserted line by line (with Node 20.20.2):
#   | http: DEPTH_ZERO_SELF_SIGNED_CERT
#   | fetch: ERR_NETWORK, cause DEPTH_ZERO_SELF_SIGNED_CERT
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  axios@1.21.1 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import axios from 'axios';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const subject = ['-subj', '/CN=127.0.0.1', '-days', '2', '-nodes', '-newkey', 'rsa:2048'];
execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', 'key.pem', '-out', 'cert.pem'], { stdio: 'ignore' });
const server = createServer({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem') }).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `https://127.0.0.1:${server.address().port}`;

for (const adapter of ['http', 'fetch']) {
  const error = await axios.get(url, { adapter, proxy: false }).catch((reason) => reason);
  const cause = adapter === 'fetch' ? `, cause ${error.cause?.code}` : '';
  console.log(`${adapter}: ${error.code}${cause}`);
}
process.exit(0);
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
