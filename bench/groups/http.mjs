import { connect } from 'node:net';

import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

import { atLeast } from '../checks.mjs';
import { fullExample } from '../full-example.mjs';
import {
  CircuitBreaker,
  FailureRate,
  FailureStreak,
  FluxgateModule,
  MinRequests,
  seconds,
  SlowRate,
  TimeWindow,
} from '../package-under-test.mjs';

const FULL_EXAMPLE = fullExample({ TimeWindow, FailureStreak, MinRequests, FailureRate, SlowRate, seconds });

const CONNECTIONS = 32;
/** Short: a major collection, which takes as long as some hundred requests, then falls into few of them. */
const SLICE_MS = 20;
const ROUNDS = 150;
/**
 * So many rounds, of longer slices, are not counted: some 30 000 requests of each route on Express. A server runs for
 * days; until V8 has made up its mind about a route, which takes it that long, a guarded one loses 5 %.
 */
const WARM_UP_ROUNDS = 16;
const WARM_UP_SLICE_MS = 300;
/**
 * The routes of one app, by what answers. Two apps would differ by up to 10 % on Express, guarded or not, by what V8
 * has learnt of each; a route further down takes longer, so the kinds stand symmetrically.
 */
const ARE_GUARDED = [false, true, true, false];

const END_OF_ANSWER = '"status":"paid"}';

/** A handler that awaits a service, which awaits something that takes a turn of the event loop. */
function route(path, isGuarded) {
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
  Controller(path)(PaymentsController);
  return { providers: [Payments], controllers: [PaymentsController] };
}

/** An app with these routes, each in a module of its own. */
async function start(adapter) {
  const modules = ARE_GUARDED.map((isGuarded, i) => {
    class Part {}
    Module(route(`route-${i}`, isGuarded))(Part);
    return Part;
  });
  class App {}
  Module({
    imports: [FluxgateModule.forRoot({ breakers: { payments: FULL_EXAMPLE } }), ...modules],
  })(App);
  const app = await NestFactory.create(App, adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  return { app, port: app.getHttpServer().address().port };
}

/** Sockets that are kept busy while a slice lasts, one request at a time each; the client is as light as one can be. */
async function clientOf(port) {
  let request = '';
  let answered = 0;
  let isOver = true;
  let onIdle;
  let pending = 0;
  const ask = (socket) => {
    pending++;
    socket.write(request);
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
  const slice = async (which, sliceMs) => {
    request = `GET /route-${which} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    answered = 0;
    isOver = false;
    const since = process.cpuUsage();
    for (const socket of sockets) ask(socket);
    await new Promise((resolve) => setTimeout(resolve, sliceMs));
    isOver = true;
    await new Promise((resolve) => (onIdle = resolve));
    // On one busy core as good as the clock's, and others do not spoil it.
    const { user, system } = process.cpuUsage(since);
    return { answered, tookUs: user + system };
  };
  const leave = () => sockets.forEach((socket) => socket.destroy());
  return { slice, leave };
}

/** Requests per second of either kind: every route has its turn. */
async function round(slice, nr, sliceMs = SLICE_MS) {
  const sums = [false, true].map(() => ({ answered: 0, tookUs: 0 }));
  for (let turn = 0; turn < ARE_GUARDED.length; turn++) {
    const which = (turn + nr) % ARE_GUARDED.length;
    // What the one before left is not this one's to clear away.
    globalThis.gc({ type: 'minor' });
    const { answered, tookUs } = await slice(which, sliceMs);
    const sum = sums[Number(ARE_GUARDED[which])];
    sum.answered += answered;
    sum.tookUs += tookUs;
  }
  return sums.map(({ answered, tookUs }) => (answered * 1e6) / tookUs);
}

/** Requests per second of an app's routes with a guarded service against the same routes without. */
const platform = (name, makeAdapter) => ({
  title: `HTTP, ${name}, ${CONNECTIONS} connections`,
  async measure() {
    const { app, port } = await start(makeAdapter());
    const { slice, leave } = await clientOf(port);
    for (let nr = 0; nr < WARM_UP_ROUNDS; nr++) await round(slice, nr, WARM_UP_SLICE_MS);
    const samples = [];
    for (let nr = 0; nr < ROUNDS; nr++) samples.push(await round(slice, nr));
    leave();
    await app.close();
    const [bare, guarded] = [0, 1].map((which) => samples.map((both) => both[which]));
    return {
      bare: { name: 'bare service', unit: 'perSecond', samples: bare },
      guarded: { name: 'guarded service', unit: 'perSecond', samples: guarded, against: 'bare' },
    };
  },
  checks: ({ guarded: { ratio } }) => [
    atLeast(0.95, `${name}: requests per second, guarded against not`, ratio),
  ],
});

// A group each: what one platform makes of Node's own HTTP code in a process costs the other one a hundredth.
export const express = platform('Express', () => new ExpressAdapter());
export const fastify = platform('Fastify', () => new FastifyAdapter());
