import { connect } from 'node:net';

import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

import { atLeast } from '../checks.mjs';
import { median } from '../measure.mjs';
import { CircuitBreaker, FluxgateModule } from '../package-under-test.mjs';

const CONNECTIONS = 32;
const ROUND_MS = 500;
const ROUNDS = 15;

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

/** Keeps `CONNECTIONS` sockets busy, one request at a time each; the client is as light as one can be. */
async function load(port) {
  let answered = 0;
  let isOver = false;
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
            if (!isOver) socket.write(REQUEST);
          });
        }),
    ),
  );
  const since = process.cpuUsage();
  for (const socket of sockets) socket.write(REQUEST);
  await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
  // Of processor time, client and server: on one busy core as good as the clock's, and others do not spoil it.
  const { user, system } = process.cpuUsage(since);
  const perSecond = (answered * 1e6) / (user + system);
  isOver = true;
  for (const socket of sockets) socket.destroy();
  return perSecond;
}

/** Requests per second of an app with a guarded service against the same app without. */
export async function http() {
  const rows = {};
  const checks = [];
  for (const [platform, makeAdapter] of [
    ['Express', () => new ExpressAdapter()],
    ['Fastify', () => new FastifyAdapter()],
  ]) {
    const apps = [await start(makeAdapter(), false), await start(makeAdapter(), true)];
    for (const { port } of apps) await load(port);
    const samples = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      for (const turn of round % 2 === 0 ? [0, 1] : [1, 0]) samples[turn].push(await load(apps[turn].port));
    }
    const ratio = median(samples[1].map((perSecond, round) => perSecond / samples[0][round]));
    rows[platform] = { name: platform, perSecond: median(samples[0]) };
    const guarded = `${platform}, guarded`;
    rows[guarded] = { name: guarded, perSecond: median(samples[1]), ratio, against: platform };
    checks.push(atLeast(0.98, `${platform}: requests per second, guarded against not`, ratio));
    for (const { app } of apps) await app.close();
  }
  return { title: `HTTP, ${CONNECTIONS} connections`, rows, checks };
}
