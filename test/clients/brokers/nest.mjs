import 'reflect-metadata';
import { credentials } from '@grpc/grpc-js';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import { fileURLToPath } from 'node:url';
import { busily } from './shared/busily.mjs';
import { answersOf } from './shared/nest-service.mjs';

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
    producerOnlyMode: true,
  }),
  GRPC: ({ host, port, secure }) => ({
    url: `${host}:${port}`,
    ...(secure && { credentials: credentials.createSsl() }),
    package: 'shop',
    protoPath: fileURLToPath(new URL('shared/items.proto', import.meta.url)),
  }),
};

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
  off: '',
  notes: 'Its own time-out is the operator `timeout` of rxjs.',
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

const TCP = nest('TCP', 'send');

export const setups = [
  {
    ...TCP,
    real: 'here',
    answers: answersOf((target, pattern) => firstValueFrom(proxyOf('TCP', target).send(pattern, {}))),
  },
  nest('TCP', 'emit'),
  overBroker('REDIS', 'redis'),
  nest('REDIS', 'emit'),
  overBroker('NATS', 'nats'),
  overBroker('RMQ', 'rabbitmq'),
  nest('MQTT', 'send'),
  nest('KAFKA', 'emit'),
  nest('GRPC', 'send'),
];
