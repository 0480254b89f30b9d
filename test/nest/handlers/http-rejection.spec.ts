import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Catch,
  Controller,
  Get,
  Injectable,
  Module,
  Res,
  UseGuards,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type INestApplication,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { CallNotPermittedFilter, CircuitBreaker, CircuitBreakerInterceptor } from 'nestjs-fluxgate';
import request from 'supertest';

import { counts, httpApp, PLATFORMS, resetLogger, Stage, until, type FluxgateOptions } from './apps.js';

@Injectable()
class Payments {
  @CircuitBreaker('shop')
  async status(): Promise<string> {
    return 'paid';
  }
}

@Injectable()
class PaidOnly implements CanActivate {
  constructor(private readonly payments: Payments) {}
  async canActivate(): Promise<boolean> {
    return (await this.payments.status()) === 'paid';
  }
}

@Controller()
class Shop {
  constructor(private readonly payments: Payments) {}

  @Get()
  index(): Promise<string> {
    return this.payments.status();
  }

  @Get('guarded')
  @UseGuards(PaidOnly)
  guarded(): string {
    return 'for those who paid';
  }

  @Get('other-error')
  otherError(): never {
    throw new Error('of the handler itself');
  }

  @Get('half-sent')
  async halfSent(@Res() response: object): Promise<void> {
    const raw = 'raw' in response ? response.raw : response;
    (raw as { end(text: string): void }).end('sent already');
    await this.payments.status();
  }
}

/** The last word of a user who catches everything. */
@Catch()
class CatchAll implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}
  catch(error: Error, host: ArgumentsHost): void {
    const answer = { caught: error.constructor.name };
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), answer, 418);
  }
}

@Module({ providers: [{ provide: APP_FILTER, useClass: CatchAll }] })
class CatchAllModule {}

