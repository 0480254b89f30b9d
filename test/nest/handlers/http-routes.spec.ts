import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Body,
  CanActivate,
  Controller,
  ForbiddenException,
  Get,
  Injectable,
  Param,
  ParseIntPipe,
  Post,
  Res,
  Scope,
  UseGuards,
  type INestApplication,
} from '@nestjs/common';
import { CircuitBreaker } from 'nestjs-fluxgate';
import { of, throwError, type Observable } from 'rxjs';
import request from 'supertest';

import { counts, httpApp, PLATFORMS, resetLogger, Stage } from './apps.js';

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

@Controller()
class Shop {
  @Get('above')
  @CircuitBreaker('shop')
  async above(): Promise<string> {
    return 'above';
  }

  @CircuitBreaker('shop')
  @Get('below')
  async below(): Promise<string> {
    return 'below';
  }

  @Get('sync')
  @CircuitBreaker('shop')
  sync(): { readonly by: string } {
    return { by: this.constructor.name };
  }

  @Get('stream')
  @CircuitBreaker('shop')
  stream(): Observable<string> {
    return of('first', 'last');
  }

  @Get('broken')
  @CircuitBreaker('shop')
  async broken(): Promise<never> {
    throw new Error('broken');
  }

  @Get('broken-stream')
  @CircuitBreaker('shop')
  brokenStream(): Observable<never> {
    return throwError(() => new Error('broken'));
  }

  @Get('items/:id')
  @CircuitBreaker('shop')
  item(@Param('id', ParseIntPipe) id: number): { readonly id: number } {
    return { id };
  }

  @Post('orders')
  @CircuitBreaker('shop')
  order(@Body() order: object): object {
    return { ...order, taken: true };
  }

  @Get('secret')
  @UseGuards(Deny)
  @CircuitBreaker('shop')
  secret(): string {
    return 'secret';
  }

  @Get('own-answer')
  @CircuitBreaker('shop')
  async ownAnswer(@Res() response: { send(body: string): void }): Promise<void> {
    response.send('own answer');
  }

  @Get('fallback')
  @CircuitBreaker('shop', { fallback: 'yesterday' })
  async fallback(): Promise<string> {
    throw new Error('broken');
  }

  yesterday(error: Error): string {
    return `yesterday's, because of: ${error.message}`;
  }
}

@Controller({ path: 'request', scope: Scope.REQUEST })
class RequestShop {
  @Get()
  @CircuitBreaker('shop')
  async find(): Promise<string> {
    return 'found';
  }
}

describe.each(PLATFORMS)('a guarded route on $name', (platform) => {
  let app: INestApplication;
  const start = async (): Promise<Stage> => {
    const stage = await new Stage().compile({ controllers: [Shop, RequestShop] });
    app = await httpApp(stage, platform);
    return stage;
  };
  const get = (path: string): request.Test => request(app.getHttpServer()).get(path);

  afterEach(async () => {
    await app.close();
    resetLogger();
  });

  it.each([
    ['an async handler, @Get above', '/above', 'above'],
    ['an async handler, @Get below', '/below', 'below'],
    ['a handler that returns an Observable', '/stream', 'last'],
    ['a handler that answers by @Res', '/own-answer', 'own answer'],
    ['a handler of a request-scoped controller', '/request', 'found'],
  ])('counts one success for %s', async (_what, path, text) => {
    const stage = await start();
    await get(path).expect(200, text);
    expect(stage.calls()).toEqual(counts({ admitted: 1, success: 1 }));
    await get(path).expect(200, text);
    expect(stage.calls()).toEqual(counts({ admitted: 2, success: 2 }));
  });

  it('leaves this, parameters, status and body of a handler as they were', async () => {
    const stage = await start();
    await get('/sync').expect(200, { by: 'Shop' });
    await get('/items/7').expect(200, { id: 7 });
    await request(app.getHttpServer()).post('/orders').send({ what: 'tea' }).expect(201, {
      what: 'tea',
      taken: true,
    });
    expect(stage.calls()).toEqual(counts({ admitted: 3, success: 3 }));
  });

  it.each(['/broken', '/broken-stream'])('counts one failure for %s and then answers 503', async (path) => {
    const stage = await start();
    await get(path).expect(500);
    expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1 }));
    await get(path).expect(503);
    await get('/above').expect(503);
    expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1, rejected: 2 }));
  });

  it.each(['/below', '/sync', '/stream', '/own-answer', '/request'])(
    'answers 503 for %s while its breaker is open, and the handler is not run',
    async (path) => {
      const stage = await start();
      stage.open();
      const response = await get(path).expect(503);
      expect(response.body).toEqual({
        statusCode: 503,
        error: 'Service Unavailable',
        message: 'The service is temporarily unavailable. Please try again later.',
        code: 'CIRCUIT_NOT_PERMITTED',
        retryAfterMs: 10_000,
      });
      expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1, rejected: 1 }));
    },
  );

  it('does not count what its guards and pipes refuse', async () => {
    const stage = await start();
    await get('/secret').expect(403);
    await get('/items/seven').expect(400);
    expect(stage.calls()).toEqual(counts({}));
  });

  it('tells a bad request 400 and a good one 503 while its breaker is open', async () => {
    const stage = await start();
    stage.open();
    await get('/items/seven').expect(400);
    await get('/secret').expect(403);
    await get('/items/7').expect(503);
    expect(stage.calls().rejected).toBe(1);
  });

  it('answers with the fallback, for a failure and for a rejection', async () => {
    const stage = await start();
    await get('/fallback').expect(200, "yesterday's, because of: broken");
    expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1 }));
    const rejected = await get('/fallback').expect(200);
    expect(rejected.text).toBe(
      'yesterday\'s, because of: circuit breaker "shop" is open; the next probe is allowed in 10000 ms',
    );
    expect(rejected.headers['retry-after']).toBeUndefined();
    expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1, rejected: 1 }));
  });

  it('shares one breaker between two handlers: one fails, both are closed off, one probe frees both', async () => {
    const stage = await start();
    await get('/broken').expect(500);
    await get('/above').expect(503);
    stage.clock.advance(10_000);
    await get('/below').expect(200);
    await get('/above').expect(200);
    expect(stage.signals.moves()).toEqual([
      'closed → open (tripper)',
      'open → half_open (retry)',
      'half_open → closed (tripper)',
    ]);
  });
});
