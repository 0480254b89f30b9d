import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { atLeast, atMost } from '../checks.mjs';
import { compare, subject } from '../measure.mjs';
import {
  Breaker,
  CircuitBreaker,
  FailureRate,
  FailureStreak,
  FluxgateModule,
  HungCalls,
  MinRequests,
  seconds,
  SlowRate,
  TimeWindow,
} from '../package-under-test.mjs';
import { cockatielWithTimeout, opossum } from '../peers.mjs';
import { fullExample } from '../full-example.mjs';
import { answer, call } from '../work.mjs';

/** Not that of ours: Node keeps one list for all timers of a delay, and makes it anew where the last of them was cleared. */
const PEER_TIMEOUT_MS = 2001;

const ours = {
  Breaker,
  CircuitBreaker,
  FluxgateModule,
  TimeWindow,
  FailureStreak,
  MinRequests,
  FailureRate,
  SlowRate,
  seconds,
};

/** Another build to set ours against: the folder with its `dist`. */
const { BENCH_BASELINE: baseline } = process.env;

/** Its service: guarded, with a fallback. */
async function service({ CircuitBreaker, FluxgateModule }, options) {
  class Payments {
    async status() {
      return await answer();
    }
    lastKnown() {
      return 'unknown';
    }
  }
  const method = Object.getOwnPropertyDescriptor(Payments.prototype, 'status');
  CircuitBreaker('payments', { fallback: 'lastKnown' })(Payments.prototype, 'status', method);
  Object.defineProperty(Payments.prototype, 'status', method);
  Injectable()(Payments);
  class App {}
  Module({
    imports: [FluxgateModule.forRoot({ breakers: { payments: options } })],
    providers: [Payments],
  })(App);
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  return { app, payments: app.get(Payments) };
}

const executing = (name, library, options, rest = '') =>
  subject(name, {
    call: `await breaker.execute(call${rest})`,
    scope: { breaker: new library.Breaker(name, options), call },
  });

async function measure() {
  const full = fullExample(ours);
  const { app, payments } = await service(ours, full);
  const old = baseline === undefined ? undefined : await import(`${baseline}/dist/index.js`);
  const { signal } = new AbortController();
  const rows = await compare([
    subject('bare await', { call: 'await call()', scope: { call } }),
    executing('full example', ours, full),
    subject('full example, decorated', { call: 'await payments.status()', scope: { payments } }),
    ...(old === undefined ? [] : [executing('full example, the other build', old, fullExample(old))]),
    executing('full example with HungCalls', ours, {
      ...full,
      tripper: full.tripper.or(HungCalls(10, seconds(1))),
    }),
    executing('timeoutMs', ours, { timeoutMs: 2000 }),
    executing('TimeWindow', ours, { window: TimeWindow(60_000) }),
    executing('SlowRate', ours, { tripper: MinRequests(20).and(SlowRate(0.3, 1000)) }),
    executing('fallback, options anew', ours, {}, ', { fallback: () => 0 }'),
    subject('signal, options anew', {
      call: 'await breaker.execute(call, { signal })',
      scope: { breaker: new Breaker('signal'), call, signal },
    }),
    subject('opossum with timeout', {
      call: 'await peer.fire()',
      scope: { peer: opossum(call, { timeout: PEER_TIMEOUT_MS, rollingPercentilesEnabled: true }) },
      isApart: true,
    }),
    subject('cockatiel with timeout', {
      call: 'await peer.execute(call)',
      scope: { peer: cockatielWithTimeout(PEER_TIMEOUT_MS), call },
      isApart: true,
    }),
  ]);
  await app.close();
  return rows;
}

/** What people really run: options that need the time of each call, or may end it. */
export const configured = {
  title: 'Closed, async success, as people configure it',
  measure,
  checks(rows) {
    const full = rows['full example'];
    const other = rows['full example, the other build'];
    return [
      atMost(3.8, 'full example against bare', full.ratio),
      atMost(3.8, 'full example, decorated, against bare', rows['full example, decorated'].ratio),
      ...(other === undefined
        ? []
        : [atMost(0.65, 'full example against the other build', full.ns / other.ns)]),
      atLeast(
        1.6,
        'opossum with its timeout against the full example',
        rows['opossum with timeout'].ns / full.ns,
      ),
      atLeast(
        15,
        'cockatiel with its timeout against the full example',
        rows['cockatiel with timeout'].ns / full.ns,
      ),
      atMost(
        1.15,
        'full example with HungCalls against without',
        rows['full example with HungCalls'].ns / full.ns,
      ),
      ...(other === undefined
        ? []
        : [atMost(0.5 * other.bytes, 'full example, allocated per call', full.bytes, 'B')]),
      atMost(3, 'timeoutMs against bare', rows.timeoutMs.ratio),
      atMost(2.6, 'TimeWindow against bare', rows.TimeWindow.ratio),
      atMost(2.6, 'SlowRate against bare', rows.SlowRate.ratio),
      atMost(1.8, 'fallback, options anew each call, against bare', rows['fallback, options anew'].ratio),
      atMost(4, 'one signal for all calls, against bare', rows['signal, options anew'].ratio),
    ];
  },
};
