import { Inject, Injectable } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import createKnex, { type Knex } from 'knex';
import { CircuitBreaker, FailureStreak } from 'nestjs-fluxgate';
import { ManualClock, RecordingListener } from 'nestjs-fluxgate/testing';

import { rejection, settled } from '../../support/async.js';
import { BRITTLE, breakerOf, calls, closeAll, start } from '../apps.js';
import { Postgres } from './postgres.js';
import { until } from './until.js';

const KNEX = Symbol('knex');
const ROWS = [{ id: 1, name: 'first' }];
const REJECTED = { code: 'CIRCUIT_NOT_PERMITTED' };

@Injectable()
class Orders {
  built = 0;

  constructor(@Inject(KNEX) readonly knex: Knex) {}

  private query(): Knex.QueryBuilder {
    this.built++;
    return this.knex('orders').where({ id: 1 });
  }

  @CircuitBreaker('shop')
  undeclared() {
    return this.query();
  }
  @CircuitBreaker('shop')
  // oxlint-disable-next-line typescript/no-explicit-any -- how such methods are often declared
  any(): any {
    return this.query();
  }
  @CircuitBreaker('shop')
  declared(): Knex.QueryBuilder {
    return this.query();
  }
  @CircuitBreaker('shop', { returns: 'thenable' })
  said() {
    return this.query();
  }
  @CircuitBreaker('shop')
  asPromise(): Promise<unknown> {
    return this.query();
  }
  @CircuitBreaker('shop')
  async async() {
    return this.query();
  }
  @CircuitBreaker('shop')
  raw() {
    return this.knex.raw('select 1');
  }
  @CircuitBreaker('shop')
  insert() {
    return this.knex('orders').insert({ name: 'new' });
  }
  @CircuitBreaker('shop')
  schema() {
    return this.knex.schema.dropTableIfExists('orders');
  }
}

const LAZY = ['undeclared', 'any', 'declared', 'said'] as const;

let postgres: Postgres;
let knex: Knex;
let clock: ManualClock;
let app: TestingModule;
let orders: Orders;

beforeAll(async () => {
  postgres = await Postgres.start();
  const connection = { host: '127.0.0.1', port: postgres.port, user: 'u', database: 'd', ssl: false };
  knex = createKnex({ client: 'pg', version: '16.0', connection, pool: { min: 0, max: 5 } });
});
afterAll(async () => {
  await postgres.stop(); // First: knex waits for what hangs.
  await knex.destroy();
});
beforeEach(async () => {
  postgres.mood = 'answer';
  postgres.queries.length = 0;
  clock = new ManualClock();
  const shop = { ...BRITTLE, tripper: FailureStreak(5), timeoutMs: 50 };
  app = await start(
    { providers: [Orders, { provide: KNEX, useValue: knex }] },
    { breakers: { shop }, clock },
  );
  orders = app.get(Orders);
});
afterEach(closeAll);

/** Every method knows its shape by now, and nothing was counted. */
async function learned(): Promise<void> {
  for (const kind of LAZY) await orders[kind]();
  postgres.queries.length = 0;
  orders.built = 0;
}

describe.each(LAZY)('a query of knex that a method gives (%s)', (kind) => {
  it('is a call once it is awaited', async () => {
    const query = orders[kind]();
    await settled();
    expect(breakerOf(app).snapshot().calls).toMatchObject({ admitted: 0, inFlight: 0, rejected: 0 });
    expect(postgres.queries).toEqual([]);
    expect(await query).toEqual(ROWS);
    expect(calls(app)).toEqual({ success: 1 });
    expect(postgres.queries).toEqual(['select * from "orders" where "id" = $1']);
  });

  it('opens the circuit by failing awaits, and then nothing reaches the server', async () => {
    postgres.mood = 'fail';
    const errors: unknown[] = [];
    for (let i = 0; i < 20; i++) errors.push(await rejection(orders[kind]()));
    expect(breakerOf(app).state).toBe('open');
    expect(postgres.queries).toHaveLength(5);
    expect(calls(app)).toEqual({ failure: 5, rejected: 15 });
    expect(errors.slice(0, 5).map((error) => (error as { code?: unknown }).code)).toEqual(
      Array(5).fill('53300'),
    );
    for (const error of errors.slice(5)) expect(error).toMatchObject(REJECTED);
  });

  it('is built while the circuit is open, with all its methods, and rejected when it is awaited', async () => {
    await learned();
    breakerOf(app).forceOpen();
    const query = orders[kind]();
    expect(orders.built).toBe(1);
    expect(query.toSQL().sql).toBe('select * from "orders" where "id" = ?');
    expect(query.toString()).toBe('select * from "orders" where "id" = 1');
    expect(await rejection(query)).toMatchObject(REJECTED);
    expect(await rejection(query.andWhere('name', 'first').limit(1))).toMatchObject(REJECTED);
    await settled();
    expect(postgres.queries).toEqual([]);
    expect(calls(app)).toMatchObject({ rejected: 2 });
  });

  it('that was built while closed is asked when it is awaited', async () => {
    const query = orders[kind]();
    breakerOf(app).forceOpen();
    expect(await rejection(query)).toMatchObject(REJECTED);
    breakerOf(app).reset();
    expect(await query).toEqual(ROWS);
    expect(postgres.queries).toHaveLength(1);
  });
});

