import { createConnection } from 'node:net';
import { once } from 'node:events';
import { start } from '../../servers/redis.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** How long until what an operator has told a server is so. */
const SETTLED_MS = 300;

/** What only the operator of a server does. The connection that it gives is closed by `destroy()`. */
async function operate({ port }, command, { isAnswered = true } = {}) {
  const socket = createConnection(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`${command}\r\n`);
  if (!isAnswered) return socket;
  await once(socket, 'data');
  socket.destroy();
  return socket;
}

/** An answer of the server after it was brought into that state, and brought back. */
const answer = (name, says, command, { before = [], after = [], pauseMs = 0 } = {}) => ({
  name,
  says,
  run: async (server, connect) => {
    for (const one of before) await operate(server, one);
    if (pauseMs > 0) await wait(pauseMs);
    try {
      return await connect(server)(...command);
    } finally {
      for (const one of after) await operate(server, one);
    }
  },
});

/** A client that is connected already asks while a script runs without an end. */
async function whileBusy(server, connect) {
  await operate(server, 'CONFIG SET busy-reply-threshold 100');
  const ask = connect(server);
  await ask('GET', 'item');
  const endless = 'EVAL "while true do end" 0';
  const operator = await operate(server, endless, { isAnswered: false });
  await wait(SETTLED_MS);
  try {
    return await ask('GET', 'item');
  } finally {
    await operate(server, 'SCRIPT KILL');
    operator.destroy();
  }
}

/** A server of its own, with these settings. */
async function another({ keep }, options) {
  const server = await start(options);
  keep(() => server.stop());
  return { ...server, keep };
}

/** Three thousand keys, a thousandth of a second each. */
const SLOW_TO_LOAD = {
  'enable-debug-command': 'yes',
  'loading-process-events-interval-bytes': 1024,
  'key-load-delay': 1000,
};

async function whileLoading(target, connect) {
  const server = await another(target, SLOW_TO_LOAD);
  await operate(server, 'DEBUG POPULATE 3000 key 100');
  await operate(server, 'SAVE');
  await server.restart();
  return connect(server)('GET', 'item');
}

async function withoutSlots(target, connect) {
  const server = await another(target, { 'cluster-enabled': 'yes' });
  return connect(server)('GET', 'item');
}

/** The only place is taken by somebody else. */
async function whenFull(target, connect) {
  const server = await another(target, { maxclients: 1 });
  const holder = await takePlace(server);
  target.keep(() => holder.destroy());
  return connect(server)('GET', 'item');
}

/** Tried again while the server still counts a connection that has just been closed. */
async function takePlace({ port }, tries = 20) {
  const socket = createConnection(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('PING\r\n');
  const [said] = await once(socket, 'data');
  if (String(said).startsWith('+PONG')) return socket;
  socket.destroy();
  if (tries === 0) throw new Error(`No place in a server of one client. It said: ${said}`);
  await wait(SETTLED_MS / 6);
  return takePlace({ port }, tries - 1);
}

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
    pauseMs: SETTLED_MS,
  }),
  { name: 'busy with a script', says: 'overload', run: whileBusy },
  { name: 'loading', says: 'overload', run: whileLoading },
  { name: 'cluster without slots', says: 'overload', run: withoutSlots },
  { name: 'too many clients', says: 'overload', run: whenFull },
];

/**
 * `connect(server)` gives a function that sends one command; `saysFull` is what a client makes of a server that has no
 * place for it, where it does not pass on the answer.
 */
export const answersOf = (connect, { saysFull = 'overload', isKept = () => true } = {}) =>
  ANSWERS.filter(isKept).map(({ name, says, run }) => ({
    name,
    says: run === whenFull ? saysFull : says,
    call: (server) => run(server, connect),
  }));
