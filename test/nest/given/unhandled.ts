// A process of its own: prints what each way of asking leaves unhandled, as JSON.
import 'reflect-metadata';

import { setTimeout } from 'node:timers/promises';

import { Test } from '@nestjs/testing';
import createKnex from 'knex';
import { BreakerRegistry, FluxgateModule } from 'nestjs-fluxgate';

import { Chat, LLM, read, SDKS, type ApiPromise, type Helper } from './llm.js';
import { LlmServer } from './llm-server.js';
import { Postgres } from './postgres.js';
import { until } from './until.js';

const stray: unknown[] = [];
process.on('unhandledRejection', (error) => stray.push(error));

/** Counts once what was asked has been answered, and three questions that were asked after it. */
async function strayOf(
  asked: () => number,
  next: () => Promise<unknown>,
  run: () => unknown,
): Promise<string[]> {
  stray.length = 0;
  const before = asked();
  run();
  await until('it was asked', () => asked() > before);
  for (let i = 0; i < 3; i++) await next();
  await setTimeout(10);
  return stray.map(String);
}

const ASKS: Record<string, (answer: ApiPromise<object>) => unknown> = {
  'never awaited': () => undefined,
  caught: (answer) => answer.catch(() => undefined),
  'then without a handler of rejections': (answer) => void answer.then(() => undefined),
  'withResponse() caught': (answer) => answer.withResponse().catch(() => undefined),
  'asResponse() caught': (answer) => answer.asResponse().catch(() => undefined),
  'withResponse() not caught': (answer) => void answer.withResponse(),
  'awaited twice, caught twice': (answer) => Promise.allSettled([answer, answer]),
};

const server = await LlmServer.start();
const strayOfLlm = (run: () => unknown): Promise<string[]> =>
  strayOf(
    () => server.requests,
    async () => (await fetch(server.url, { method: 'POST', body: '{}' })).text(),
    run,
  );
server.status = 500;
const told: Record<string, Record<string, string[]>> = {};
for (const { name, make } of SDKS) {
  const app = await Test.createTestingModule({
    imports: [FluxgateModule.forRoot({ breakers: { shop: {} }, logger: false })],
    providers: [Chat, { provide: LLM, useValue: make(server.url) }],
  }).compile();
  await app.init();
  const chat = app.get(Chat);
  const breaker = app.get(BreakerRegistry).get('shop');
  const ways: Record<string, () => unknown> = {
    bare: () => chat.llm.create(),
    undeclared: () => chat.undeclared(),
    declared: () => chat.declared(),
    executeSync: () => breaker.executeSync(() => chat.llm.create()),
    disabled: () => (breaker.disable(), chat.undeclared()),
  };
  for (const [ask, by] of Object.entries(ASKS)) {
    const answers: Record<string, string[]> = {};
    for (const [way, give] of Object.entries(ways)) {
      answers[way] = await strayOfLlm(() => by(give() as ApiPromise<object>));
      breaker.reset();
    }
    told[`${name}, ${ask}`] = answers;
  }
  const HELPERS: Record<string, (helper: Helper) => unknown> = {
    'helper never read': () => undefined,
    'helper read and caught': (helper) => read(helper).catch(() => undefined),
    'helper read and not caught': (helper) => void read(helper),
    'helper asked for the whole, caught': (helper) => chat.llm.final(helper).catch(() => undefined),
  };
  for (const [ask, by] of Object.entries(HELPERS)) {
    const bare = await strayOfLlm(() => by(chat.llm.helper()));
    const undeclared = await strayOfLlm(() => by(chat.helper()));
    told[`${name}, ${ask}`] = { bare, undeclared };
    breaker.reset();
  }
  await app.close();
}
await server.stop();

const postgres = await Postgres.start();
postgres.mood = 'fail';
const connection = { host: '127.0.0.1', port: postgres.port, user: 'u', database: 'd' };
const knex = createKnex({ client: 'pg', version: '16.0', connection, pool: { min: 0, max: 5 } });
const breaker = new BreakerRegistry().create('shop');
const find = breaker.wrap(async () => knex('orders'));
const strayOfKnex = (run: () => unknown): Promise<string[]> =>
  strayOf(
    () => postgres.queries.length,
    () => knex.raw('select 1').catch(() => undefined),
    run,
  );
told['knex, then without a handler of rejections'] = {
  bare: await strayOfKnex(() => void knex('orders').then(() => undefined)),
  wrapped: await strayOfKnex(() => void find().then(() => undefined)),
};
await knex.destroy();
await postgres.stop();

process.stdout.write(JSON.stringify(told));
