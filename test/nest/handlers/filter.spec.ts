import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  UseFilters,
  type ArgumentsHost,
  type ExecutionContext,
  type INestApplication,
  type INestApplicationContext,
} from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  Breaker,
  CallNotPermittedFilter,
  CircuitBreaker,
  CircuitBreakerInterceptor,
  type CallNotPermittedException,
} from 'nestjs-fluxgate';
import { isObservable, lastValueFrom, of, type Observable } from 'rxjs';
import request from 'supertest';

import { httpApp, PLATFORMS, resetLogger, Stage, type FluxgateOptions } from './apps.js';

const BODY = {
  status: 'error',
  code: 'CIRCUIT_NOT_PERMITTED',
  message: 'The service is temporarily unavailable. Please try again later.',
  retryAfterMs: 10_000,
};

@Injectable()
class Payments {
  @CircuitBreaker('shop')
  async status(): Promise<string> {
    return 'paid';
  }
}

@Controller()
class Shop {
  constructor(private readonly payments: Payments) {}

  @Get()
  @UseFilters(CallNotPermittedFilter)
  index(): Promise<string> {
    return this.payments.status();
  }

  @Get('unfiltered')
  unfiltered(): Promise<string> {
    return this.payments.status();
  }
}

let app: INestApplicationContext | undefined;

async function open(fluxgate?: FluxgateOptions): Promise<Stage> {
  const stage = await new Stage().compile({ controllers: [Shop], providers: [Payments] }, fluxgate);
  stage.open();
  return stage;
}

/** What the open breaker throws. */
async function rejection(): Promise<CallNotPermittedException> {
  const stage = await open();
  app = await stage.module.init();
  return (await stage.module
    .get(Payments)
    .status()
    .catch((error: unknown) => error)) as CallNotPermittedException;
}

/** As Nest calls a filter, with the client that the handler talks to. */
const hostOf = (type: string, client: object = {}): ArgumentsHost =>
  ({ getType: () => type, switchToWs: () => ({ getClient: () => client }) }) as unknown as ArgumentsHost;

afterEach(async () => {
  await app?.close();
  app = undefined;
  resetLogger();
});

describe('CallNotPermittedFilter made by hand', () => {
  it('gives a microservice the error as a stream', async () => {
    const answer = new CallNotPermittedFilter().catch(await rejection(), hostOf('rpc'));
    expect(isObservable(answer)).toBe(true);
    await expect(lastValueFrom(answer as Observable<never>)).rejects.toEqual(BODY);
  });

  it('sends a client of the ws package one message, and does not emit on it', async () => {
    const sent: string[] = [];
    const client = {
      readyState: 1,
      send: (data: string) => sent.push(data),
      emit: () => expect('emit').toBe('not called'),
    };
    new CallNotPermittedFilter().catch(await rejection(), hostOf('ws', client));
    expect(sent.map((data) => JSON.parse(data) as unknown)).toEqual([{ event: 'exception', data: BODY }]);
  });

  it('emits to a client of socket.io, which has a send of its own', async () => {
    const emitted: unknown[] = [];
    const client = {
      emit: (...args: unknown[]) => emitted.push(args),
      send: () => expect('send').toBe('not called'),
    };
    new CallNotPermittedFilter().catch(await rejection(), hostOf('ws', client));
    expect(emitted).toEqual([['exception', BODY]]);
  });

  it.each([{ readyState: 1 }, {}])(
    "lets the client %j of a user's own adapter be that has no such method",
    async (client) => {
      const error = await rejection();
      expect(new CallNotPermittedFilter().catch(error, hostOf('ws', client))).toBeUndefined();
    },
  );

  it('throws for GraphQL an error that names neither breaker nor reason, with the rejection as its cause', async () => {
    const error = await rejection();
    let thrown: unknown;
    try {
      new CallNotPermittedFilter().catch(error, hostOf('graphql'));
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toMatchObject({
      message: BODY.message,
      cause: error,
      extensions: {
        code: 'SERVICE_UNAVAILABLE',
        retryAfterMs: 10_000,
        http: { headers: new Map([['retry-after', '10']]) },
      },
    });
  });
});

describe.each(PLATFORMS)('CallNotPermittedFilter over HTTP on $name', (platform) => {
  async function ask(path: string, setUp?: (made: INestApplication) => void): Promise<request.Response> {
    const stage = await open();
    const made = await httpApp(stage, platform, setUp);
    app = made;
    return request(made.getHttpServer()).get(path);
  }

  it.each([
    ['a class', '/', undefined],
    [
      'an object made by hand with the adapter',
      '/unfiltered',
      (made: INestApplication) => made.useGlobalFilters(new CallNotPermittedFilter(made.getHttpAdapter())),
    ],
  ])('gives the same 503 as without it, as %s', async (_as, path, setUp) => {
    const { status, body, headers } = await ask(path, setUp);
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('10');
    expect(body).toEqual({
      statusCode: 503,
      error: 'Service Unavailable',
      message: BODY.message,
      code: BODY.code,
      retryAfterMs: 10_000,
    });
  });

  it('sets Retry-After also where nothing else does: with globalInterceptor: false', async () => {
    const stage = await open({ globalInterceptor: false });
    const made = await httpApp(stage, platform);
    app = made;
    const { headers } = await request(made.getHttpServer()).get('/unfiltered').expect(503);
    expect(headers).not.toHaveProperty('retry-after');
    expect((await request(made.getHttpServer()).get('/').expect(503)).headers['retry-after']).toBe('10');
  });

  it('needs no FluxgateModule: rejections may come from a breaker made by hand', async () => {
    const breaker = new Breaker('by hand');
    breaker.forceOpen();

    @Controller()
    @UseFilters(CallNotPermittedFilter)
    class ByHand {
      @Get()
      get(): Promise<string> {
        return breaker.execute(() => 'never');
      }
    }
    const module = await Test.createTestingModule({ controllers: [ByHand] }).compile();
    const made = module.createNestApplication(platform.adapter());
    app = await made.init();
    if (platform.name === 'Fastify') await made.getHttpAdapter().getInstance().ready();
    await request(made.getHttpServer()).get('/').expect(503);
  });
});

describe('a call from outside of any request', () => {
  it('gets the rejection as it is where Nest takes it for HTTP and there is no response', async () => {
    const stage = await open();
    app = await stage.module.init();
    const payments = app.get(Payments);
    const call = app.get(ExternalContextCreator).create(payments, payments.status, 'status');
    await expect(call()).rejects.toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED', retryAfterMs: 10_000 });
    expect(stage.calls().rejected).toBe(1);
  });

  it.each(['rpc', 'ws', 'graphql'])(
    'is not touched by the interceptor where it is no HTTP: %s',
    async (type) => {
      const stage = await open();
      app = await stage.module.init();
      const handled = of('answer');
      const context = hostOf(type) as ExecutionContext;
      expect(app.get(CircuitBreakerInterceptor).intercept(context, { handle: () => handled })).toBe(handled);
    },
  );
});
