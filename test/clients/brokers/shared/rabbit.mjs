import amqp from 'amqplib';
import manager from 'amqp-connection-manager';

const ignore = () => {};
const addressOf = ({ url, host, port, secure }) =>
  url?.startsWith('amqp:') ? url : `${secure ? 'amqps' : 'amqp'}://guest:guest@${host}:${port}`;

/** A channel of amqplib as people keep it. */
export async function channelOf(target) {
  const { keep, timeoutMs } = target;
  const connection = await amqp.connect(addressOf(target), timeoutMs && { timeout: timeoutMs });
  connection.on('error', ignore);
  keep(() => connection.close());
  const channel = await connection.createConfirmChannel();
  channel.on('error', ignore);
  await channel.assertQueue('orders');
  return channel;
}

export async function publish(channel, queue = 'orders') {
  channel.sendToQueue(queue, Buffer.from('x'));
  await channel.waitForConfirms();
}

/** A channel that is made anew after each loss of the connection. */
export async function managedOf(target) {
  const { keep, timeoutMs } = target;
  const connection = manager.connect([addressOf(target)]);
  connection.on('error', ignore);
  keep(() => connection.close());
  return connection.createChannel({
    setup: (channel) => channel.assertQueue('orders'),
    ...(timeoutMs && { publishTimeout: timeoutMs }),
  });
}

const BUSY_MS = 5000;

/** One message after the other without a pause, so that one is always in flight. */
export async function publishOn(channel) {
  for (const endsAt = Date.now() + BUSY_MS; Date.now() < endsAt;) {
    await channel.sendToQueue('orders', Buffer.from('x'));
  }
}

/** What a well RabbitMQ answers to a client that has one channel. */
export const rabbitAnswers = (connect) => [
  {
    name: 'missing queue',
    says: 'contrast',
    call: async (server) => (await connect(server)).checkQueue('missing'),
  },
  {
    name: 'queue with other settings',
    says: 'contrast',
    call: async (server) => (await connect(server)).assertQueue('orders', { maxLength: 7 }),
  },
  {
    name: 'wrong password',
    says: 'contrast',
    call: (server) => connect({ ...server, url: server.url.replace('guest:guest', 'guest:wrong') }),
  },
  {
    name: 'full queue',
    says: 'overload',
    tells: false,
    why: 'a nack has no reason',
    call: async (server) => {
      const channel = await connect(server);
      await channel.assertQueue('full', { maxLength: 1, overflow: 'reject-publish', exclusive: true });
      for (let i = 0; i < 3; i++) await publish(channel, 'full');
    },
  },
];
