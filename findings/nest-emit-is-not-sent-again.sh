#!/usr/bin/env bash
#
# @nestjs/microservices 12.1.1 (rxjs 7.8.2): `retry()` of rxjs behind `ClientProxy.emit()` waits and tries as it was told,
# but sends nothing again. emit() sends once, when it is called, and its Observable only repeats how that went. That of
# send() sends for each subscription, so the same retry() gets it through, as with `defer(() => client.emit(…))`.
#
# It is documented that emit() is hot. That retry() behind it is in vain follows, but does not show: it takes its time,
# as if it tried, and ends with the error of the first and only time.
#
# Expected:
#   client.emit('sold', 1).pipe(retry(…)) sends the event again until it is sent, as client.send('sold', 1).pipe(retry(…)).
#
# Seen, and asserted line by line (with Node 20.20.2, 22.23.3 and 24.21.0):
#   | send(), port shut for 100 ms, 3 retries 200 ms apart: ok after 1 retry, the server got 1 message
#   | emit(), port shut for 100 ms, 3 retries 200 ms apart: ECONNREFUSED after 3 retries, the server got 0 messages
#   | defer(() => emit()), port shut for 100 ms, 3 retries 200 ms apart: ok after 1 retry, the server got 1 message
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  @nestjs/common@12.5.1 \
  @nestjs/core@12.5.1 \
  @nestjs/microservices@12.1.1 \
  reflect-metadata@0.2.2 \
  rxjs@7.8.2 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import 'reflect-metadata';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { defer, lastValueFrom, retry, timer } from 'rxjs';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const ways = {
  'send()': (client) => client.send('sold', 1),
  'emit()': (client) => client.emit('sold', 1),
  'defer(() => emit())': (client) => defer(() => client.emit('sold', 1)),
};
const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

async function listen(server, port) {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

for (const [name, way] of Object.entries(ways)) {
  let messages = 0;
  const server = createServer((socket) => {
    socket.on('data', (data) => {
      messages++;
      const { id } = JSON.parse(String(data).slice(String(data).indexOf('#') + 1));
      const answer = JSON.stringify({ id, response: 'ok', isDisposed: true });
      if (id) socket.write(`${answer.length}#${answer}`);
    });
  });
  const port = await listen(server, 0);
  server.close();
  await once(server, 'close');

  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
  let retries = 0;
  const delay = () => (retries++, timer(200));
  const sent = lastValueFrom(way(client).pipe(retry({ count: 3, delay })), { defaultValue: 'ok' });
  const end = sent.then(() => 'ok', (error) => error.code);
  setTimeout(() => void listen(server, port), 100);
  const words = `${await end} after ${count(retries, 'retry', 'retries')}`;
  await new Promise((resolve) => setTimeout(resolve, 100));
  console.log(
    `${name}, port shut for 100 ms, 3 retries 200 ms apart: ${words}, the server got ${count(messages, 'message', 'messages')}`,
  );
  client.close();
  server.close();
}
process.exit(0);
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
