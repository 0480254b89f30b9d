import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import { Inject, Injectable } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose, { type Model } from 'mongoose';
import { CircuitBreaker, FailureStreak } from 'nestjs-fluxgate';
import { ManualClock } from 'nestjs-fluxgate/testing';

import { rejection, settled } from '../../support/async.js';
import { BRITTLE, breakerOf, calls, closeAll, start } from '../apps.js';

const MODEL = Symbol('model');
const REJECTED = { code: 'CIRCUIT_NOT_PERMITTED' };

interface Order {
  name: string;
}
const schema = new mongoose.Schema<Order>({ name: String });
const down = Object.assign(new Error('connection pool closed'), { name: 'MongoPoolClosedError' });

/** The driver below the Query: one document, an error, or no answer. */
const driver = {
  mood: 'answer' as 'answer' | 'fail' | 'hang',
  asked: [] as string[],
  ask<T>(what: string, value: T): Promise<T> {
    driver.asked.push(what);
    if (driver.mood === 'hang') return new Promise(() => undefined);
    return driver.mood === 'fail' ? Promise.reject(down) : Promise.resolve(value);
  },
};

const connection = mongoose.createConnection();
const orderModel = connection.model('Order', schema);
const ROWS = [{ name: 'first' }];
const one = (): Order => ({ name: 'first' });
Object.assign(orderModel.collection, {
  find: () => ({ toArray: () => driver.ask('find', [one()]) }),
  findOne: () => driver.ask('findOne', one()),
  updateOne: () => driver.ask('updateOne', { modifiedCount: 1 }),
  deleteMany: () => driver.ask('deleteMany', { deletedCount: 1 }),
  countDocuments: () => driver.ask('countDocuments', 3),
  aggregate: () => ({ toArray: () => driver.ask('aggregate', [one()]) }),
});

@Injectable()
class Orders {
  built = 0;

  constructor(@Inject(MODEL) readonly model: Model<Order>) {}

