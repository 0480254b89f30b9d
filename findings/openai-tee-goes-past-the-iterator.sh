#!/usr/bin/env bash
#
# openai 6.49.0: `tee()` of a stream reads it past the stream's own `[Symbol.asyncIterator]`, `toReadableStream()` reads
# through it. So what was put there (a counter, a logger, a guard) sees nothing of a stream that is read by its halves.
# @anthropic-ai/sdk 1.14.0, where tee() is otherwise the same, reads through it.
#
# Expected:
#   Every way to read a stream goes through the one way by which all can be read.
#
# Seen, and asserted line by line (with Node 20.20.2, 22.23.3 and 24.21.0):
#   | openai, for await: through the iterator
#   | openai, toReadableStream(): through the iterator
#   | openai, tee(): past the iterator
#   | @anthropic-ai/sdk, for await: through the iterator
#   | @anthropic-ai/sdk, toReadableStream(): through the iterator
#   | @anthropic-ai/sdk, tee(): through the iterator
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  openai@6.49.0 \
  @anthropic-ai/sdk@1.14.0 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { once } from 'node:events';
import { createServer } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end('event: message_stop\ndata: {"type":"message_stop","choices":[]}\n\n');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const options = { apiKey: 'none', baseURL: `http://127.0.0.1:${server.address().port}` };
const messages = [{ role: 'user', content: 'Hello' }];
const asked = { model: 'm', max_tokens: 1, messages, stream: true };

const streams = {
  openai: () => new OpenAI(options).chat.completions.create(asked),
  '@anthropic-ai/sdk': () => new Anthropic(options).messages.create(asked),
};
const ways = {
  'for await': (stream) => stream,
  'toReadableStream()': (stream) => stream.toReadableStream(),
  'tee()': (stream) => stream.tee()[0],
};
for (const [name, open] of Object.entries(streams)) {
  for (const [way, readable] of Object.entries(ways)) {
    const stream = await open();
    const iterate = stream[Symbol.asyncIterator];
    let through = 'past';
    stream[Symbol.asyncIterator] = function () {
      through = 'through';
      return iterate.call(this);
    };
    let chunks = 0;
    for await (const _ of readable(stream)) chunks++;
    console.log(`${name}, ${way}: ${chunks === 1 ? through : 'not read'} the iterator`);
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
