import { afterEach, describe, expect, it } from '@jest/globals';
import {
  BadGatewayException,
  Controller,
  Get,
  Injectable,
  Module,
  type INestApplication,
  type ModuleMetadata,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { metrics } from '@opentelemetry/api';
import { CircuitBreaker, FailureStreak, FluxgateModule } from 'nestjs-fluxgate';
import { FluxgateOpenTelemetryModule } from 'nestjs-fluxgate/opentelemetry';
import request from 'supertest';

import { rejection } from '../support/async.js';
import { MeterSdk, TraceSdk, unregister } from './stage.js';

@Injectable()
class Payments {
  @CircuitBreaker('payments')
  async status(): Promise<string> {
    throw new BadGatewayException();
  }
}

let traces: TraceSdk;

@Controller('payments')
class Shop {
  constructor(private readonly payments: Payments) {}

  @Get()
  status(): Promise<string> {
    return traces.inSpan('GET /payments', () => this.payments.status());
  }
}

const fluxgate = () =>
  FluxgateModule.forRoot({ logger: false, breakers: { payments: { tripper: FailureStreak(2) } } });

const apps: INestApplication[] = [];

async function start(adapter: any, metadata: ModuleMetadata): Promise<INestApplication> {
  const moduleRef = await Test.createTestingModule({ providers: [Payments], ...metadata }).compile();
  const app = moduleRef.createNestApplication(adapter);
  apps.push(app);
  await app.init();
  if (app.getHttpAdapter().getType() === 'fastify') {
    await (app as NestFastifyApplication).getHttpAdapter().getInstance().ready();
  }
  return app;
}

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  unregister();
});

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('an app on %s', (_name, adapter) => {
  it('tells its requests what the breaker did, and counts it', async () => {
    traces = new TraceSdk().register();
    const meters = new MeterSdk();
    metrics.setGlobalMeterProvider(meters.provider);
    const app = await start(adapter(), {
      imports: [fluxgate(), FluxgateOpenTelemetryModule.forRoot()],
      controllers: [Shop],
    });
    expect(await meters.states()).toEqual(['payments closed 1']);
    for (const status of [502, 502, 503]) await request(app.getHttpServer()).get('/payments').expect(status);
    const spans = traces.exporter.getFinishedSpans();
    expect(spans.map(({ events }) => events.map(({ name }) => name))).toEqual([
      [],
      ['circuit_breaker.transition'],
      ['circuit_breaker.rejected'],
    ]);
    expect(await meters.states()).toEqual(['payments open 1']);
    await app.close();
    expect(await meters.states()).toEqual([]);
  });
});

describe('FluxgateOpenTelemetryModule', () => {
  it('takes options that are injected', async () => {
    const meters = new MeterSdk();

    @Module({ providers: [{ provide: 'METERS', useValue: meters.provider }], exports: ['METERS'] })
    class TelemetryModule {}

    await start(new ExpressAdapter(), {
      imports: [
        fluxgate(),
        FluxgateOpenTelemetryModule.forRootAsync({
          imports: [TelemetryModule],
          inject: ['METERS'],
          useFactory: async (meterProvider: MeterSdk['provider']) => ({ meterProvider }),
        }),
      ],
    });
    expect(await meters.states()).toEqual(['payments closed 1']);
  });

  it('fails bootstrap when injected options are wrong', async () => {
    const error = await rejection(
      start(new ExpressAdapter(), {
        imports: [
          fluxgate(),
          FluxgateOpenTelemetryModule.forRootAsync({ useFactory: () => ({ metrics: 1 }) as never }),
        ],
      }),
    );
    expect(String(error)).toContain(
      'FluxgateOpenTelemetryModule.forRootAsync: metrics must be true or false, got 1.',
    );
  });

  it('fails bootstrap with the cure when there is no FluxgateModule', async () => {
    const error = await rejection(
      start(new ExpressAdapter(), { imports: [FluxgateOpenTelemetryModule.forRoot()], providers: [] }),
    );
    expect(String(error)).toContain(
      'FluxgateOpenTelemetryModule.forRoot: there are no breakers. Add FluxgateModule.forRoot() to the imports of your root module.',
    );
  });

  it('boots without any SDK', async () => {
    const app = await start(new ExpressAdapter(), {
      imports: [fluxgate(), FluxgateOpenTelemetryModule.forRoot()],
    });
    await expect(app.get(Payments).status()).rejects.toThrow(BadGatewayException);
  });
});
