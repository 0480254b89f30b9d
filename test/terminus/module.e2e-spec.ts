import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthCheck, HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { BreakerRegistry, FluxgateModule } from 'nestjs-fluxgate';
import {
  FluxgateHealthIndicator,
  FluxgateTerminusModule,
  type FluxgateHealthOptions,
} from 'nestjs-fluxgate/terminus';
import request from 'supertest';

import { rejection } from '../support/async.js';

@Controller('health')
class Health {
  constructor(
    private readonly health: HealthCheckService,
    private readonly breakers: FluxgateHealthIndicator,
  ) {}

  @Get('live')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.breakers.check('breakers')]);
  }

  @Get('details')
  @HealthCheck()
  details(): Promise<HealthCheckResult> {
    return this.health.check([() => this.breakers.check('breakers', {})]);
  }
}

const fluxgate = () =>
  FluxgateModule.forRoot({ logger: false, breakers: { database: {}, recommendations: {} } });

function healthModule(options?: FluxgateHealthOptions) {
  @Module({
    imports: [TerminusModule.forRoot({ logger: false }), FluxgateTerminusModule.forRoot(options)],
    controllers: [Health],
  })
  class HealthModule {}
  return HealthModule;
}

const apps: INestApplication[] = [];

async function start(adapter: any, metadata: ModuleMetadata): Promise<INestApplication> {
  const moduleRef = await Test.createTestingModule(metadata).compile();
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
});

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('health endpoints on %s', (_name, adapter) => {
  it('stay up by default, whatever is open, and show it', async () => {
    const app = await start(adapter(), { imports: [fluxgate(), healthModule()] });
    app.get(BreakerRegistry).get('database').forceOpen();
    const { body } = await request(app.getHttpServer()).get('/health/ready').expect(200);
    expect(body).toMatchObject({
      status: 'ok',
      details: {
        breakers: {
          status: 'up',
          breakers: { database: { state: 'forced_open' }, recommendations: { state: 'closed' } },
          failing: [],
        },
      },
    });
  });

  it('fail readiness, and nothing else, for a breaker that says so', async () => {
    const breakers = { database: { failOn: ['open', 'forced_open'] } } as const;
    const app = await start(adapter(), { imports: [fluxgate(), healthModule({ breakers })] });
    const get = (path: string) => request(app.getHttpServer()).get(`/health/${path}`);
    const registry = app.get(BreakerRegistry);
    registry.get('recommendations').forceOpen();
    await get('ready').expect(200);
    registry.get('database').forceOpen();
    const { body } = await get('ready').expect(503);
    expect(body).toMatchObject({
      status: 'error',
      error: { breakers: { status: 'down', failing: ['database'] } },
    });
    await get('live').expect(200);
    await get('details').expect(200);
    registry.get('database').reset();
    await get('ready').expect(200);
  });
});

describe('FluxgateTerminusModule', () => {
  it('fails bootstrap when its options name a breaker that is not there', async () => {
    const breakers = { databse: { failOn: ['open'] } } as const;
    const error = await rejection(
      start(new ExpressAdapter(), { imports: [fluxgate(), healthModule({ breakers })] }),
    );
    expect(String(error)).toContain(
      'FluxgateTerminusModule.forRoot: breakers: no circuit breaker is called "databse". Did you mean "database"?',
    );
  });

  it('fails bootstrap with the cure when there is no FluxgateModule', async () => {
    const error = await rejection(start(new ExpressAdapter(), { imports: [healthModule()] }));
    expect(String(error)).toContain(
      'FluxgateTerminusModule.forRoot: there are no breakers. Add FluxgateModule.forRoot() to the imports of your root module.',
    );
  });
});
