import grpc from '@grpc/grpc-js';
import { answersOf, ITEM, ITEMS } from './shared/grpc-service.mjs';

const Client = grpc.makeGenericClientConstructor(ITEMS, 'Items');

function connect({ host, port, secure, keep }, settings) {
  const credentials = secure ? grpc.credentials.createSsl() : grpc.credentials.createInsecure();
  const client = new Client(`${host}:${port}`, credentials, settings);
  keep(() => client.close());
  return client;
}

/** By default it waits about a second: it would be by chance whether it sees the server that is back. */
const CONNECTS_LATE = {
  'grpc.initial_reconnect_backoff_ms': 10_000,
  'grpc.min_reconnect_backoff_ms': 10_000,
  'grpc.max_reconnect_backoff_ms': 10_000,
};

/** One call as a promise; the signal cancels it. */
function call(client, method, { timeoutMs, signal } = {}) {
  const limits = timeoutMs ? { deadline: Date.now() + timeoutMs } : {};
  return new Promise((resolve, reject) => {
    const begun = client[method](ITEM, new grpc.Metadata(), limits, (error, value) =>
      error ? reject(error) : resolve(value),
    );
    signal?.addEventListener('abort', () => begun.cancel(), { once: true });
  });
}

export const setups = [
  {
    name: '@grpc/grpc-js',
    package: '@grpc/grpc-js',
    family: 'RPC',
    faults: 'tcp',
    real: 'grpc',
    tls: 'grpc',
    ownTimeout: true,
    takesSignal: true,
    off: '',
    notes:
      'It takes no signal: give its abort to cancel() of the call. After a loss every call fails for about a second, until it connects again.',
    call: (target) => call(connect(target), 'ask', target),
    session: async (server, { keep }) => {
      const client = connect({ ...server, keep }, CONNECTS_LATE);
      return { quick: () => call(client, 'ask'), slow: () => call(client, 'wait') };
    },
    answers: answersOf(
      (target) => call(connect(target), 'ask'),
      (target) => call(connect(target), 'wait'),
    ),
  },
];
