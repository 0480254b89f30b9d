import 'reflect-metadata';
import { credentials } from '@grpc/grpc-js';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import { fileURLToPath } from 'node:url';
import { busily } from './shared/busily.mjs';
import { answersOf } from './shared/nest-service.mjs';

/** By default it waits about a second: it would be by chance whether it sees the server that is back. */
const CONNECTS_LATE = {
  'grpc.initial_reconnect_backoff_ms': 10_000,
  'grpc.min_reconnect_backoff_ms': 10_000,
  'grpc.max_reconnect_backoff_ms': 10_000,
};

const OPTIONS = {
  TCP: ({ host, port, secure }) => ({ host, port, ...(secure && { tlsOptions: {} }) }),
  REDIS: ({ host, port, secure }) => ({ host, port, ...(secure && { tls: {} }) }),
  NATS: ({ host, port, secure }) => ({ servers: [`nats://${host}:${port}`], ...(secure && { tls: {} }) }),
  RMQ: ({ host, port, secure }) => ({
    urls: [`${secure ? 'amqps' : 'amqp'}://guest:guest@${host}:${port}`],
    queue: 'orders',
  }),
  MQTT: ({ host, port, secure }) => ({ url: `${secure ? 'mqtts' : 'mqtt'}://${host}:${port}` }),
  KAFKA: ({ host, port, secure }) => ({
    client: { brokers: [`${host}:${port}`], logLevel: 0, ...(secure && { ssl: true }) },
  }),
  GRPC: ({ host, port, secure }) => ({
    url: `${host}:${port}`,
    ...(secure && { credentials: credentials.createSsl() }),
    package: 'shop',
    protoPath: fileURLToPath(new URL('shared/items.proto', import.meta.url)),
    channelOptions: CONNECTS_LATE,
  }),
};

/** What turns their own tries off. */
const OFF = { KAFKA: 'client: { retry: { retries: 0 } }' };

/** Which protocol comes before TLS. */
const TLS_AFTER = {
  TCP: 'nest',
  REDIS: 'redis',
  NATS: 'nats',
  RMQ: 'amqp',
  MQTT: 'mqtt',
  KAFKA: 'kafka',
  GRPC: 'grpc',
};

/** As a Nest app makes it; what it connects to is told by the first call. */
function proxyOf(transport, target) {
  const client = ClientProxyFactory.create({
    transport: Transport[transport],
    options: OPTIONS[transport](target),
  });
  target.keep(() => client.close?.());
  return client;
}

function asked(transport, how, target) {
  const client = proxyOf(transport, target);
  // Only then does it listen for answers.
  if (transport === 'KAFKA' && how === 'send') client.subscribeToResponseOf('ask');
  if (transport === 'GRPC') return client.getService('Items').ask({});
  return client[how]('ask', {});
}

const nest = (transport, how) => ({
  name: `ClientProxy ${transport}${how === 'emit' ? ', emit' : ''}`,
  package: '@nestjs/microservices',
  family: 'Nest',
  faults: 'tcp',
  tls: TLS_AFTER[transport],
  ownTimeout: true,
  takesSignal: false,
  timeout: 'timeout(ms) of rxjs',
  off: OFF[transport] ?? '',
  call: (target) => {
    const values = asked(transport, how, target);
    const { timeoutMs } = target;
    return firstValueFrom(timeoutMs ? values.pipe(timeout(timeoutMs)) : values, { defaultValue: undefined });
  },
});

/** Events are sent again and again: over a broker nobody has to listen. */
const overBroker = (transport, real) => ({
  ...nest(transport, 'send'),
  real,
  session: async (server, { keep }) => {
    const client = proxyOf(transport, { ...server, keep });
    const emit = () => firstValueFrom(client.emit('ask', {}), { defaultValue: undefined });
    return { quick: emit, slow: () => busily(emit) };
  },
});

const nobodyListens = (transport) => ({
  name: 'nobody listens',
  says: 'contrast',
  call: (target) => firstValueFrom(proxyOf(transport, target).send('nobody', {})),
});

/** `quick` and `slow` are calls of one client; the service answers the first one only. */
const ofService = (transport, real, quick, slow) => ({
  ...nest(transport, 'send'),
  real,
  session: async (server, { keep }) => {
    const client = proxyOf(transport, { ...server, keep });
    return { quick: () => firstValueFrom(quick(client)), slow: () => firstValueFrom(slow(client)) };
  },
});

export const setups = [
  {
    ...ofService(
      'TCP',
      'nest',
      (client) => client.send('answer', {}),
      (client) => client.send('nothing', {}),
    ),
    answers: answersOf((target, pattern) => firstValueFrom(proxyOf('TCP', target).send(pattern, {}))),
  },
  nest('TCP', 'emit'),
  overBroker('REDIS', 'redis'),
  nest('REDIS', 'emit'),
  { ...overBroker('NATS', 'nats'), answers: [nobodyListens('NATS')] },
  nest('NATS', 'emit'),
  overBroker('RMQ', 'rabbitmq'),
  nest('RMQ', 'emit'),
  nest('MQTT', 'send'),
  nest('MQTT', 'emit'),
  nest('KAFKA', 'send'),
  nest('KAFKA', 'emit'),
  ofService(
    'GRPC',
    'grpc',
    (client) => client.getService('Items').ask({}),
    (client) => client.getService('Items').wait({}),
  ),
];
