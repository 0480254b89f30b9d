import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, RpcException, Transport } from '@nestjs/microservices';

/** What each method of the service does, by its pattern. */
const HANDLERS = {
  answer: () => ({ id: 1 }),
  error: () => {
    throw new Error('The total is no number.');
  },
  object: () => {
    throw new RpcException({ code: 'OUT_OF_STOCK', message: 'Nothing is left of item 1.' });
  },
  text: () => {
    throw new RpcException('There is no item 1.');
  },
  status400: () => {
    throw new RpcException({ statusCode: 400, message: 'The link said: connect ECONNREFUSED 10.0.0.1:443' });
  },
  nothing: () => new Promise(() => {}),
};

/** The decorators, called by hand. */
function controller() {
  class Items {}
  for (const [pattern, handler] of Object.entries(HANDLERS)) {
    Items.prototype[pattern] = handler;
    const descriptor = Object.getOwnPropertyDescriptor(Items.prototype, pattern);
    MessagePattern(pattern)(Items.prototype, pattern, descriptor);
    Object.defineProperty(Items.prototype, pattern, descriptor);
  }
  Controller()(Items);
  return Items;
}

/** A microservice of Nest over TCP: { host, port, close }. */
export async function serve(keep, port = 0) {
  class App {}
  Module({ controllers: [controller()] })(App);
  const options = { host: '127.0.0.1', port };
  const app = await NestFactory.createMicroservice(App, { transport: Transport.TCP, options, logger: false });
  await app.listen();
  const close = () => app.close();
  keep(close);
  return { host: options.host, port: app.unwrap().address().port, close };
}

/** How long a call is under way when its server is closed. */
const UNDER_WAY_MS = 300;

/** `send(target, pattern)` is one call. */
export function answersOf(send) {
  const answer = (name, says, pattern) => ({
    name,
    says,
    call: async ({ keep }) => send({ ...(await serve(keep)), keep }, pattern),
  });
  return [
    answer('no such pattern', 'contrast', 'nobody'),
    answer('well', 'contrast', 'answer'),
    answer('RpcException with an object', 'contrast', 'object'),
    answer('RpcException with a text', 'contrast', 'text'),
    answer('RpcException that quotes', 'contrast', 'status400'),
    {
      name: 'closed in mid-request',
      says: 'transport',
      call: async ({ keep }) => {
        const service = await serve(keep);
        setTimeout(service.close, UNDER_WAY_MS);
        return send({ ...service, keep }, 'nothing');
      },
    },
  ];
}
