import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { text } from 'node:stream/consumers';

const shared = { package: 'node', family: 'HTTP', ownTimeout: true, takesSignal: true, off: '' };

function get({ url, secure, signal, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).get(
      url,
      { signal, timeout: timeoutMs, agent: false },
      (response) => {
        text(response).then(() => resolve(response), reject);
      },
    );
    request.on('error', reject);
    request.on('timeout', () => request.destroy());
  });
}

function get2({ url, signal, keep }) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(url);
    keep(() => session.destroy());
    session.on('error', reject);
    const stream = session.request({ ':path': '/' }, { signal });
    stream.on('error', reject);
    stream.on('response', (headers) => {
      text(stream).then(() => resolve({ status: headers[':status'] }), reject);
    });
    stream.on('close', () => reject(new Error('It is over.')));
  });
}

export const setups = [
  { ...shared, name: 'node:http', faults: 'http', call: get },
  {
    ...shared,
    name: 'node:http2',
    faults: ['refused', 'reset', 'closed', 'mute', 'unresolvable', 'plainTls', 'selfSigned'],
    ownTimeout: false,
    silent: { closed: 'the stream is only closed, without an error: the one thrown is of your own code' },
    call: get2,
  },
];
