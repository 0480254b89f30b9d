import 'reflect-metadata';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import { fileURLToPath } from 'node:url';
import { busily } from './shared/busily.mjs';
import { answersOf } from './shared/nest-service.mjs';

const OPTIONS = {
  TCP: ({ host, port }) => ({ host, port }),
  REDIS: ({ host, port }) => ({ host, port }),
  NATS: ({ host, port }) => ({ servers: [`nats://${host}:${port}`] }),
  RMQ: ({ host, port }) => ({ urls: [`amqp://guest:guest@${host}:${port}`], queue: 'orders' }),
  MQTT: ({ host, port }) => ({ url: `mqtt://${host}:${port}` }),
  KAFKA: ({ host, port }) => ({
    client: { brokers: [`${host}:${port}`], logLevel: 0 },
    producerOnlyMode: true,
  }),
  GRPC: ({ host, port }) => ({
    url: `${host}:${port}`,
    package: 'shop',
    protoPath: fileURLToPath(new URL('shared/items.proto', import.meta.url)),
  }),
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
