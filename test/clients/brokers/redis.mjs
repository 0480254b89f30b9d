import Redis from 'ioredis';
import Redis5 from 'ioredis5';
import Valkey from 'iovalkey';
import { Queue } from 'bullmq';
import { createClient } from 'redis';
import { createClient as createClient5 } from 'redis5';
import { answersOf } from './shared/redis-answers.mjs';
import { busily } from './shared/busily.mjs';

const shared = { family: 'Redis', faults: 'tcp', real: 'redis', tls: 'redis', takesSignal: false };
/** Waits for an element that never comes. */
const WAIT_S = 5;

/**
 * By default the tries become rarer: it would be by chance whether a call that is made soon after the loss is among
 * those that the twenty-first try gives up.
 */
const GIVES_UP = {
  settings: { retryStrategy: () => 700 },
  notes:
    ' Only each twenty-first try gives up what waits, and the tries become rarer: half a minute, if one has just been.',
};

const ioredis = (name, folder, Client, { saysFull, settings, notes = '' } = {}) => {
  const connect = ({ host, port, secure, keep, timeoutMs }, settings) => {
    const limit = timeoutMs && { commandTimeout: timeoutMs };
    const client = new Client({ host, port, ...(secure && { tls: {} }), ...limit, ...settings });
    client.on('error', () => {});
    keep(() => client.disconnect());
    return client;
  };
  return {
    ...shared,
    name,
    package: folder,
    ownTimeout: true,
    off: 'maxRetriesPerRequest: 1',
    timeout: 'commandTimeout',
    notes: `What ends the wait does not end the command: it may still run.${notes}`,
    call: (target) => connect(target).get('item'),
    session: async (server, { keep }) => {
      const client = connect({ ...server, keep }, settings);
      const waiting = connect({ ...server, keep });
      return { quick: () => client.get('item'), slow: () => waiting.blpop('none', WAIT_S) };
    },
    answers: answersOf(
      (server) => {
        const client = connect(server);
        return (...command) => client.call(...command);
      },
      { saysFull },
    ),
  };
};

const nodeRedis = (name, folder, create, saysFull) => {
  const connect = ({ host, port, secure, keep, timeoutMs }) => {
    const client = create({
      url: `${secure ? 'rediss' : 'redis'}://${host}:${port}`,
      ...(timeoutMs && { socket: { socketTimeout: timeoutMs }, commandOptions: { timeout: timeoutMs } }),
    });
    client.on('error', () => {});
    keep(() => client.destroy());
    // What comes of connecting is heard by the commands that wait for it.
    client.connect().catch(() => {});
    return client;
  };
  return {
    ...shared,
    name,
    package: folder,
    ownTimeout: true,
    takesSignal: true,
    timeout: 'commandOptions: { timeout }, socket: { socketTimeout }',
    off: 'socket: { reconnectStrategy: false }, disableOfflineQueue: true',
    notes:
      'withAbortSignal() ends a command only while it waits to be sent; socketTimeout ends those that are sent.',
    call: (target) => {
      const client = connect(target);
      return (target.signal ? client.withAbortSignal(target.signal) : client).get('item');
    },
    session: async (server, { keep }) => {
      const client = connect({ ...server, keep });
      const waiting = connect({ ...server, keep });
      return { quick: () => client.get('item'), slow: () => waiting.blPop('none', WAIT_S) };
    },
    answers: answersOf(
      (server) => {
        const client = connect(server);
        return (...command) => client.sendCommand(command);
      },
      { saysFull },
    ),
  };
};

function queueOf({ host, port, secure, keep, timeoutMs }, settings = {}) {
  const limits = timeoutMs && { skipWaitingForReady: true };
  const limit = timeoutMs && { commandTimeout: timeoutMs };
  const connection = { host, port, ...(secure && { tls: {} }), ...limit, ...settings };
  const queue = new Queue('orders', { connection, ...limits });
  queue.on('error', () => {});
  keep(() => queue.disconnect());
  return queue;
}

/** By default the last tries are twenty seconds apart: it would be by chance whether the server is back in time. */
const TRIED_OFTEN = { retryStrategy: () => 5000 };

/** What is answered to any command; a server that loads or is full is waited for without an end. */
const isMetByQueues = ({ name, says }) =>
  says === 'overload' && name !== 'loading' && name !== 'too many clients';

export const setups = [
  ioredis('ioredis 6', 'ioredis', Redis),
  ioredis('ioredis 5', 'ioredis5', Redis5, { ...GIVES_UP, saysFull: 'transport' }),
  ioredis('iovalkey', 'iovalkey', Valkey, GIVES_UP),
  nodeRedis('redis 6', 'redis', createClient),
  nodeRedis('redis 5', 'redis5', createClient5, 'transport'),
  {
    ...shared,
    name: 'bullmq, Queue.add',
    timeout: 'connection: { commandTimeout }, skipWaitingForReady: true',
    package: 'bullmq',
    family: 'Queue',
    ownTimeout: true,
    off: 'skipWaitingForReady: true, connection: { maxRetriesPerRequest: 1 }',
    notes:
      'It waits until Redis is there. Neither commandTimeout nor enableOfflineQueue: false of its connection ends the first wait without skipWaitingForReady: true.',
    call: (target) => queueOf(target).add('order', { id: 1 }),
    session: async (server, { keep }) => {
      const queue = queueOf({ ...server, keep }, TRIED_OFTEN);
      const waiting = queueOf({ ...server, keep });
      return {
        quick: () => queue.add('order', { id: 1 }),
        slow: () => busily(() => waiting.add('order', { id: 2 })),
      };
    },
    answers: answersOf(
      (server) => {
        const queue = queueOf(server);
        return () => queue.add('order', { id: 1 });
      },
      { isKept: isMetByQueues },
    ),
  },
];
