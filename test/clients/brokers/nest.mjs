import 'reflect-metadata';
import { ClientProxyFactory, ServerTCP, Transport } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import { fileURLToPath } from 'node:url';
import { busily } from './shared/busily.mjs';

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

/** A microservice of Nest over TCP without any handler. */
async function tcpService(keep) {
  const server = new ServerTCP({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve, reject) => server.listen((error) => (error ? reject(error) : resolve())));
  keep(() => server.close());
  return { host: '127.0.0.1', port: server.unwrap().address().port, keep };
}

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
    answers: [
      {
        name: 'no such pattern',
        says: 'contrast',
        call: async ({ keep }) => firstValueFrom(proxyOf('TCP', await tcpService(keep)).send('nobody', {})),
      },
    ],
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