describe('a query of knex', () => {
  it('stays one: instanceof, toSQL, clone, a subquery of another one', async () => {
    const plain = orders.knex('orders');
    const query = orders.undeclared();
    expect(query).toBeInstanceOf(plain.constructor);
    expect(Object.getPrototypeOf(query)).toBe(Object.getPrototypeOf(plain));
    expect(query.clone().toSQL().sql).toBe('select * from "orders" where "id" = ?');
    const outer = orders.knex('items').whereIn('order', orders.undeclared().select('id'));
    expect(outer.toQuery()).toBe(
      'select * from "items" where "order" in (select "id" from "orders" where "id" = 1)',
    );
    expect(await outer).toEqual(ROWS);
    expect(calls(app)).toEqual({}); // The outer one is nobody's method.
  });

  it.each([
    ['where', () => orders.undeclared().where('name', 'first').orderBy('id').limit(3)],
    ['select', () => orders.undeclared().select('id', 'name')],
    ['first', () => orders.undeclared().first()],
    ['clone', () => orders.undeclared().clone()],
    ['modify', () => orders.undeclared().modify((builder: Knex.QueryBuilder) => builder.limit(1))],
  ])('is guarded through a chain by %s', async (_name, chained) => {
    const query = chained();
    expect(calls(app)).toEqual({});
    expect([await query].flat()).toEqual(ROWS);
    expect(calls(app)).toEqual({ success: 1 });
    postgres.mood = 'fail';
    expect(await rejection(chained())).toMatchObject({ code: '53300' });
    expect(calls(app)).toEqual({ success: 1, failure: 1 });
    breakerOf(app).forceOpen();
    postgres.queries.length = 0;
    expect(await rejection(chained())).toMatchObject(REJECTED);
    await settled();
    expect(postgres.queries).toEqual([]);
  });

  it('that is awaited twice is two calls', async () => {
    const query = orders.undeclared();
    expect(await query).toEqual(ROWS);
    expect(await query).toEqual(ROWS);
    expect(calls(app)).toEqual({ success: 2 });
    expect(postgres.queries).toHaveLength(2);
  });

  it('is one call each in Promise.all', async () => {
    await Promise.all([orders.undeclared(), orders.any(), orders.said()]);
    expect(calls(app)).toEqual({ success: 3 });
    expect(postgres.queries).toHaveLength(3);
  });

  it('fails where its own catch, or a rejection handler, makes good of it', async () => {
    postgres.mood = 'fail';
    expect(await orders.undeclared().catch(() => 'caught')).toBe('caught');
    expect(await orders.undeclared().then(null, () => 'handled')).toBe('handled');
    const ends: string[] = [];
    const ended = orders.undeclared().finally(() => ends.push('end'));
    expect(await rejection(ended)).toMatchObject({ code: '53300' });
    expect(ends).toEqual(['end']);
    expect(calls(app)).toEqual({ failure: 3 });
    expect(postgres.queries).toHaveLength(3);
  });

  it('hands a rejection of the circuit to its own catch', async () => {
    await learned();
    breakerOf(app).forceOpen();
    const seen: unknown[] = [];
    await orders.undeclared().catch((error: unknown) => seen.push(error));
    expect(seen).toEqual([expect.objectContaining(REJECTED)]);
    expect(postgres.queries).toEqual([]);
  });

  it('has timeoutMs from its await on, and takes only the time of that', async () => {
    const heard = new RecordingListener();
    breakerOf(app).subscribe(heard);
    postgres.mood = 'hang';
    const query = orders.undeclared();
    await clock.advanceAsync(1000); // Nobody waits for it yet.
    const failing = rejection(query);
    await until('the query arrived', () => postgres.queries.length === 1);
    expect(calls(app)).toEqual({ inFlight: 1 });
    await clock.advanceAsync(49);
    expect(calls(app)).toEqual({ inFlight: 1 });
    await clock.advanceAsync(1);
    expect(await failing).toMatchObject({ name: 'CallTimeoutException' });
    expect(calls(app)).toEqual({ failure: 1 });
    expect(heard.of('call').map(({ durationMs }) => durationMs)).toEqual([50]);
  });

  it('takes a place in half-open only when it is awaited', async () => {
    breakerOf(app).forceOpen({ forMs: 1 });
    clock.advance(1);
    const query = orders.said();
    expect(breakerOf(app).snapshot()).toMatchObject({ state: 'forced_open', probesInFlight: 0 });
    expect(await query).toEqual(ROWS);
    expect(breakerOf(app).state).toBe('closed');
  });

  it.each(['raw', 'insert', 'schema'] as const)('of another kind (%s) is a call like it', async (kind) => {
    const query = orders[kind]();
    expect(calls(app)).toEqual({});
    await query;
    expect(calls(app)).toEqual({ success: 1 });
    expect(postgres.queries).toHaveLength(1);
    postgres.mood = 'fail';
    await expect(orders[kind]().then(() => 'ok')).rejects.toMatchObject({ code: '53300' });
    expect(calls(app)).toEqual({ success: 1, failure: 1 });
  });

  it('fails where nobody listens at the port', async () => {
    const closed = await Postgres.start();
    await closed.stop();
    const { port } = closed;
    const nowhere = createKnex({
      client: 'pg',
      version: '16.0',
      connection: { host: '127.0.0.1', port },
      log: { warn: () => undefined, error: () => undefined },
    });
    const service = (await start({ providers: [Orders, { provide: KNEX, useValue: nowhere }] })).get(Orders);
    const errors = [await rejection(service.undeclared()), await rejection(service.undeclared())];
    expect(errors).toEqual([
      expect.objectContaining({ code: 'ECONNREFUSED' }),
      expect.objectContaining(REJECTED),
    ]);
    await nowhere.destroy();
  });
});

