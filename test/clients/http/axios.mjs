import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import axiosRetry from 'axios-retry';
import { firstValueFrom } from 'rxjs';

const shared = {
  package: 'axios',
  family: 'HTTP',
  faults: 'http',
  ownTimeout: true,
  takesSignal: true,
  off: '',
};

function retrying() {
  const client = axios.create();
  axiosRetry(client);
  return client;
}

export const setups = [
  {
    ...shared,
    name: 'axios',
    call: ({ url, signal, timeoutMs }) => axios.get(url, { signal, timeout: timeoutMs }),
  },
  {
    ...shared,
    name: 'axios, adapter fetch',
    call: ({ url, signal, timeoutMs }) => axios.get(url, { signal, timeout: timeoutMs, adapter: 'fetch' }),
  },
  {
    ...shared,
    name: 'axios, stream',
    call: async ({ url, signal, timeoutMs }) => {
      const { data } = await axios.get(url, { signal, timeout: timeoutMs, responseType: 'stream' });
      const chunks = [];
      for await (const chunk of data) chunks.push(chunk);
      return chunks;
    },
  },
  {
    ...shared,
    name: 'axios-retry',
    package: 'axios-retry',
    off: 'retries: 0',
    call: ({ url, signal, timeoutMs }) => retrying().get(url, { signal, timeout: timeoutMs }),
  },
  {
    ...shared,
    name: '@nestjs/axios',
    package: '@nestjs/axios',
    call: ({ url, signal, timeoutMs }) =>
      firstValueFrom(new HttpService(axios.create()).get(url, { signal, timeout: timeoutMs })),
  },
];
