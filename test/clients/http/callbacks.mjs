import needle from 'needle';
import request from 'request';
import superagent from 'superagent';

const shared = { family: 'HTTP', faults: 'http', ownTimeout: true, takesSignal: false, off: '' };

function requested({ url, timeoutMs }) {
  return new Promise((resolve, reject) => {
    request(url, { timeout: timeoutMs }, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

/** It has a then of its own, which starts it. */
async function superRequest({ url, timeoutMs }) {
  const started = superagent.get(url);
  return await (timeoutMs === undefined ? started : started.timeout(timeoutMs));
}

export const setups = [
  { ...shared, name: 'superagent', timeout: '.timeout(ms)', package: 'superagent', call: superRequest },
  {
    ...shared,
    name: 'needle',
    package: 'needle',
    takesSignal: true,
    call: ({ url, signal, timeoutMs }) => needle('get', url, { signal, response_timeout: timeoutMs }),
  },
  { ...shared, name: 'request', timeout: 'timeout', package: 'request', call: requested },
];