describe('a query of knex that starts at once', () => {
  it.each(['asPromise', 'async'] as const)('is that of a method declared so (%s)', async (kind) => {
    const promise = orders[kind]();
    expect(calls(app)).toEqual({ inFlight: 1 });
    await until('it arrived, though nobody awaits it', () => postgres.queries.length === 1);
    expect(await promise).toEqual(ROWS);
    expect(await promise).toEqual(ROWS);
    expect(calls(app)).toEqual({ success: 1 });
    expect(postgres.queries).toHaveLength(1);
    breakerOf(app).forceOpen();
    orders.built = 0;
    expect(await rejection(orders[kind]())).toMatchObject(REJECTED);
    expect(orders.built).toBe(0);
  });

  it.each(['execute', 'executeSync'] as const)('is that of %s', async (door) => {
    const run = (): unknown => breakerOf(app)[door](() => orders.knex('orders') as unknown);
    expect(await run()).toEqual(ROWS);
    expect(calls(app)).toEqual({ success: 1 });
    postgres.mood = 'fail';
    expect(await rejection((async () => run())())).toMatchObject({ code: '53300' });
    expect(calls(app)).toEqual({ success: 1, failure: 1 });
    expect(postgres.queries).toHaveLength(2);
    breakerOf(app).forceOpen();
    expect(await rejection((async () => run())())).toMatchObject(REJECTED);
    expect(postgres.queries).toHaveLength(2);
  });

  it.each(['execute', 'executeSync'] as const)('goes out at once through %s', async (door) => {
    const given: unknown = breakerOf(app)[door](() => orders.knex('orders') as unknown);
    await until('it arrived, though nobody awaits it', () => postgres.queries.length === 1);
    expect(await given).toEqual(ROWS);
    expect(calls(app)).toEqual({ success: 1 });
    expect(postgres.queries).toHaveLength(1);
  });
});
