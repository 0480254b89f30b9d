import { connect } from 'node:net';

import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

import { atLeast } from '../checks.mjs';
import { median } from '../measure.mjs';
import { CircuitBreaker, FluxgateModule } from '../package-under-test.mjs';

const CONNECTIONS = 32;
const SLICE_MS = 50;
const SLICES = 3;
const ROUNDS = 15;
/**
 * Three apps of either kind, started in turn: two copies of one app in a process differ by up to 8 % (Express), by
 * what V8 has learnt of each.
 */
const ARE_GUARDED = [false, true, true, false, false, true];

const REQUEST = 'GET /payments HTTP/1.1\r\nHost: localhost\r\n\r\n';
const END_OF_ANSWER = '"status":"paid"}';

/** A Nest app whose handler awaits a service, which awaits something that takes a turn of the event loop. */
async function start(adapter, isGuarded) {
  class Payments {
    async status() {
      await new Promise((resolve) => setImmediate(resolve));
      return { status: 'paid' };
    }
  }
  if (isGuarded) {
    const method = Object.getOwnPropertyDescriptor(Payments.prototype, 'status');
    CircuitBreaker('payments')(Payments.prototype, 'status', method);
    Object.defineProperty(Payments.prototype, 'status', method);
  }
  Injectable()(Payments);
  class PaymentsController {
    constructor(payments) {
      this.payments = payments;
    }
    status() {
      return this.payments.status();
    }
  }
  Reflect.defineMetadata('design:paramtypes', [Payments], PaymentsController);
  Get()(
    PaymentsController.prototype,
    'status',
    Object.getOwnPropertyDescriptor(PaymentsController.prototype, 'status'),
  );
  Controller('payments')(PaymentsController);
  class App {}
  Module({
    imports: isGuarded ? [FluxgateModule.forRoot({ breakers: { payments: {} } })] : [],
    providers: [Payments],
    controllers: [PaymentsController],
  })(App);
  const app = await NestFactory.create(App, adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  return { app, port: app.getHttpServer().address().port };
}

/** Sockets that are kept busy while a slice lasts, one request at a time each; the client is as light as one can be. */
async function clientOf(port) {
  let answered = 0;
  let isOver = true;
  let onIdle;
  let pending = 0;
  const ask = (socket) => {
    pending++;
    socket.write(REQUEST);
  };
  const sockets = await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      () =>
        new Promise((resolve, reject) => {
          const socket = connect(port, '127.0.0.1', () => resolve(socket)).setNoDelay(true);
          socket.setEncoding('latin1').on('error', reject);
          socket.on('data', (text) => {
            if (!text.endsWith(END_OF_ANSWER)) return;
            answered++;
            pending--;
            if (!isOver) ask(socket);
            else if (pending === 0) onIdle();
          });
        }),
    ),
  );
  /** @returns how many were answered, and the µs of processor time, client and server, that they took. */
  const slice = async () => {
    answered = 0;
    isOver = false;
    const since = process.cpuUsage();
    for (const socket of sockets) ask(socket);
    await new Promise((resolve) => setTimeout(resolve, SLICE_MS));
    isOver = true;
    await new Promise((resolve) => (onIdle = resolve));
    // On one busy core as good as the clock's, and others do not spoil it.
    const { user, system } = process.cpuUsage(since);
    return { answered, tookUs: user + system };
  };
  const leave = () => sockets.forEach((socket) => socket.destroy());
  return { slice, leave };
}

/** Requests per second of either kind: every app has its turn, three times. */
async function round(clients, nr) {
  const sums = [false, true].map(() => ({ answered: 0, tookUs: 0 }));
  for (let turn = 0; turn < SLICES * clients.length; turn++) {
    const which = (turn + nr) % clients.length;
    // What the one before left is not this one's to clear away.
    globalThis.gc({ type: 'minor' });
    const { answered, tookUs } = await clients[which].slice();
    const sum = sums[Number(ARE_GUARDED[which])];
    sum.answered += answered;
    sum.tookUs += tookUs;
  }
  return sums.map(({ answered, tookUs }) => (answered * 1e6) / tookUs);
}

/** Requests per second of an app with a guarded service against the same app without. */
export async function http() {
  const rows = {};
  const checks = [];
  for (const [platform, makeAdapter] of [
    ['Express', () => new ExpressAdapter()],
    ['Fastify', () => new FastifyAdapter()],
  ]) {
    const apps = [];
    for (const isGuarded of ARE_GUARDED) apps.push(await start(makeAdapter(), isGuarded));
    const clients = await Promise.all(apps.map(({ port }) => clientOf(port)));
    await round(clients, 0);
    const samples = [];
    for (let nr = 0; nr < ROUNDS; nr++) samples.push(await round(clients, nr));
    const ratio = median(samples.map(([bare, guarded]) => guarded / bare));
    const [bare, guarded] = [0, 1].map((which) => median(samples.map((both) => both[which])));
    rows[platform] = { name: platform, perSecond: bare };
    const name = `${platform}, guarded`;
    rows[name] = { name, perSecond: guarded, ratio, against: platform };
    for (const { leave } of clients) leave();
    checks.push(atLeast(0.98, `${platform}: requests per second, guarded against not`, ratio));
    for (const { app } of apps) await app.close();
  }
  return { title: `HTTP, ${CONNECTIONS} connections`, rows, checks };
}
