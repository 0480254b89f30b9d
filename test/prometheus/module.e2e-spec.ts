import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header, Module } from '@nestjs/common';
import { BreakerRegistry } from 'nestjs-fluxgate';
import { FluxgatePrometheusModule } from 'nestjs-fluxgate/prometheus';
import { Gauge, register, Registry } from 'prom-client';
import request from 'supertest';

import { rejection } from '../support/async.js';
import { ADAPTERS, fluxgate, Payments, Shop, start, stopAll } from './app.js';

afterEach(stopAll);

describe.each(ADAPTERS)('an app on %s', (_name, adapter) => {
  it('shows them at an endpoint of its own, in a registry of its own', async () => {
    const registry = new Registry();

    @Controller('own-metrics')
    class Metrics {
      @Get()
      @Header('Content-Type', registry.contentType)
      read(): Promise<string> {
        return registry.metrics();
      }
    }

    const app = await start(adapter, {
      imports: [fluxgate(), FluxgatePrometheusModule.forRoot({ registry, labels: { service: 'shop' } })],
      controllers: [Metrics, Shop],
    });
    const { text } = await request(app.getHttpServer()).get('/own-metrics').expect(200);
    expect(text).toContain('fluxgate_state{breaker="payments",service="shop",state="closed"} 1');
    expect(register.getMetricsAsArray()).toEqual([]);
  });
});

const EXPRESS = ADAPTERS[0][1];

describe('FluxgatePrometheusModule', () => {
  it('takes options that are injected', async () => {
    const registry = new Registry();

    @Module({ providers: [{ provide: 'REGISTRY', useValue: registry }], exports: ['REGISTRY'] })
    class MetricsModule {}

    await start(EXPRESS, {
      imports: [
        fluxgate(),
        FluxgatePrometheusModule.forRootAsync({
          imports: [MetricsModule],
          inject: ['REGISTRY'],
          useFactory: async (given: Registry) => ({ registry: given, prefix: 'shop_' }),
        }),
      ],
    });
    expect(await registry.metrics()).toContain('shop_fluxgate_state{breaker="payments",state="closed"} 1');
  });

  it('fails bootstrap when injected options are wrong', async () => {
    const error = await rejection(
      start(EXPRESS, {
        imports: [fluxgate(), FluxgatePrometheusModule.forRootAsync({ useFactory: () => ({ prefix: '-' }) })],
      }),
    );
    expect(String(error)).toContain('FluxgatePrometheusModule.forRootAsync: prefix must be');
  });

  it('fails bootstrap when a name is taken, and leaves nothing half-registered', async () => {
    const taken = new Gauge({ name: 'fluxgate_state', help: 'h', labelNames: ['mine'] });
    const error = await rejection(
      start(EXPRESS, { imports: [fluxgate(), FluxgatePrometheusModule.forRoot()] }),
    );
    expect(String(error)).toContain(
      'FluxgatePrometheusModule.forRoot: the name fluxgate_state is taken in this registry, by a gauge with the labels (mine)',
    );
    expect(register.getMetricsAsArray()).toEqual([taken]);
  });

  it('fails bootstrap with the cure when there is no FluxgateModule', async () => {
    const error = await rejection(
      start(EXPRESS, { imports: [FluxgatePrometheusModule.forRoot()], providers: [] }),
    );
    expect(String(error)).toContain(
      'FluxgatePrometheusModule.forRoot: there are no breakers. Add FluxgateModule.forRoot() to the imports of your root module.',
    );
  });

  it('shows breakers that come while the app runs', async () => {
    const app = await start(EXPRESS, { imports: [fluxgate(), FluxgatePrometheusModule.forRoot()] });
    app.get(BreakerRegistry).create('late');
    expect(await register.metrics()).toContain('fluxgate_state{breaker="late",state="closed"} 1');
  });

  it('serves two apps in one process, and takes the series of each away when it is closed', async () => {
    const imports = () => [fluxgate(), FluxgatePrometheusModule.forRoot()];
    const one = await start(EXPRESS, { imports: imports() });
    const two = await start(EXPRESS, { imports: imports() });
    two.get(BreakerRegistry).get('payments').forceOpen();
    expect(await register.metrics()).toContain('fluxgate_state{breaker="payments",state="closed"} 1');
    await one.close();
    expect(await register.metrics()).toContain('fluxgate_state{breaker="payments",state="closed"} 0');
    await two.close();
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it('imported twice counts once', async () => {
    @Module({ imports: [FluxgatePrometheusModule.forRoot()] })
    class Feature {}

    const app = await start(EXPRESS, { imports: [fluxgate(), FluxgatePrometheusModule.forRoot(), Feature] });
    await rejection(app.get(Payments).status());
    expect(await register.metrics()).toContain(
      'fluxgate_calls_total{breaker="payments",outcome="failure"} 1',
    );
  });
});
