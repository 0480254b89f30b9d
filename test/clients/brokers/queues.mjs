import amqp from 'amqplib';
import manager from 'amqp-connection-manager';
import { Kafka, logLevel } from 'kafkajs';
import mqtt from 'mqtt';
import { connect as connectNats } from '@nats-io/transport-node';

import { busily } from './shared/busily.mjs';

const shared = { family: 'Queue', faults: 'tcp', takesSignal: false };
const QUIET_MS = 5000;
const ignore = () => {};

/** A channel as people keep it. */
async function channelOf({ url, host, port, keep, timeoutMs }) {
  const address = url?.startsWith('amqp:') ? url : `amqp://guest:guest@${host}:${port}`;
  const connection = await amqp.connect(address, timeoutMs && { timeout: timeoutMs });
  connection.on('error', ignore);
  keep(() => connection.close());
  const channel = await connection.createConfirmChannel();
  channel.on('error', ignore);
  await channel.assertQueue('orders');
  return channel;
}

const publish = async (channel) => {
  channel.sendToQueue('orders', Buffer.from('x'));
  await channel.waitForConfirms();
};

async function managedOf({ url, host, port, keep, timeoutMs }) {
  const address = url?.startsWith('amqp:') ? url : `amqp://guest:guest@${host}:${port}`;
  const connection = manager.connect([address]);
  connection.on('error', ignore);
  keep(() => connection.close());
  return connection.createChannel({
    setup: (channel) => channel.assertQueue('orders'),
    ...(timeoutMs && { publishTimeout: timeoutMs }),
  });
}

async function natsOf({ url, host, port, keep, timeoutMs }) {
  const servers = url?.startsWith('nats:') ? url : `${host}:${port}`;
  const connection = await connectNats({ servers, ...(timeoutMs && { timeout: timeoutMs }) });
  keep(() => connection.close());
  return connection;
}

/** Somebody answers "quick"; nobody ever answers "slow". */
async function natsSession(server, { keep }) {
  const target = { ...server, keep };
  const [client, service] = [await natsOf(target), await natsOf(target)];
  service.subscribe('quick', { callback: (_, message) => message.respond('y') });
  service.subscribe('slow', { callback: ignore });
  await service.flush();
  return {
    quick: () => client.request('quick', 'x'),
    slow: () => client.request('slow', 'x', { timeout: 4 * QUIET_MS }),
  };
}

export const setups = [
  {
    ...shared,
    name: 'amqplib',
    package: 'amqplib',
    real: 'rabbitmq',
    ownTimeout: true,
    off: '',
    notes: 'It never comes back by itself; a frozen server is heard by the heartbeat alone.',
    call: async (target) => publish(await channelOf(target)),
    session: async (server, { keep }) => {
      const channel = await channelOf({ ...server, keep });
      return { quick: () => channel.checkQueue('orders'), slow: () => busily(() => publish(channel)) };
    },
    answers: [
      {
        name: 'missing queue',
        says: 'contrast',
        call: async (server) => (await channelOf(server)).checkQueue('missing'),
      },
      {
        name: 'wrong password',
        says: 'contrast',
        call: (server) => channelOf({ ...server, url: server.url.replace('guest:guest', 'guest:wrong') }),
      },
    ],
  },
  {
    ...shared,
    name: 'amqp-connection-manager',
    package: 'amqp-connection-manager',
    real: 'rabbitmq',
    ownTimeout: true,
    off: '',
    notes: 'It keeps what is published until a server is there; publishTimeout ends the wait.',
    call: async (target) => (await managedOf(target)).sendToQueue('orders', Buffer.from('x')),
    session: async (server, { keep }) => {
      const channel = await managedOf({ ...server, keep });
      return {
        quick: () => channel.sendToQueue('orders', Buffer.from('x')),
        slow: () => channel.sendToQueue('orders', Buffer.alloc(1)),
      };
    },
  },
  {
    ...shared,
    name: '@nats-io/transport-node',
    package: '@nats-io/transport-node',
    real: 'nats',
    ownTimeout: true,
    off: 'reconnect: false',
    call: async (target) => (await natsOf(target)).request('quick', 'x'),
    session: natsSession,
    answers: [
      {
        name: 'nobody listens',
        says: 'contrast',
        call: async (server) => (await natsOf(server)).request('nobody', 'x'),
      },
      {
        name: 'too large',
        says: 'contrast',
        call: async (server) => (await natsOf(server)).request('quick', new Uint8Array(2_000_000)),
      },
    ],
  },
  {
    ...shared,
    name: 'kafkajs, producer',
    package: 'kafkajs',
    ownTimeout: true,
    off: 'retry: { retries: 0 }',
    call: async ({ host, port, keep, timeoutMs }) => {
      const limits = timeoutMs && {
        requestTimeout: timeoutMs,
        connectionTimeout: timeoutMs,
        retry: { retries: 0 },
      };
      const kafka = new Kafka({ brokers: [`${host}:${port}`], logLevel: logLevel.NOTHING, ...limits });
      const producer = kafka.producer();
      keep(() => producer.disconnect());
      await producer.connect();
    },
  },
  {
    ...shared,
    name: 'mqtt, connectAsync',
    package: 'mqtt',
    ownTimeout: true,
    off: 'reconnectPeriod: 0',
    call: ({ host, port, timeoutMs, keep }) => mqttOf({ host, port, timeoutMs, keep }, true),
  },
  {
    ...shared,
    name: 'mqtt, publishAsync',
    package: 'mqtt',
    ownTimeout: false,
    off: 'reconnectPeriod: 0',
    notes: 'It keeps what is published until a broker is there.',
    call: async (target) => (await mqttOf(target, false)).publishAsync('orders', 'x', { qos: 1 }),
  },
];

async function mqttOf({ host, port, timeoutMs, keep }, isWaiting) {
  const url = `mqtt://${host}:${port}`;
  const options = timeoutMs ? { connectTimeout: timeoutMs, reconnectPeriod: 0 } : {};
  if (isWaiting) {
    const client = await mqtt.connectAsync(url, options, false);
    keep(() => client.endAsync(true));
    return client;
  }
  const client = mqtt.connect(url, options);
  client.on('error', ignore);
  keep(() => client.endAsync(true));
  return client;
}
