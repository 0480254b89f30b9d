import { Injectable, Module, Scope } from '@nestjs/common';
import { ContextIdFactory, NestFactory } from '@nestjs/core';
import { defer, from, lastValueFrom, of } from 'rxjs';

import { atMost } from '../checks.mjs';
import { compare, nsOver, subject } from '../measure.mjs';
import { Breaker, CircuitBreaker, FluxgateModule } from '../package-under-test.mjs';
import { cockatiel, opossum, PEERS, resilience } from '../peers.mjs';
import { ANSWER, answer, call, callSync, instant } from '../work.mjs';

/** A service with a guarded method, made by Nest: once, and once per request. */
export async function guardedServices() {
  class Payments {
    async status() {
      return await answer();
    }
  }
  class PaymentsOfRequest {
    async status() {
      return await answer();
    }
  }
  for (const [type, name] of [
    [Payments, 'service'],
    [PaymentsOfRequest, 'request'],
  ]) {
    const method = Object.getOwnPropertyDescriptor(type.prototype, 'status');
    CircuitBreaker(name)(type.prototype, 'status', method);
    Object.defineProperty(type.prototype, 'status', method);
  }
  Injectable()(Payments);
  Injectable({ scope: Scope.REQUEST })(PaymentsOfRequest);
  class App {}
  Module({
    imports: [FluxgateModule.forRoot({ breakers: { service: {}, request: {} } })],
    providers: [Payments, PaymentsOfRequest],
  })(App);
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  const ofRequests = await Promise.all(
    Array.from({ length: 8 }, () => app.resolve(PaymentsOfRequest, ContextIdFactory.create())),
  );
  return { app, service: app.get(Payments), ofRequests };
}

/** Closed and healthy, default options: what every call pays. */
async function measureClosed() {
  const { app, service, ofRequests } = await guardedServices();
  const breaker = new Breaker('execute');
  const rows = await compare([
    subject('bare await', { call: 'await call()', scope: { call } }),
    subject('bare .then', { call: 'await call().then(same)', scope: { call, same: (value) => value } }),
    subject('execute', { call: 'await breaker.execute(call)', scope: { breaker, call } }),
    subject('wrap', { call: 'await wrapped()', scope: { wrapped: new Breaker('wrap').wrap(call) } }),
    subject('decorated method', { call: 'await service.status()', scope: { service } }),
    subject('decorated, request scope', { call: 'await ofRequests[i & 7].status()', scope: { ofRequests } }),
    subject('opossum', { call: 'await peer.fire()', scope: { peer: opossum(call) } }),
    ...['count', 'sampling', 'consecutive'].map((kind) =>
      subject(`cockatiel ${kind}`, {
        call: 'await peer.execute(call)',
        scope: { peer: cockatiel(kind), call },
      }),
    ),
    subject('nestjs-resilience', {
      call: 'await peer.execute()',
      scope: { peer: resilience(call) },
      isApart: true,
    }),
  ]);
  await app.close();
  return rows;
}

export const closed = {
  title: 'Closed, async success, default options',
  peers: PEERS,
  measure: measureClosed,
  checks(rows) {
    const fastest = PEERS.reduce((best, name) => (rows[name].ns < rows[best].ns ? name : best));
    return [
      atMost(1.5, 'execute against bare', rows.execute.ratio),
      atMost(1.5, 'wrap against bare', rows.wrap.ratio),
      atMost(1.6, 'decorated method against bare', rows['decorated method'].ratio),
      atMost(1.6, 'decorated method, request scope, against bare', rows['decorated, request scope'].ratio),
      atMost(1, `execute against the fastest peer (${fastest})`, rows.execute.ns / rows[fastest].ns),
    ];
  },
};

/** The same around a task that is done at once: nothing but the breaker is left to measure. No target. */
async function measureInstantly() {
  const breaker = new Breaker('instant');
  return compare([
    subject('bare await', { call: 'await call()', scope: { call: instant } }),
    subject('bare .then', {
      call: 'await call().then(same)',
      scope: { call: instant, same: (value) => value },
    }),
    subject('execute', { call: 'await breaker.execute(call)', scope: { breaker, call: instant } }),
    subject('opossum', { call: 'await peer.fire()', scope: { peer: opossum(instant) } }),
    ...['count', 'consecutive'].map((kind) =>
      subject(`cockatiel ${kind}`, {
        call: 'await peer.execute(call)',
        scope: { peer: cockatiel(kind), call: instant },
      }),
    ),
    subject('nestjs-resilience', {
      call: 'await peer.execute()',
      scope: { peer: resilience(instant) },
      isApart: true,
    }),
  ]);
}

export const instantly = {
  title: 'Closed, async success of a task that is done at once',
  measure: measureInstantly,
  checks: () => [],
};

/** The other doors. */
function measureDoors() {
  return compare([
    subject('bare sync call', {
      call: 'last = call()',
      setup: 'let last',
      scope: { call: callSync },
      isSync: true,
    }),
    subject('executeSync', {
      call: 'last = breaker.executeSync(call)',
      setup: 'let last',
      scope: { breaker: new Breaker('sync'), call: callSync },
      isSync: true,
    }),
    subject('bare stream', {
      call: 'await lastValueFrom(defer(source))',
      scope: { defer, lastValueFrom, source: () => from(call()) },
    }),
    subject('observe', {
      call: 'await lastValueFrom(breaker.observe(source))',
      scope: { breaker: new Breaker('observe'), lastValueFrom, source: () => from(call()) },
      against: 'bare stream',
    }),
    subject('bare stream, one value', {
      call: 'await lastValueFrom(defer(source))',
      scope: { defer, lastValueFrom, source: () => of(ANSWER) },
    }),
    subject('observe, one value', {
      call: 'await lastValueFrom(breaker.observe(source))',
      scope: { breaker: new Breaker('observe one'), lastValueFrom, source: () => of(ANSWER) },
      against: 'bare stream, one value',
    }),
  ]);
}

export const doors = {
  title: 'Closed, the other doors',
  measure: measureDoors,
  checks: (rows) => [
    atMost(150, 'executeSync over bare', nsOver(rows.executeSync, rows['bare sync call']), 'ns'),
    atMost(1, 'executeSync, allocated per call', rows.executeSync.bytes, 'B'),
  ],
};
