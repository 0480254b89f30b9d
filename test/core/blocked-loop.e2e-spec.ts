import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  AllowAll,
  Breaker,
  CallTimeoutException,
  FailureRate,
  MinRequests,
  type BreakerOptions,
} from '../../lib/core/index.js';
import { rejection } from '../support/async.js';

let server: ChildProcess;
let url: string;

beforeAll(async () => {
  server = fork(fileURLToPath(new URL('processes/server.mjs', import.meta.url)));
  const [port] = (await once(server, 'message')) as [number];
  url = `http://127.0.0.1:${port}`;
});

afterAll(() => {
  server.disconnect();
});

const ask = (signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (data: string) => (text += data));
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });

const block = (ms: number): void => {
  for (const endMs = performance.now() + ms; performance.now() < endMs;);
};

/** Blocks the loop in a callback of I/O, as a big JSON.parse of an answer would, when the requests are on their way. */
const blockInIo = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(() => {
      readFile(import.meta.filename, () => (block(ms), resolve()));
    }, 30);
  });

const OPTIONS: BreakerOptions = {
  timeoutMs: 300,
  tripper: MinRequests(20).and(FailureRate(0.5)),
  permit: AllowAll(),
};

describe('a loop that was blocked for longer than timeoutMs', () => {
  it('makes no time-outs of 100 answers that are there, and opens no circuit', async () => {
    const breaker = new Breaker('pings', OPTIONS);
    const calls = Array.from({ length: 100 }, () => breaker.execute(({ signal }) => ask(signal)));
    await blockInIo(600);
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['pong']));
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: { success: 100, failure: 0 } });
  });

  it('fails no probe whose answer is there, though another call comes first', async () => {
    const breaker = new Breaker('pings', { ...OPTIONS, maxHalfOpenCalls: 50 });
    breaker.forceOpen({ forMs: 1 });
    block(2);
    const probes = Array.from({ length: 30 }, () => breaker.execute(({ signal }) => ask(signal)));
    await blockInIo(600);
    const another = breaker.execute(() => 'pong'); // Asks for its place before the answers are read.
    expect(new Set(await Promise.all([...probes, another]))).toEqual(new Set(['pong']));
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: { failure: 0 } });
  });

  it('still times out what has no answer', async () => {
    const breaker = new Breaker('pings', OPTIONS);
    const call = rejection(breaker.execute(() => new Promise(() => undefined)));
    await blockInIo(600);
    expect(await call).toBeInstanceOf(CallTimeoutException);
  });
});
