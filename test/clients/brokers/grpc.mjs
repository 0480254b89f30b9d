import grpc from '@grpc/grpc-js';

const { status } = grpc;

/** A service of one method, without a file: what is sent is bytes. */
const METHOD = {
  path: '/shop.Items/Ask',
  requestStream: false,
  responseStream: false,
  requestSerialize: (value) => value,
  requestDeserialize: (value) => value,
  responseSerialize: (value) => value,
  responseDeserialize: (value) => value,
};
const Client = grpc.makeGenericClientConstructor({ ask: METHOD }, 'Items');
const BYTES = Buffer.from('x');

function ask({ host, port, keep, timeoutMs }, options = {}) {
  const client = new Client(`${host}:${port}`, grpc.credentials.createInsecure());
  keep(() => client.close());
  const limits = timeoutMs ? { deadline: Date.now() + timeoutMs, ...options } : options;
  return new Promise((resolve, reject) => {
    client.ask(BYTES, new grpc.Metadata(), limits, (error, value) =>
      error ? reject(error) : resolve(value),
    );
  });
}

/** A server that answers each call with this number, or never. */
async function serving(keep, code) {
  const server = new grpc.Server();
  server.addService(
    { ask: METHOD },
    {
      ask: (_call, answer) => {
        if (code !== undefined) answer({ code, details: 'made up' });
      },
    },
  );
  const port = await new Promise((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  keep(() => server.forceShutdown());
  return { host: '127.0.0.1', port, server };
}

const answered = (name, says) => ({
  name,
  says,
  call: async ({ keep }) => {
    const { host, port } = await serving(keep, status[name]);
    return ask({ host, port, keep });
  },
});

export const setups = [
  {
    name: '@grpc/grpc-js',
    package: '@grpc/grpc-js',
    family: 'RPC',
    faults: 'tcp',
    real: 'here',
    ownTimeout: true,
    takesSignal: false,
    off: '',
    call: (target) => ask(target),
    answers: [
      answered('UNAVAILABLE', 'overload'),
      answered('RESOURCE_EXHAUSTED', 'overload'),
      answered('DEADLINE_EXCEEDED', 'timeout'),
      answered('ABORTED', 'contention'),
      answered('NOT_FOUND', 'contrast'),
      answered('INVALID_ARGUMENT', 'contrast'),
      answered('ALREADY_EXISTS', 'contrast'),
      answered('PERMISSION_DENIED', 'contrast'),
      answered('UNAUTHENTICATED', 'contrast'),
      answered('UNIMPLEMENTED', 'contrast'),
      answered('FAILED_PRECONDITION', 'contrast'),
      {
        name: 'shut down mid-call',
        tells: false,
        why: 'the server itself cancels the call, as a caller would',
        says: 'transport',
        call: async ({ keep }) => {
          const { host, port, server } = await serving(keep);
          setTimeout(() => server.forceShutdown(), 300);
          return ask({ host, port, keep });
        },
      },
    ],
  },
];
