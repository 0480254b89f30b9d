// What real sockets showed of NetworkErrors(): see test/e2e/faults.e2e-spec.ts.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, it } from '@jest/globals';
import axios, { AxiosError, type AxiosRequestConfig } from 'axios';

import { NetworkErrors } from '../../lib/core/index.js';
import { rejection } from '../support/async.js';

/** What a request rejects with, to a server that does this. */
async function errorOf(answer: RequestListener, ask: (url: string) => Promise<unknown>): Promise<unknown> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await rejection(ask(`http://127.0.0.1:${port}`));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const axiosErrorOf = (answer: RequestListener, config: AxiosRequestConfig = {}): Promise<unknown> =>
  errorOf(answer, (url) => axios.get(url, { proxy: false, ...config }));

/** An answer that ends in the middle of its body. */
const cutOff =
  (...headers: string[]): RequestListener =>
  ({ socket }) =>
    socket.end(['HTTP/1.1 200 OK', 'content-length: 100', ...headers, '', 'beginning'].join('\r\n'));

const silent = (): void => undefined;
const isCounted = (error: unknown): boolean => NetworkErrors().isFailure(error);

describe('NetworkErrors', () => {
  it.each([
    ['UND_ERR_SOCKET', cutOff()],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', cutOff('connection: close')],
  ])('counts an answer that fetch saw cut off in the middle, as %s', async (code, answer) => {
    const error = await errorOf(answer, async (url) => (await fetch(url)).text());
    expect(error).toMatchObject({ message: 'terminated', cause: { code } });
    expect(isCounted(error)).toBe(true);
  });

  it('counts an answer that axios saw cut off in the middle', async () => {
    const error = await axiosErrorOf(cutOff());
    expect(error).toMatchObject({ code: 'ERR_BAD_RESPONSE', message: 'stream has been aborted' });
    expect(isCounted(error)).toBe(true);
    const ofOlderVersions = new AxiosError('maxContentLength size of -1 exceeded', 'ERR_BAD_RESPONSE');
    expect(isCounted(ofOlderVersions)).toBe(true);
  });

  it('does not count an answer that axios itself found too long', async () => {
    const error = await axiosErrorOf((_, response) => response.end('too long'), { maxContentLength: 1 });
    expect(error).toMatchObject({ code: 'ERR_BAD_RESPONSE' });
    expect(isCounted(error)).toBe(false);
  });

  it('counts a request of axios that AbortSignal.timeout() ended, though axios only says "canceled"', async () => {
    const timeout = AbortSignal.timeout(10);
    const error = await axiosErrorOf(silent, { signal: timeout });
    expect(error).toMatchObject({ code: 'ERR_CANCELED', message: 'canceled' });
    expect(isCounted(error)).toBe(true);
    const either = AbortSignal.any([new AbortController().signal, AbortSignal.timeout(10)]);
    expect(isCounted(await axiosErrorOf(silent, { signal: either }))).toBe(true);
  });

  it('does not count a request of axios that its caller gave up', async () => {
    const caller = new AbortController();
    const giveUp = (): void => caller.abort();
    expect(isCounted(await axiosErrorOf(giveUp, { signal: caller.signal }))).toBe(false);
  });
});
