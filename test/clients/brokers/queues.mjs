import { Kafka, logLevel } from 'kafkajs';
import mqtt from 'mqtt';
import { connect as connectNats } from '@nats-io/transport-node';

import { busily } from './shared/busily.mjs';
import { channelOf, managedOf, publish, publishOn, rabbitAnswers } from './shared/rabbit.mjs';

const shared = { family: 'Queue', faults: 'tcp', takesSignal: false };
/** It connects again every 2 s: a request after the kill and one that is made meanwhile both end between two tries. */
const REQUEST_MS = 2500;
const ignore = () => {};

async function natsOf({ host, port, secure, keep, timeoutMs }) {
  const options = { ...(secure && { tls: {} }), ...(timeoutMs && { timeout: timeoutMs }) };
  const connection = await connectNats({ servers: `${host}:${port}`, ...options });
  keep(() => connection.close());
  return connection;
}

/** It answers "quick" itself; nobody ever answers "slow". */
async function natsSession(server, { keep }) {
  const client = await natsOf({ ...server, keep });
  client.subscribe('quick', { callback: (_, message) => message.respond('y') });
  client.subscribe('slow', { callback: ignore });
  await client.flush();
  return {
    quick: () => client.request('quick', 'x', { timeout: REQUEST_MS }),
    slow: () => client.request('slow', 'x', { timeout: REQUEST_MS }),
  };
}

export const setups = [
  {
    ...shared,
    name: 'amqplib',
    timeout: 'timeout of connect()',
    package: 'amqplib',
    real: 'rabbitmq',
    tls: 'amqp',
    ownTimeout: true,
    off: '',
    notes:
      'It never comes back by itself; a frozen server is heard by the heartbeat alone. A message for a missing exchange closes the channel and throws the same "channel closed" as a lost connection: only the channel\'s event error has the 404.',
    call: async (target) => publish(await channelOf(target)),
    session: async (server, { keep }) => {
      const channel = await channelOf({ ...server, keep });
      return { quick: () => channel.checkQueue('orders'), slow: () => busily(() => publish(channel)) };
    },
    answers: rabbitAnswers(channelOf),
  },
  {
    ...shared,
    name: 'amqp-connection-manager',
    timeout: 'publishTimeout',
    package: 'amqp-connection-manager',
    real: 'rabbitmq',
    tls: 'amqp',
    ownTimeout: true,
    off: '',
    notes:
      'It keeps what is published until a server is there, also after a wrong password; publishTimeout ends the wait, nothing its tries. What was sent but not confirmed is thrown when the connection is lost.',
    call: async (target) => (await managedOf(target)).sendToQueue('orders', Buffer.from('x')),
    session: async (server, { keep }) => {
      const channel = await managedOf({ ...server, keep });
      return {
        quick: () => channel.sendToQueue('orders', Buffer.from('x')),
        slow: () => publishOn(channel),
      };
    },
    answers: [
      {
        name: 'wrong password',
        says: 'contrast',
        call: async (server) => {
          const url = server.url.replace('guest:guest', 'guest:wrong');
          return (await managedOf({ ...server, url })).sendToQueue('orders', Buffer.from('x'));
        },
      },
    ],
  },
  {
    ...shared,
    name: '@nats-io/transport-node',
    timeout: 'timeout of request()',
    package: '@nats-io/transport-node',
    real: 'nats',
    tls: 'nats',
    ownTimeout: true,
    off: 'reconnect: false',
    notes:
      'A request whose connection is lost ends by its own time-out (1 s); one that is made while it connects again is never sent, also when the server is back by then.',
    call: async (target) => (await natsOf(target)).request('quick', 'x'),
    session: natsSession,
    answers: [
      {
        name: 'nobody listens',
        says: 'contrast',
        call: async (server) => (await natsOf(server)).request('nobody', 'x'),
      },
      {
        name: 'nobody answers',
        says: 'timeout',
        call: async (server) => {
          const client = await natsOf(server);
          client.subscribe('slow', { callback: ignore });
          return client.request('slow', 'x');
        },
      },
      {
        name: 'connection closed by us',
        says: 'transport',
        call: async (server) => {
          const client = await natsOf(server);
          client.subscribe('slow', { callback: ignore });
          setTimeout(() => client.close(), 300);
          return client.request('slow', 'x', { timeout: REQUEST_MS });
        },
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
    timeout: 'connectionTimeout, requestTimeout',
    package: 'kafkajs',
    tls: 'kafka',
    ownTimeout: true,
    off: 'retry: { retries: 0 }',
    call: async ({ host, port, secure, keep, timeoutMs }) => {
      const limits = timeoutMs && {
        requestTimeout: timeoutMs,
        connectionTimeout: timeoutMs,
        retry: { retries: 0 },
      };
      const options = { logLevel: logLevel.NOTHING, ...(secure && { ssl: true }), ...limits };
      const kafka = new Kafka({ brokers: [`${host}:${port}`], ...options });
      const producer = kafka.producer();
      keep(() => producer.disconnect());
      await producer.connect();
    },
  },
  {
    ...shared,
    name: 'mqtt, connectAsync',
    timeout: 'connectTimeout',
    package: 'mqtt',
    tls: 'mqtt',
    ownTimeout: true,
    off: 'reconnectPeriod: 0',
    call: (target) => mqttOf(target, true),
  },
  {
    ...shared,
    name: 'mqtt, publishAsync',
    package: 'mqtt',
    tls: 'mqtt',
    ownTimeout: false,
    off: 'reconnectPeriod: 0',
    notes: 'It keeps what is published until a broker is there.',
    call: async (target) => (await mqttOf(target, false)).publishAsync('orders', 'x', { qos: 1 }),
  },
];

async function mqttOf({ host, port, secure, timeoutMs, keep }, isWaiting) {
  const url = `${secure ? 'mqtts' : 'mqtt'}://${host}:${port}`;
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
