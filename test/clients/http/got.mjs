import got14 from 'got14';
import got16 from 'got16';

const setup = (name, folder, got) => ({
  name,
  package: folder,
  family: 'HTTP',
  faults: 'http',
  ownTimeout: true,
  takesSignal: true,
  off: 'retry: { limit: 0 }',
  call: ({ url, signal, timeoutMs }) =>
    got(url, { signal, ...(timeoutMs && { timeout: { request: timeoutMs }, retry: { limit: 0 } }) }).json(),
});

export const setups = [setup('got 16', 'got16', got16), setup('got 14', 'got14', got14)];
