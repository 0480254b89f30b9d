import { Inject, Injectable } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, inArray, is, sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { integer, PgSelectBase, pgTable, text, union } from 'drizzle-orm/pg-core';
import { CircuitBreaker, FailureStreak } from 'nestjs-fluxgate';
import { ManualClock } from 'nestjs-fluxgate/testing';

import { rejection, settled } from '../../support/async.js';
import { BRITTLE, breakerOf, calls, closeAll, start } from '../apps.js';
import { Postgres } from './postgres.js';
import { until } from './until.js';

const DB = Symbol('db');
const ROWS = [{ id: 1, name: 'first' }];
const REJECTED = { code: 'CIRCUIT_NOT_PERMITTED' };
const DOWN = { name: 'Error', cause: expect.objectContaining({ code: '53300' }) as unknown };

const orders = pgTable('orders', { id: integer('id'), name: text('name') });
const items = pgTable('items', { id: integer('id'), name: text('name') });

@Injectable()
class Orders {
  built = 0;

  constructor(@Inject(DB) readonly db: NodePgDatabase) {}

  private query() {
    this.built++;
    return this.db.select().from(orders).where(eq(orders.id, 1));
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
  @CircuitBreaker('shop', { returns: 'thenable' })
  said() {
    return this.query();
  }
  @CircuitBreaker('shop')
  declared(): Promise<unknown> {
    return this.query();
  }
  @CircuitBreaker('shop')
  async async() {
    return this.query();
  }
  @CircuitBreaker('shop')
  dynamic() {
    return this.db.select().from(orders).$dynamic();
  }
  @CircuitBreaker('shop')
  insert() {
    return this.db.insert(orders).values({ id: 1, name: 'first' });
  }
  @CircuitBreaker('shop')
  update() {
    return this.db.update(orders).set({ name: 'second' }).where(eq(orders.id, 1));
  }
  @CircuitBreaker('shop')
  delete() {
    return this.db.delete(orders).where(eq(orders.id, 1));
  }
  @CircuitBreaker('shop')
  raw() {
    return this.db.execute(sql`select * from orders`);
  }
}

const LAZY = ['undeclared', 'any', 'said'] as const;

let postgres: Postgres;
let database: NodePgDatabase & { $client: { end(): Promise<void> } };
let clock: ManualClock;
let app: TestingModule;
let service: Orders;

beforeAll(async () => {
  postgres = await Postgres.start();
  const connection = { host: '127.0.0.1', port: postgres.port, user: 'u', database: 'd' };
  database = drizzle({ connection });
});
afterAll(async () => {
  await postgres.stop();
  await database.$client.end();
});
beforeEach(async () => {
  postgres.mood = 'answer';
  postgres.queries.length = 0;
  clock = new ManualClock();
  const shop = { ...BRITTLE, tripper: FailureStreak(5), timeoutMs: 50 };
  const db = { provide: DB, useValue: database };
  app = await start({ providers: [Orders, db] }, { breakers: { shop }, clock });
  service = app.get(Orders);
});
afterEach(closeAll);

/** Opens the circuit, once every lazy method knows its shape. */
async function openLearned(): Promise<void> {
  for (const kind of LAZY) await service[kind]();
  breakerOf(app).forceOpen();
  postgres.queries.length = 0;
  service.built = 0;
}

describe.each(LAZY)('a query of drizzle that a method gives (%s)', (kind) => {
  it('is a call once it is awaited', async () => {
    const query = service[kind]();
    await settled();
    expect(breakerOf(app).snapshot().calls).toMatchObject({ admitted: 0, inFlight: 0, rejected: 0 });
    expect(postgres.queries).toEqual([]);
    expect(await query).toEqual(ROWS);
    expect(calls(app)).toEqual({ success: 1 });
    expect(postgres.queries).toHaveLength(1);
  });

  it('opens the circuit by failing awaits, and then nothing reaches the server', async () => {
    postgres.mood = 'fail';
    const errors: unknown[] = [];
    for (let i = 0; i < 20; i++) errors.push(await rejection(service[kind]()));
    expect(breakerOf(app).state).toBe('open');
    expect(postgres.queries).toHaveLength(5);
    expect(calls(app)).toEqual({ failure: 5, rejected: 15 });
    for (const error of errors.slice(0, 5)) expect(error).toMatchObject(DOWN);
    for (const error of errors.slice(5)) expect(error).toMatchObject(REJECTED);
  });

  it('is built while the circuit is open, with all its methods, and rejected when it is awaited', async () => {
    await openLearned();
    const query = service[kind]();
    expect(service.built).toBe(1);
    expect(query.toSQL().sql).toBe('select "id", "name" from "orders" where "orders"."id" = $1');
    expect(is(query.getSQL(), sql``.constructor as never)).toBe(true);
    expect(await rejection(query)).toMatchObject(REJECTED);
    await settled();
    expect(postgres.queries).toEqual([]);
    expect(calls(app)).toMatchObject({ rejected: 1 });
  });

  it('is a call by its execute(), which rejects while the circuit is open and starts nothing', async () => {
    expect(await service[kind]().execute()).toEqual(ROWS);
    postgres.mood = 'fail';
    expect(await rejection(service[kind]().execute())).toMatchObject(DOWN);
    expect(calls(app)).toEqual({ success: 1, failure: 1 });
    await openLearned().catch(() => breakerOf(app).forceOpen());
    postgres.queries.length = 0;
    expect(await rejection(service[kind]().execute())).toMatchObject(REJECTED);
    await settled();
    expect(postgres.queries).toEqual([]);
  });
});

describe('a query of drizzle', () => {
  it('stays one: instanceof, its kind, a subquery, a part of a union', async () => {
    const query = service.undeclared();
    expect(query).toBeInstanceOf(PgSelectBase);
    expect(is(query, PgSelectBase)).toBe(true);
    expect(Object.getPrototypeOf(query)).toBe(
      Object.getPrototypeOf(service.db.select().from(orders).where(eq(orders.id, 1))),
    );
    const { db } = service;
    const named = service.undeclared().as('named');
    expect(db.select({ id: named.id }).from(named).toSQL().sql).toContain(
      '(select "id", "name" from "orders"',
    );
    const ids = db.select({ id: orders.id }).from(orders);
    expect(union(service.undeclared(), db.select().from(orders)).toSQL().sql).toContain(') union (');
    expect(db.select().from(items).where(inArray(items.id, ids)).toSQL().sql).toContain('in (select');
    expect(
      await db
        .select()
        .from(items)
        .where(inArray(items.id, sql`(${service.undeclared()})`)),
    ).toEqual(ROWS);
    expect(calls(app)).toEqual({}); // The outer ones are nobody's method.
  });

  it.each([
    ['limit', () => service.dynamic().where(eq(orders.id, 1)).limit(3)],
    ['orderBy', () => service.dynamic().orderBy(orders.id)],
    ['leftJoin, which is a property of its own', () => service.dynamic().leftJoin(items, sql`true`)],
    ['returning', () => service.insert().returning()],
    ['onConflictDoNothing', () => service.insert().onConflictDoNothing().returning()],
  ])('is guarded through a chain by %s', async (_name, chained: () => PromiseLike<unknown>) => {
    await chained();
    expect(calls(app)).toEqual({ success: 1 });
    postgres.mood = 'fail';
    expect(await rejection(chained())).toMatchObject(DOWN);
    expect(calls(app)).toEqual({ success: 1, failure: 1 });
    breakerOf(app).forceOpen();
    postgres.queries.length = 0;
    expect(await rejection(chained())).toMatchObject(REJECTED);
    await settled();
    expect(postgres.queries).toEqual([]);
  });

  it('that is awaited twice is two calls', async () => {
    const query = service.undeclared();
    expect([await query, await query]).toEqual([ROWS, ROWS]);
    expect(calls(app)).toEqual({ success: 2 });
    expect(postgres.queries).toHaveLength(2);
  });

  it('fails where its own catch or finally makes good of it', async () => {
    postgres.mood = 'fail';
    expect(await service.undeclared().catch(() => 'caught')).toBe('caught');
    const ends: string[] = [];
    const ended = service.undeclared().finally(() => ends.push('end'));
    expect(await rejection(ended)).toMatchObject(DOWN);
    expect(ends).toEqual(['end']);
    expect(calls(app)).toEqual({ failure: 2 });
    expect(postgres.queries).toHaveLength(2);
  });

  it('has timeoutMs from its await on', async () => {
    postgres.mood = 'hang';
    const query = service.undeclared();
    await clock.advanceAsync(1000);
    const failing = rejection(query);
    await until('the query arrived', () => postgres.queries.length === 1);
    expect(calls(app)).toEqual({ inFlight: 1 });
    await clock.advanceAsync(50);
    expect(await failing).toMatchObject({ name: 'CallTimeoutException' });
    expect(calls(app)).toEqual({ failure: 1 });
  });

  it.each(['insert', 'update', 'delete', 'raw'] as const)(
    'of another kind (%s) is a call like it',
    async (kind) => {
      const query = service[kind]();
      expect(calls(app)).toEqual({});
      await query;
      expect(calls(app)).toEqual({ success: 1 });
      postgres.mood = 'fail';
      expect(await rejection(service[kind]())).toMatchObject(DOWN);
      expect(calls(app)).toEqual({ success: 1, failure: 1 });
      expect(postgres.queries).toHaveLength(2);
    },
  );

  it.each(['declared', 'async'] as const)('starts at once in a method declared so (%s)', async (kind) => {
    const promise = service[kind]();
    expect(calls(app)).toEqual({ inFlight: 1 });
    await until('it arrived, though nobody awaits it', () => postgres.queries.length === 1);
    expect(await promise).toEqual(ROWS);
    expect(calls(app)).toEqual({ success: 1 });
    expect(postgres.queries).toHaveLength(1);
  });
});
