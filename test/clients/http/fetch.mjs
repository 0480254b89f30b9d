import crossFetch from 'cross-fetch';
import nodeFetch from 'node-fetch';
import { ofetch } from 'ofetch';
import createClient from 'openapi-fetch';
import ky1 from 'ky1';
import ky2 from 'ky2';
import { withTimeout } from './shared/signal.mjs';

const shared = { family: 'HTTP', faults: 'http', ownTimeout: true, takesSignal: true, off: '' };

/** The body is read, as everyone does, and the answer is given back. */
const readWhole = async (response) => {
  await response.text();
  return response;
};

const kySetup = (name, folder, ky) => ({
  ...shared,
  name,
  package: folder,
  off: 'retry: 0',
  call: ({ url, signal, timeoutMs }) =>
    ky(url, { signal, ...(timeoutMs && { timeout: timeoutMs, retry: 0 }) }).json(),
});

export const setups = [
  {
    ...shared,
    name: 'fetch',
    package: 'node',
    call: async ({ url, signal, timeoutMs }) =>
      readWhole(await fetch(url, { signal: withTimeout(signal, timeoutMs) })),
  },
  {
    ...shared,
    name: 'fetch, POST and json()',
    package: 'node',
    call: async ({ url, signal, timeoutMs }) => {
      const response = await fetch(url, {
        method: 'POST',
        body: '{"a":1}',
        signal: withTimeout(signal, timeoutMs),
      });
      await response.json();
      return response;
    },
  },
  {
    ...shared,
    name: 'node-fetch',
    package: 'node-fetch',
    call: async ({ url, signal, timeoutMs }) =>
      readWhole(await nodeFetch(url, { signal: withTimeout(signal, timeoutMs) })),
  },
  {
    ...shared,
    name: 'cross-fetch',
    package: 'cross-fetch',
    call: async ({ url, signal, timeoutMs }) =>
      readWhole(await crossFetch(url, { signal: withTimeout(signal, timeoutMs) })),
  },
  {
    ...shared,
    name: 'ofetch',
    package: 'ofetch',
    off: 'retry: 0',
    call: ({ url, signal, timeoutMs }) => ofetch(url, { signal, timeout: timeoutMs }),
  },
  {
    ...shared,
    name: 'openapi-fetch',
    package: 'openapi-fetch',
    call: ({ url, signal, timeoutMs }) =>
      createClient({ baseUrl: url }).GET('/items', { signal: withTimeout(signal, timeoutMs) }),
  },
  kySetup('ky 2', 'ky2', ky2),
  kySetup('ky 1', 'ky1', ky1),
];
