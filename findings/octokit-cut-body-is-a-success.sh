#!/usr/bin/env bash
#
# @octokit/request 10.0.16: an answer whose JSON body is cut off in the middle is a success with status 200; `data` is an
# empty text. `fetch` below it rejects ("terminated"); octokit swallows that.
#
# Expected:
#   a rejection, as of an answer that never came.
#
# Seen, and asserted line by line (with Node 20.20.2):
#   | fetch and json(): TypeError: terminated
#   | request(): status 200, data ""
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  @octokit/request@10.0.16 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { createServer } from 'node:http';
import { once } from 'node:events';
import { request } from '@octokit/request';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"login":"somebody"');
  setTimeout(() => response.socket.end(), 50);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const baseUrl = `http://127.0.0.1:${server.address().port}`;

const whole = await fetch(`${baseUrl}/user`).then((response) => response.json()).catch(String);
console.log(`fetch and json(): ${whole}`);
const { status, data } = await request('GET /user', { baseUrl });
console.log(`request(): status ${status}, data ${JSON.stringify(data)}`);
server.close();
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
