#!/usr/bin/env bash
#
# @anthropic-ai/sdk 1.14.0 (and openai 6.49.0): who leaves a stream ends its request, who leaves both halves of its
# `tee()` does not. The halves have no `return()`, so the server goes on to send what nobody reads. In openai 7.59.0
# they have one.
#
# Expected:
#   When both readers have left, the request is ended, as when the only one has.
#
# Seen, and asserted line by line (with Node 20.20.2, 22.23.3 and 24.21.0):
#   | @anthropic-ai/sdk 1.14.0, left: the request is ended
#   | @anthropic-ai/sdk 1.14.0, toReadableStream() left: the request is ended
#   | @anthropic-ai/sdk 1.14.0, both halves left: the request goes on
#   | openai 6.49.0, left: the request is ended
#   | openai 6.49.0, toReadableStream() left: the request is ended
#   | openai 6.49.0, both halves left: the request goes on
#   | openai 7.59.0, left: the request is ended
#   | openai 7.59.0, toReadableStream() left: the request is ended
#   | openai 7.59.0, both halves left: the request is ended
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  @anthropic-ai/sdk@1.14.0 \
  openai-6@npm:openai@6.49.0 \
  openai-7@npm:openai@7.59.0 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { once } from 'node:events';
import { createServer } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI6 from 'openai-6';
import OpenAI7 from 'openai-7';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const EVENT = 'event: message_stop\ndata: {"type":"message_stop","choices":[]}\n\n';
/** A server that sends events without end, every 10 ms, until its client has gone. */
let left;
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write(EVENT), 10);
  response.on('close', () => (clearInterval(timer), left()));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const options = { apiKey: 'none', baseURL: `http://127.0.0.1:${server.address().port}` };
const messages = [{ role: 'user', content: 'Hello' }];
const asked = { model: 'm', max_tokens: 1, messages, stream: true };

const streams = {
  '@anthropic-ai/sdk 1.14.0': () => new Anthropic(options).messages.create(asked),
  'openai 6.49.0': () => new OpenAI6(options).chat.completions.create(asked),
  'openai 7.59.0': () => new OpenAI7(options).chat.completions.create(asked),
};
const ways = {
  left: (stream) => [stream],
  'toReadableStream() left': (stream) => [stream.toReadableStream()],
  'both halves left': (stream) => stream.tee(),
};
for (const [name, open] of Object.entries(streams)) {
  for (const [way, readers] of Object.entries(ways)) {
    const ended = new Promise((resolve) => (left = () => resolve('is ended')));
    const stream = await open();
    for (const reader of readers(stream)) for await (const _ of reader) break;
    const wait = new Promise((resolve) => setTimeout(resolve, 500, 'goes on'));
    console.log(`${name}, ${way}: the request ${await Promise.race([ended, wait])}`);
    stream.controller.abort();
    await ended;
  }
}
process.exit(0);
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
