import { get as httpGet } from 'node:http';
import type { Socket } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  RequestTimeoutException,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { CircuitBreaker } from 'nestjs-fluxgate';
import { catchError, NEVER, of, throwError, timeout, type Observable } from 'rxjs';
import request from 'supertest';

import {
  counts,
  deferred,
  httpApp,
  listen,
  PLATFORMS,
  resetLogger,
  Stage,
  until,
  type FluxgateOptions,
} from './apps.js';

@Injectable()
class Impatient implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      timeout(5),
      catchError(() => throwError(() => new RequestTimeoutException())),
    );
  }
}

/** What the handlers wait for. */
let upstream = deferred();

@Controller()
class Shop {
  @Get('slow')
  @CircuitBreaker('shop')
  async slow(): Promise<string> {
    return upstream.promise;
  }

  @Get('stream')
  @UseInterceptors(Impatient)
  @CircuitBreaker('shop')
  stream(): Observable<string> {
    return NEVER;
  }

  @Get('endless')
  @CircuitBreaker('shop')
  endless(): Observable<string> {
    return NEVER;
  }

  @Get('promise')
  @UseInterceptors(Impatient)
  @CircuitBreaker('shop')
  async promise(): Promise<string> {
    return upstream.promise;
  }

  @Get('good')
  @CircuitBreaker('shop')
  good(): Observable<string> {
    return of('good');
  }
}

describe.each(PLATFORMS)('a call that is given up, on $name', (platform) => {
  let app: INestApplication;
  const get = (path: string): request.Test => request(app.getHttpServer()).get(path);

  async function start(fluxgate: FluxgateOptions = {}): Promise<Stage> {
    const stage = await new Stage().compile({ controllers: [Shop] }, fluxgate);
    app = await httpApp(stage, platform);
    return stage;
  }

  afterEach(async () => {
    upstream.resolve('too late');
    upstream = deferred();
    await app.close();
    resetLogger();
  });

  it('frees the half-open slot when an outer timeout() unsubscribes, without a verdict', async () => {
    const stage = await start({ breakers: { shop: { maxHalfOpenCalls: 1 } } });
    stage.halfOpen();
    await get('/stream').expect(408);
    expect(stage.breaker().snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 0 });
    expect(stage.calls()).toEqual(counts({ admitted: 2, failure: 1, ignored: 1 }));
    await get('/good').expect(200, 'good');
    expect(stage.breaker().state).toBe('closed');
  });

  it('keeps the slot of a promise that an outer timeout() cannot stop until it settles', async () => {
    const stage = await start({ breakers: { shop: { maxHalfOpenCalls: 1 } } });
    stage.halfOpen();
    await get('/promise').expect(408);
    expect(stage.breaker().snapshot().probesInFlight).toBe(1);
    await get('/good').expect(503);
    upstream.resolve('late');
    await until(() => stage.breaker().state === 'closed');
    expect(stage.calls()).toEqual(counts({ admitted: 2, failure: 1, success: 1, rejected: 1 }));
  });

  it('frees the half-open slot when the client of a handler that returns an Observable leaves', async () => {
    const stage = await start({ breakers: { shop: { maxHalfOpenCalls: 1 } } });
    stage.halfOpen();
    const client = httpGet(`${await listen(app)}/endless`).on('error', () => {});
    await until(() => stage.breaker().snapshot().probesInFlight === 1);
    client.destroy();
    await until(() => stage.breaker().snapshot().probesInFlight === 0);
    expect(stage.calls()).toEqual(counts({ admitted: 2, failure: 1, ignored: 1 }));
  });

  it('completes and counts when the client of a plain handler leaves', async () => {
    const stage = await start();
    const address = await listen(app);
    let hasLeft = false;
    app.getHttpServer().on('connection', (socket: Socket) => {
      socket.on('close', () => {
        hasLeft = true;
      });
    });
    const client = httpGet(`${address}/slow`).on('error', () => {});
    await until(() => stage.calls().inFlight === 1);
    client.destroy();
    await until(() => hasLeft);
    expect(stage.calls()).toEqual(counts({ admitted: 1, inFlight: 1 }));
    upstream.resolve('nobody reads it');
    await until(() => stage.calls().inFlight === 0);
    expect(stage.calls()).toEqual(counts({ admitted: 1, success: 1 }));
  });

  it('is a 504 that does not name the breaker when it takes longer than timeoutMs, and a failure', async () => {
    const stage = await start({ breakers: { shop: { timeoutMs: 200 } } });
    const answer = get('/slow').then((response) => response);
    await until(() => stage.calls().inFlight === 1);
    stage.clock.advance(199);
    expect(stage.calls().inFlight).toBe(1);
    stage.clock.advance(1);
    const { status, body, headers } = await answer;
    expect(status).toBe(504);
    expect(body).toEqual({
      statusCode: 504,
      error: 'Gateway Timeout',
      message: 'The service took too long to answer.',
      code: 'CIRCUIT_CALL_TIMEOUT',
    });
    expect(headers).not.toHaveProperty('retry-after');
    expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1 }));
    expect(stage.log.of('ExceptionsHandler')).toEqual([]);
    expect(stage.clock.timerCount).toBe(0);
  });
});
