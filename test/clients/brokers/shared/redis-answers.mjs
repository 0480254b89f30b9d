import { createConnection } from 'node:net';
import { once } from 'node:events';

/** What only the operator of a server does. */
async function operate({ port }, command) {
  const socket = createConnection(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`${command}\r\n`);
  await once(socket, 'data');
  socket.destroy();
}

/** An answer of the server after it was brought into that state, and brought back. */
const answer = (name, says, command, { before = [], after = [], pauseMs = 0 } = {}) => ({
  name,
  says,
  run: async (server, connect) => {
    for (const one of before) await operate(server, one);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    try {
      return await connect(server)(...command);
    } finally {
      for (const one of after) await operate(server, one);
    }
  },
});

const ANSWERS = [
  answer('wrong type', 'contrast', ['LPUSH', 'text', '1'], { before: ['SET text x'] }),
  answer('unknown command', 'contrast', ['NOSUCH', 'a']),
  answer('wrong number of arguments', 'contrast', ['GET']),
  answer('no password', 'contrast', ['GET', 'item'], {
    before: ['CONFIG SET requirepass made-up'],
    after: ['AUTH made-up\r\nCONFIG SET requirepass ""'],
  }),
  answer('out of memory', 'overload', ['SET', 'item', 'x'], {
    before: ['CONFIG SET maxmemory 1'],
    after: ['CONFIG SET maxmemory 0'],
  }),
  answer('read-only replica', 'overload', ['SET', 'item', 'x'], {
    before: ['REPLICAOF 127.0.0.1 1'],
    after: ['REPLICAOF NO ONE'],
  }),
  answer('without its master', 'overload', ['GET', 'item'], {
    before: ['CONFIG SET replica-serve-stale-data no', 'REPLICAOF 127.0.0.1 1'],
    after: ['REPLICAOF NO ONE', 'CONFIG SET replica-serve-stale-data yes'],
    pauseMs: 200,
  }),
];

/** `connect(server, options)` gives a function that sends one command. */
export const answersOf = (connect) =>
  ANSWERS.map(({ name, says, run }) => ({
    name,
    says,
    call: (server) => run(server, connect),
  }));