describe.each(PLATFORMS)('a rejection on $name', (platform) => {
  let app: INestApplication;
  const get = (path = '/'): request.Test => request(app.getHttpServer()).get(path);

  async function start(
    fluxgate: FluxgateOptions = {},
    imports: (new () => unknown)[] = [],
    setUp?: (app: INestApplication) => void,
  ): Promise<Stage> {
    const providers = [Payments, PaidOnly];
    const stage = await new Stage().compile({ controllers: [Shop], providers, imports }, fluxgate);
    app = await httpApp(stage, platform, setUp);
    return stage;
  }

  afterEach(async () => {
    await app.close();
    resetLogger();
  });

  it('is a 503 that does not name the breaker, and Nest logs no crash', async () => {
    const stage = await start();
    stage.open();
    const response = await get().expect(503);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.text).not.toMatch(/shop/i);
    expect(stage.log.of('ExceptionsHandler')).toEqual([]);
    await get('/other-error').expect(500);
    expect(stage.log.of('ExceptionsHandler')).toEqual([
      'error [ExceptionsHandler] Error: of the handler itself',
    ]);
  });

  it.each([
    [0, '10'],
    [1, '10'],
    [8_999, '2'],
    [9_000, '1'],
    [9_999, '1'],
  ])('has, %i ms after opening, the header Retry-After: %s', async (waitedMs, seconds) => {
    const stage = await start();
    stage.open();
    stage.clock.advance(waitedMs);
    const response = await get().expect(503);
    expect(response.headers['retry-after']).toBe(seconds);
    expect(response.body.retryAfterMs).toBe(10_000 - waitedMs);
  });

  it('says Retry-After: 1 while the probes of a half-open circuit are in flight', async () => {
    const stage = await start({ breakers: { shop: { maxHalfOpenCalls: 1 } } });
    stage.halfOpen();
    const probe = stage.breaker().acquire();
    const response = await get().expect(503);
    expect(response.headers['retry-after']).toBe('1');
    probe.release();
  });

  it('has no Retry-After when it is forced open and nobody knows until when', async () => {
    const stage = await start();
    stage.breaker().forceOpen({ reason: 'secret maintenance' });
    const response = await get().expect(503);
    expect(response.headers).not.toHaveProperty('retry-after');
    expect(response.body.retryAfterMs).toBeNull();
    expect(response.text).not.toContain('secret');
  });

  it('has a Retry-After when it is forced open for a time', async () => {
    const stage = await start();
    stage.breaker().forceOpen({ forMs: 90_500 });
    const response = await get().expect(503);
    expect(response.headers['retry-after']).toBe('91');
  });

  it('has whole seconds however long the wait is', async () => {
    const stage = await start();
    stage.breaker().forceOpen({ forMs: 1e300 });
    const response = await get().expect(503);
    expect(response.headers['retry-after']).toBe('2147483648');
  });

  it('has no Retry-After on a success or on any other error', async () => {
    await start();
    expect((await get().expect(200, 'paid')).headers).not.toHaveProperty('retry-after');
    expect((await get('/other-error').expect(500)).headers).not.toHaveProperty('retry-after');
  });

  it('has no Retry-After with retryAfterHeader: false', async () => {
    const stage = await start({ retryAfterHeader: false });
    stage.open();
    const response = await get().expect(503);
    expect(response.headers).not.toHaveProperty('retry-after');
    expect(response.body.retryAfterMs).toBe(10_000);
  });

  it('is still made with globalInterceptor: false, without Retry-After', async () => {
    const stage = await start({ globalInterceptor: false });
    await get().expect(200, 'paid');
    stage.open();
    const response = await get().expect(503);
    expect(response.headers).not.toHaveProperty('retry-after');
    expect(stage.calls()).toEqual(counts({ admitted: 2, success: 1, failure: 1, rejected: 1 }));
  });

  it('has Retry-After with globalInterceptor: false where the interceptor is put by hand', async () => {
    const stage = await start({ globalInterceptor: false }, [], (made) =>
      made.useGlobalInterceptors(made.get(CircuitBreakerInterceptor)),
    );
    stage.open();
    expect((await get().expect(503)).headers['retry-after']).toBe('10');
  });

  it.each([
    ['a module', [CatchAllModule], undefined],
    [
      'main.ts',
      [],
      (made: INestApplication) => made.useGlobalFilters(new CatchAll(made.get(HttpAdapterHost))),
    ],
  ])(
    "leaves the answer to a user's catch-all filter from %s, with the header",
    async (_where, imports, setUp) => {
      const stage = await start({}, imports, setUp);
      stage.open();
      const response = await get().expect(418, { caught: 'CallNotPermittedException' });
      expect(response.headers['retry-after']).toBe('10');
    },
  );

  it('leaves an answer alone that was sent before the rejection', async () => {
    const stage = await start();
    stage.open();
    const told: unknown[] = [];
    app.getHttpAdapter().setHeader = (...header: unknown[]): unknown => told.push(header);
    const response = await get('/half-sent').expect(200, 'sent already');
    await until(() => stage.calls().rejected === 1);
    expect(told).toEqual([]);
    expect(response.headers).not.toHaveProperty('retry-after');
    expect(stage.log.of('ExceptionsHandler')).toEqual([]);
  });

  it('is a 503 with Retry-After also when it is thrown inside a guard, where Nest asks no interceptor', async () => {
    const stage = await start();
    await get('/guarded').expect(200, 'for those who paid');
    stage.open();
    const response = await get('/guarded').expect(503);
    expect(response.body.retryAfterMs).toBe(10_000);
    expect(response.headers['retry-after']).toBe('10');
    expect(stage.log.of('ExceptionsHandler')).toEqual([]);
  });

  it.each([
    [{}, '10'],
    [{ retryAfterHeader: false }, undefined],
  ])(
    'thrown inside a guard has, with CallNotPermittedFilter and %j, Retry-After: %s',
    async (options, value) => {
      @Module({ providers: [{ provide: APP_FILTER, useClass: CallNotPermittedFilter }] })
      class Filters {}
      const stage = await start(options, [Filters]);
      stage.open();
      const response = await get('/guarded').expect(503);
      expect(response.headers['retry-after']).toBe(value);
      expect(response.body).toMatchObject({ statusCode: 503, code: 'CIRCUIT_NOT_PERMITTED' });
    },
  );
});
