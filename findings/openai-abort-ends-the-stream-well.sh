#!/usr/bin/env bash
#
# openai 6.49.0 and groq-sdk 1.6.0: a signal that aborts in the middle of a stream ends the loop over it as if the answer were
# whole; an abort before the first piece is thrown. So half an answer passes for a whole one, unless `finish_reason` is looked at.
#
# Expected:
#   the abort is thrown, as by @anthropic-ai/sdk and fetch.
#
# Seen, and asserted line by line (with Node 20.20.2):
#   | openai: 1 piece, and nothing is thrown
#   | groq-sdk: 1 piece, and nothing is thrown
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  openai@6.49.0 groq-sdk@1.6.0 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { once } from 'node:events';
import { createServer } from 'node:http';
import Groq from 'groq-sdk';
import OpenAI from 'openai';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const choices = [{ index: 0, delta: { content: 'hel' }, finish_reason: null }];
const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', choices })}\n\n`);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const settings = { baseURL: `http://127.0.0.1:${server.address().port}`, apiKey: 'made-up' };
const asked = { model: 'made-up', messages: [{ role: 'user', content: 'hello' }], stream: true };

async function seen(client) {
  const controller = new AbortController();
  const stream = await client.chat.completions.create(asked, { signal: controller.signal });
  let pieces = 0;
  try {
    for await (const _piece of stream) {
      pieces += 1;
      setTimeout(() => controller.abort(new Error('too late')), 50);
    }
    return `${pieces} piece, and nothing is thrown`;
  } catch (error) {
    return `${pieces} piece, then ${error.name}`;
  }
}

console.log(`openai: ${await seen(new OpenAI(settings))}`);
console.log(`groq-sdk: ${await seen(new Groq(settings))}`);
process.exit(0);
JS

seen=$(node --no-warnings show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
