#!/usr/bin/env bash
#
# @nestjs/platform-express 12.5.1 (@nestjs/common 12.5.1): when the source of a StreamableFile fails before its first
# byte, the client is told 400, "Bad Request". On @nestjs/platform-fastify 12.5.0 it is told 500, and on both when the
# handler itself throws the same error.
#
# Expected:
#   500: the disk or the upstream failed, the request was a good one. A 400 is not tried again, and is no alarm.
#
# Seen, and asserted line by line (with Node 20.20.2, 22.23.3 and 24.21.0):
#   | express, the handler throws: 500
#   | express, the file fails: 400 Bad Request
#   | express, the file fails, with setErrorHandler(): 500
#   | fastify, the handler throws: 500
#   | fastify, the file fails: 500
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  @nestjs/common@12.5.1 \
  @nestjs/core@12.5.1 \
  @nestjs/platform-express@12.5.1 \
  @nestjs/platform-fastify@12.5.0 \
  reflect-metadata@0.2.2 \
  rxjs@7.8.2 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import 'reflect-metadata';
import { Readable } from 'node:stream';
import { Controller, Get, Module, StreamableFile } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const fails = () => new Readable({ read() { this.destroy(new Error('disk')); } });

class Files {
  thrown() {
    throw new Error('disk');
  }
  file() {
    return new StreamableFile(fails());
  }
  handled() {
    return new StreamableFile(fails()).setErrorHandler((_error, response) => {
      response.statusCode = 500;
      response.end();
    });
  }
}
for (const name of ['thrown', 'file', 'handled']) {
  Get(name)(Files.prototype, name, Object.getOwnPropertyDescriptor(Files.prototype, name));
}
Controller()(Files);
class AppModule {}
Module({ controllers: [Files] })(AppModule);

async function ask(platform, adapter, stories) {
  const app = await NestFactory.create(AppModule, adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  for (const [name, story] of Object.entries(stories)) {
    const response = await fetch(`${url}/${name}`);
    const text = await response.text();
    console.log(`${platform}, ${story}: ${response.status}${response.status === 400 ? ` ${text}` : ''}`);
  }
  await app.close();
}

const both = { thrown: 'the handler throws', file: 'the file fails' };
await ask('express', new ExpressAdapter(), { ...both, handled: 'the file fails, with setErrorHandler()' });
await ask('fastify', new FastifyAdapter(), both);
process.exit(0);
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
