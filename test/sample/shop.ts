import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BreakerRegistry, type Breaker } from 'nestjs-fluxgate';

import { AppModule } from '../../sample-app/src/app.module.js';
import { AlertReceiver } from '../../sample-app/src/observability/alert-receiver.js';
import { SpanReceiver, startTracing } from '../../sample-app/src/observability/tracing.js';
import { Acquirer } from '../../sample-app/src/upstream/acquirer.js';

/** The sample's Nest app, its acquirer and who gets its alerts, in this process; real sockets all the same. */
export class TestShop {
  private constructor(
    private readonly app: INestApplication,
    readonly acquirer: Acquirer,
    readonly alerts: AlertReceiver,
    readonly spans: SpanReceiver,
    private readonly stopTracing: () => Promise<void>,
    readonly url: string,
  ) {}

  static async start(): Promise<TestShop> {
    const acquirer = new Acquirer();
    await acquirer.listen(0);
    const alerts = new AlertReceiver();
    await alerts.listen();
    const spans = new SpanReceiver();
    const stopTracing = startTracing(spans);
    process.env.ACQUIRER_URL = acquirer.url;
    process.env.ALERTS_URL = alerts.url;
    const app = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true });
    const server = (await app.listen(0, '127.0.0.1')) as Server;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new TestShop(app, acquirer, alerts, spans, stopTracing, url);
  }

  breaker(name: string): Breaker {
    return this.app.get(BreakerRegistry).get(name);
  }

  get(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url + path, init);
  }

  post(path: string, body?: object): Promise<Response> {
    return this.get(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
  }

  pay(): Promise<Response> {
    return this.post('/payments', { amount: 42 });
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.stopTracing();
    await this.alerts.close();
    await this.acquirer.close();
  }
}