  private query() {
    this.built++;
    return this.model.find({ name: 'first' }).lean();
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
  async async() {
    return this.query();
  }
  @CircuitBreaker('shop')
  exec() {
    return this.query().exec();
  }
  @CircuitBreaker('shop')
  find() {
    return this.model.find();
  }
  @CircuitBreaker('shop')
  findOne() {
    return this.model.findOne({ name: 'first' });
  }
  @CircuitBreaker('shop')
  updateOne() {
    return this.model.updateOne({ name: 'first' }, { name: 'second' });
  }
  @CircuitBreaker('shop')
  deleteMany() {
    return this.model.deleteMany();
  }
  @CircuitBreaker('shop')
  countDocuments() {
    return this.model.countDocuments();
  }
  @CircuitBreaker('shop')
  aggregate() {
    return this.model.aggregate<Order>([{ $match: { name: 'first' } }]);
  }
}

const LAZY = ['undeclared', 'any', 'said'] as const;

let clock: ManualClock;
let app: TestingModule;
let service: Orders;

beforeEach(async () => {
  driver.mood = 'answer';
  driver.asked = [];
  clock = new ManualClock();
  const shop = { ...BRITTLE, tripper: FailureStreak(5), timeoutMs: 50 };
  const model = { provide: MODEL, useValue: orderModel };
  app = await start({ providers: [Orders, model] }, { breakers: { shop }, clock });
  service = app.get(Orders);
});
afterEach(closeAll);
afterAll(() => connection.close());

/** Opens the circuit, once every lazy method knows its shape. */
async function openLearned(): Promise<void> {
  driver.mood = 'answer';
  for (const kind of LAZY) await service[kind]();
  breakerOf(app).forceOpen();
  driver.asked = [];
  service.built = 0;
}

describe.each(LAZY)('a query of mongoose that a method gives (%s)', (kind) => {
  it('is a call once it is awaited', async () => {
    const query = service[kind]();
    await settled();
    expect(breakerOf(app).snapshot().calls).toMatchObject({ admitted: 0, inFlight: 0, rejected: 0 });
    expect(driver.asked).toEqual([]);
    expect(await query).toEqual(ROWS);
    expect(calls(app)).toEqual({ success: 1 });
    expect(driver.asked).toEqual(['find']);
  });

  it('opens the circuit by failing awaits, and then nothing reaches the driver', async () => {
    driver.mood = 'fail';
    const errors: unknown[] = [];
    for (let i = 0; i < 20; i++) errors.push(await rejection(service[kind]()));
    expect(breakerOf(app).state).toBe('open');
    expect(driver.asked).toHaveLength(5);
    expect(calls(app)).toEqual({ failure: 5, rejected: 15 });
    for (const error of errors.slice(0, 5)) expect(error).toBe(down);
    for (const error of errors.slice(5)) expect(error).toMatchObject(REJECTED);
  });

  it('is built while the circuit is open, with all its methods, and rejected when it is awaited', async () => {
    await openLearned();
    const query = service[kind]();
    expect(service.built).toBe(1);
    expect(query.getFilter()).toEqual({ name: 'first' });
    expect(await rejection(query.where('name').equals('first').lean().limit(3))).toMatchObject(REJECTED);
    expect(await rejection(service[kind]())).toMatchObject(REJECTED);
    await settled();
    expect(driver.asked).toEqual([]);
    expect(calls(app)).toMatchObject({ rejected: 2 });
  });

  it('is a call by its exec(), which rejects while the circuit is open and starts nothing', async () => {
    expect(await service[kind]().exec()).toEqual(ROWS);
    driver.mood = 'fail';
    expect(await rejection(service[kind]().exec())).toBe(down);
    expect(calls(app)).toEqual({ success: 1, failure: 1 });
    await openLearned();
    const query = service[kind]();
    expect(await rejection(query.exec())).toMatchObject(REJECTED);
    await settled();
    expect(driver.asked).toEqual([]);
    breakerOf(app).reset();
    expect(await query.exec()).toEqual(ROWS); // Mongoose executes a query once: it had not been.
  });
});

describe('a query of mongoose', () => {
  it('stays one: instanceof, its model, a part of another query', async () => {
    const query = service.find();
    expect(query).toBeInstanceOf(mongoose.Query);
    expect(Object.getPrototypeOf(query)).toBe(Object.getPrototypeOf(orderModel.find()));
    expect(query.model).toBe(orderModel);
    const merged = orderModel.find({ _id: new mongoose.Types.ObjectId() }).merge(service.undeclared());
    expect(merged.getFilter()).toMatchObject({ name: 'first' });
    expect(await merged.lean()).toEqual(ROWS);
    expect(calls(app)).toEqual({}); // The outer one is nobody's method.
  });

  it('gives documents that are documents', async () => {
    const [order] = await service.find();
    expect(order).toBeInstanceOf(orderModel);
    expect(order!.name).toBe('first');
    expect(calls(app)).toEqual({ success: 1 });
  });

  it.each([
    ['lean', () => service.find().lean()],
    ['where and sort', () => service.find().where('name').equals('first').sort('name').lean()],
    ['clone', () => service.find().clone().lean()],
    ['findOne', () => service.find().findOne().lean()],
    ['orFail', () => service.findOne().orFail().lean()],
    ['match', () => service.aggregate().match({ name: 'first' })],
  ])('is guarded through a chain by %s', async (_name, chained: () => PromiseLike<unknown>) => {
    expect([await chained()].flat()).toEqual(ROWS);
    expect(calls(app)).toEqual({ success: 1 });
    driver.mood = 'fail';
    expect(await rejection(chained())).toBe(down);
    expect(calls(app)).toEqual({ success: 1, failure: 1 });
    breakerOf(app).forceOpen();
    driver.asked = [];
    expect(await rejection(chained())).toMatchObject(REJECTED);
    await settled();
    expect(driver.asked).toEqual([]);
  });

  it('that is awaited twice is two calls, of which mongoose refuses the second', async () => {
    const query = service.undeclared();
    expect(await query).toEqual(ROWS);
    expect(String(await rejection(query))).toContain('already executed');
    expect(calls(app)).toEqual({ success: 1, failure: 1 });
    expect(driver.asked).toHaveLength(1);
  });

  it('fails where its own catch or finally makes good of it', async () => {
    driver.mood = 'fail';
    expect(await service.undeclared().catch(() => 'caught')).toBe('caught');
    const ends: string[] = [];
    expect(await rejection(service.undeclared().finally(() => ends.push('end')))).toBe(down);
    expect(ends).toEqual(['end']);
    expect(calls(app)).toEqual({ failure: 2 });
    expect(driver.asked).toHaveLength(2);
  });

  it('has timeoutMs from its await on', async () => {
    driver.mood = 'hang';
    const query = service.undeclared();
    await clock.advanceAsync(1000);
    const failing = rejection(query);
    await settled();
    expect(calls(app)).toEqual({ inFlight: 1 });
    await clock.advanceAsync(50);
    expect(await failing).toMatchObject({ name: 'CallTimeoutException' });
    expect(calls(app)).toEqual({ failure: 1 });
  });

  it.each(['findOne', 'updateOne', 'deleteMany', 'countDocuments', 'aggregate'] as const)(
    'of another kind (%s) is a call like it',
    async (kind) => {
      const query = service[kind]();
      expect(calls(app)).toEqual({});
      await query;
      expect(calls(app)).toEqual({ success: 1 });
      driver.mood = 'fail';
      expect(await rejection(service[kind]())).toBe(down);
      expect(calls(app)).toEqual({ success: 1, failure: 1 });
      expect(driver.asked).toEqual([kind, kind]);
    },
  );

  it.each(['exec', 'async'] as const)(
    'starts at once where the method gives a promise (%s)',
    async (kind) => {
      const promise = service[kind]();
      expect(calls(app)).toEqual({ inFlight: 1 });
      expect(await promise).toEqual(ROWS);
      expect(calls(app)).toEqual({ success: 1 });
      expect(driver.asked).toHaveLength(1);
      driver.mood = 'fail';
      expect(await rejection(service[kind]())).toBe(down);
      breakerOf(app).forceOpen();
      expect(await rejection(service[kind]())).toMatchObject(REJECTED);
      expect(driver.asked).toHaveLength(2);
    },
  );

  it('fails where nobody listens at the port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    const limits = { serverSelectionTimeoutMS: 20, bufferTimeoutMS: 40, autoCreate: false, autoIndex: false };
    const nowhere = mongoose.createConnection(`mongodb://127.0.0.1:${port}/shop`, limits);
    nowhere.on('error', () => undefined);
    nowhere.asPromise().catch(() => undefined);
    // Mongoose keeps a call until it is connected, for bufferTimeoutMS (its default: 10 s).
    const model = nowhere.model(
      'Order',
      new mongoose.Schema<Order>({ name: String }, { bufferTimeoutMS: 40 }),
    );
    const lost = await start({ providers: [Orders, { provide: MODEL, useValue: model }] });
    const errors = [await rejection(lost.get(Orders).find()), await rejection(lost.get(Orders).find())];
    expect(errors).toEqual([
      expect.objectContaining({ name: 'MongooseError' }),
      expect.objectContaining(REJECTED),
    ]);
    expect(calls(lost)).toEqual({ failure: 1, rejected: 1 });
    await nowhere.close();
  });
});
