import grpc from '@grpc/grpc-js';

const { status } = grpc;

/** A method without a file: what is sent is bytes. */
const method = (path) => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: (value) => value,
  requestDeserialize: (value) => value,
  responseSerialize: (value) => value,
  responseDeserialize: (value) => value,
});

/** The service of items.proto. */
export const ITEMS = { ask: method('/shop.Items/Ask'), wait: method('/shop.Items/Wait') };
/** An empty message. */
export const ITEM = Buffer.alloc(0);

/** A server whose `ask` gives this number, or an item; its `wait` never answers, and calls `onWait`. */
export async function serve({ code = status.OK, port = 0, onWait = () => {} } = {}) {
  const server = new grpc.Server();
  server.addService(ITEMS, {
    ask: (_call, answer) => (code === status.OK ? answer(null, ITEM) : answer({ code, details: 'made up' })),
    wait: onWait,
  });
  const bound = await new Promise((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, at) => (error ? reject(error) : resolve(at)));
  });
  return { host: '127.0.0.1', port: bound, close: () => server.forceShutdown() };
}

/** What the numbers mean: an answer about the call, or an ill service. */
const NUMBERS = {
  overload: ['UNAVAILABLE', 'RESOURCE_EXHAUSTED'],
  timeout: ['DEADLINE_EXCEEDED'],
  contention: ['ABORTED'],
  ill: ['INTERNAL', 'DATA_LOSS'],
  contrast: [
    'NOT_FOUND',
    'INVALID_ARGUMENT',
    'ALREADY_EXISTS',
    'PERMISSION_DENIED',
    'UNAUTHENTICATED',
    'UNIMPLEMENTED',
    'FAILED_PRECONDITION',
    'OUT_OF_RANGE',
    'UNKNOWN',
  ],
};

/** `ask(target)` and `wait(target)` are one call each. */
export function answersOf(ask, wait) {
  const answered = (name, says) => ({
    name,
    says,
    call: async ({ keep }) => {
      const { close, ...server } = await serve({ code: status[name] });
      keep(close);
      return ask({ ...server, keep });
    },
  });
  const answers = Object.entries(NUMBERS).flatMap(([says, names]) =>
    names.map((name) => answered(name, says)),
  );
  return [...answers, { ...SHUT_DOWN, call: (target) => shutDown(target, wait) }];
}

const SHUT_DOWN = {
  name: 'shut down mid-call',
  says: 'transport',
  tells: false,
  why: 'the server itself cancels the call, as a caller would',
};
async function shutDown({ keep }, wait) {
  const { close, ...server } = await serve({ onWait: () => close() });
  return wait({ ...server, keep });
}
