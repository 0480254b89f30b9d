#!/usr/bin/env bash
#
# @nestjs/microservices 12.1.1 with mqtt 5.16.0: when the broker closes the connection politely before it has answered,
# `send()` of the MQTT ClientProxy errors with `undefined`. Over TCP the same broker is an Error.
#
# Expected:
#   an Error that says that the connection was closed.
#
# Seen, and asserted line by line (with Node 20.20.2):
#   | MQTT: undefined
#   | TCP: Error: Connection closed
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  @nestjs/common@12.5.1 @nestjs/core@12.5.1 @nestjs/microservices@12.1.1 mqtt@5.16.0 reflect-metadata@0.2.2 rxjs@7.8.2 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import 'reflect-metadata';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const server = createServer((socket) => socket.on('data', () => socket.end())).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
const OPTIONS = { MQTT: { url: `mqtt://127.0.0.1:${port}` }, TCP: { host: '127.0.0.1', port } };

for (const [transport, options] of Object.entries(OPTIONS)) {
  const client = ClientProxyFactory.create({ transport: Transport[transport], options });
  const error = await lastValueFrom(client.send('ask', {})).catch((reason) => reason);
  console.log(`${transport}: ${error}`);
  client.close();
}
process.exit(0);
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
