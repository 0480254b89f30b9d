import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, it } from '@jest/globals';
import axios, { AxiosError } from 'axios';

import { NetworkErrors } from '../../../lib/core/trackers/index.js';
import { HOSTILE } from './hostile.js';

const TIMEOUT = new DOMException('too late', 'TimeoutError');
const withCode = (code: string): Error => Object.assign(new Error(code), { code });
const caught = async (run: () => Promise<unknown>): Promise<unknown> =>
  run().then(
    () => undefined,
    (error: unknown) => error,
  );

/** The address of a server that answers like this; closed afterwards. */
async function served(answer: Parameters<typeof createServer>[1], use: (url: string) => Promise<unknown>) {
  const server = createServer(answer!);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('NetworkErrors', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ECONNABORTED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ETIMEDOUT',
    'ESOCKETTIMEDOUT',
    'ETIMEOUT',
    'EAI_FAIL',
    'EPIPE',
    'EHOSTUNREACH',
    'EHOSTDOWN',
    'ENETUNREACH',
    'ENETDOWN',
    'ENETRESET',
    'ERR_SOCKET_CONNECTION_TIMEOUT',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
    'UND_ERR_SOCKET',
    'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    'ERR_NETWORK',
  ])('knows %s, also below other errors', (code) => {
    const tracker = NetworkErrors();
    expect(tracker.isFailure(withCode(code))).toBe(true);
    expect(tracker.isFailure(new TypeError('fetch failed', { cause: withCode(code) }))).toBe(true);
    expect(tracker.isFailure(new AggregateError([new Error(), withCode(code)]))).toBe(true);
  });

  it.each([
    'ENOENT',
    'EACCES',
    'ABORT_ERR',
    'ERR_CANCELED',
    'ERR_BAD_RESPONSE',
    'UND_ERR_ABORTED',
    'CERT_HAS_EXPIRED',
  ])('does not take %s for one', (code) => {
    expect(NetworkErrors().isFailure(withCode(code))).toBe(false);
  });

  it.each<[string, unknown]>([
    ['an AbortError', new DOMException('given up', 'AbortError')],
    [
      'an answer that came before its signal was over',
      Object.assign(new AxiosError('not found', 'ERR_BAD_REQUEST'), {
        config: { signal: AbortSignal.abort(TIMEOUT) },
      }),
    ],
    ...HOSTILE.filter(([name]) => name !== 'a string'),
  ])('does not take %s for one', (_, error) => {
    expect(NetworkErrors().isFailure(error)).toBe(false);
  });

  it('reads like the code', () => {
    expect(String(NetworkErrors())).toBe('NetworkErrors()');
  });
});

describe('NetworkErrors of real clients', () => {
  const tracker = NetworkErrors();
  const silent = (): void => undefined;

  it('knows a refused connection of fetch and axios', async () => {
    const url = (await served(silent, (url) => Promise.resolve(url))) as string;
    expect(tracker.isFailure(await caught(() => fetch(url)))).toBe(true);
    expect(tracker.isFailure(await caught(() => axios.get(url, { proxy: false })))).toBe(true);
  });

  it('knows a connection that was cut', async () => {
    await served(
      (request) => request.socket.destroy(),
      async (url) => {
        expect(tracker.isFailure(await caught(() => fetch(url)))).toBe(true);
        expect(tracker.isFailure(await caught(() => axios.get(url, { proxy: false })))).toBe(true);
      },
    );
  });

  it('knows a timeout of AbortSignal.timeout and axios, and no abort of the caller', async () => {
    await served(silent, async (url) => {
      expect(tracker.isFailure(await caught(() => fetch(url, { signal: AbortSignal.timeout(1) })))).toBe(
        true,
      );
      expect(tracker.isFailure(await caught(() => axios.get(url, { timeout: 1, proxy: false })))).toBe(true);
      expect(tracker.isFailure(await caught(() => fetch(url, { signal: AbortSignal.abort() })))).toBe(false);
      const abort = { signal: AbortSignal.abort(), proxy: false } as const;
      expect(tracker.isFailure(await caught(() => axios.get(url, abort)))).toBe(false);
    });
  });

  it('does not take an answer for one', async () => {
    await served(
      (_, response) => response.writeHead(503).end(),
      async (url) => {
        const error = await caught(() => axios.get(url, { proxy: false }));
        expect(error).toBeInstanceOf(AxiosError);
        expect(tracker.isFailure(error)).toBe(false);
      },
    );
  });
});
