import Redis from 'ioredis';
import Redis5 from 'ioredis5';
import Valkey from 'iovalkey';
import { Queue } from 'bullmq';
import { createClient } from 'redis';
import { createClient as createClient5 } from 'redis5';
import { answersOf } from './shared/redis-answers.mjs';
import { busily } from './shared/busily.mjs';

const shared = { family: 'Redis', faults: 'tcp', real: 'redis', takesSignal: false };
/** Waits for an element that never comes. */
const WAIT_S = 5;

const ioredis = (name, folder, Client) => {
  const connect = ({ host, port, keep, timeoutMs }, options = {}) => {
    const client = new Client({ host, port, ...(timeoutMs && { commandTimeout: timeoutMs }), ...options });
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
    notes: 'commandTimeout ends the wait; the command may still run.',
    call: (target) => connect(target).get('item'),
    session: async (server, { keep }) => {
      const client = connect({ ...server, keep });
      const waiting = connect({ ...server, keep });
      return { quick: () => client.get('item'), slow: () => waiting.blpop('none', WAIT_S) };
    },
    answers: answersOf((server, options) => {
      const client = connect(server, options);
      return (...command) => client.call(...command);
    }),
  };
};

const nodeRedis = (name, folder, create) => {
  const connect = ({ url, host, port, keep, timeoutMs }) => {
    const client = create({
      url: url?.startsWith('redis:') ? url : `redis://${host}:${port}`,
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
    off: 'socket: { reconnectStrategy: false }, disableOfflineQueue: true',
    call: (target) => connect(target).get('item'),
    session: async (server, { keep }) => {
      const client = connect({ ...server, keep });
      const waiting = connect({ ...server, keep });
      return { quick: () => client.get('item'), slow: () => waiting.blPop('none', WAIT_S) };
    },
    answers: answersOf((server) => {
      const client = connect(server);
      return (...command) => client.sendCommand(command);
    }),
  };
};

function queueOf({ host, port, keep, timeoutMs }) {
  const connection = { host, port, ...(timeoutMs && { commandTimeout: timeoutMs }) };
  const queue = new Queue('orders', { connection });
  queue.on('error', () => {});
  keep(() => queue.disconnect());
  return queue;
}

export const setups = [
  ioredis('ioredis 6', 'ioredis', Redis),
  ioredis('ioredis 5', 'ioredis5', Redis5),
  ioredis('iovalkey', 'iovalkey', Valkey),
  nodeRedis('redis 6', 'redis', createClient),
  nodeRedis('redis 5', 'redis5', createClient5),
  {
    ...shared,
    name: 'bullmq, Queue.add',
    package: 'bullmq',
    family: 'Queue',
    ownTimeout: true,
    off: 'connection: { enableOfflineQueue: false }',
    call: (target) => queueOf(target).add('order', { id: 1 }),
    session: async (server, { keep }) => {
      const queue = queueOf({ ...server, keep });
      const waiting = queueOf({ ...server, keep });
      return {
        quick: () => queue.add('order', { id: 1 }),
        slow: () => busily(() => waiting.add('order', { id: 2 })),
      };
    },
  },
];
