import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  Module,
  Query,
  Scope,
  UseInterceptors,
  UsePipes,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type MiddlewareConsumer,
  type NestInterceptor,
  type NestMiddleware,
  type PipeTransform,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { CircuitBreaker, CircuitBreakerInterceptor } from 'nestjs-fluxgate';
import { catchError, of, throwError, type Observable } from 'rxjs';
import request from 'supertest';

import { hookExceptions, RejectionHook } from '../../../lib/nest/rejection-hook.js';
import { httpApp, PLATFORMS, resetLogger, Stage, type FluxgateOptions, type Platform } from './apps.js';
import { withoutHook } from './without-hook.js';

@Injectable()
class Payments {
  @CircuitBreaker('shop')
  async status(): Promise<string> {
    return 'paid';
  }
}

@Injectable()
class PaidPipe implements PipeTransform {
  constructor(private readonly payments: Payments) {}
  transform(): Promise<string> {
    return this.payments.status();
  }
}

@Injectable()
class PaidMiddleware implements NestMiddleware {
  constructor(private readonly payments: Payments) {}
  async use(_request: unknown, _response: unknown, next: () => void): Promise<void> {
    await this.payments.status();
    next();
  }
}

/** Answers with what it has where the call is rejected. */
class Cached implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError(() => of('cached')));
  }
}

/** Makes an error of its own of it. */
class Translated implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next
      .handle()
      .pipe(catchError((cause: unknown) => throwError(() => new Error('sorry', { cause }))));
  }
}

@Controller()
class Shop {
  constructor(private readonly payments: Payments) {}

  @Get('handler')
  handler(): Promise<string> {
    return this.payments.status();
  }

  @Get('pipe')
  @UsePipes(PaidPipe)
  pipe(@Query('of') of: string): string {
    return of;
  }

  @Get('middleware')
  middleware(): string {
    return 'behind it';
  }

  @Get('cached')
  @UseInterceptors(Cached)
  cached(): Promise<string> {
    return this.payments.status();
  }

  @Get('translated')
  @UseInterceptors(Translated)
  translated(): Promise<string> {
    return this.payments.status();
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class ScopedShop {
  @Get()
  @CircuitBreaker('shop')
  async index(): Promise<string> {
    return 'open';
  }
}

@Module({ controllers: [Shop, ScopedShop], providers: [Payments, PaidPipe] })
class ShopModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(PaidMiddleware).forRoutes('middleware');
  }
}

const apps: INestApplication[] = [];

async function start(
  platform: Platform,
  {
    fluxgate,
    ...given
  }: { fluxgate?: FluxgateOptions; isHooked?: boolean; setUp?: (app: INestApplication) => void } = {},
): Promise<{ stage: Stage; app: INestApplication; retryAfter(path: string): Promise<unknown> }> {
  const { isHooked = true, setUp } = given;
  const stage = await new Stage().compile(
    { imports: [ShopModule] },
    fluxgate,
    isHooked ? undefined : withoutHook,
  );
  const app = await httpApp(stage, platform, setUp);
  apps.push(app);
  const retryAfter = async (path: string): Promise<unknown> =>
    (await request(app.getHttpServer()).get(path)).headers['retry-after'];
  return { stage, app, retryAfter };
}

/** What Nest asks on every request, message and query. */
const pipeline = (app: INestApplication): unknown[] =>
  app.get(ApplicationConfig, { strict: false }).getGlobalInterceptors().filter(Boolean);

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  resetLogger();
});

describe.each(PLATFORMS)('Retry-After on $name', (platform) => {
  it.each(['/handler', '/scoped', '/pipe', '/middleware'])(
    'is set for a rejection behind %s',
    async (path) => {
      const { stage, retryAfter } = await start(platform);
      expect(await retryAfter(path)).toBeUndefined();
      stage.open();
      expect(await retryAfter(path)).toBe('10');
    },
  );

  it('is not set where an interceptor makes something else of the rejection', async () => {
    const { stage, retryAfter, app } = await start(platform);
    stage.open();
    expect(await retryAfter('/translated')).toBeUndefined();
    expect(await retryAfter('/cached')).toBeUndefined();
    await request(app.getHttpServer()).get('/cached').expect(200, 'cached');
  });

  it('takes no interceptor on the way of every request', async () => {
    const { app } = await start(platform);
    expect(pipeline(app)).toEqual([]);
  });

  it("leaves the user's own interceptors where they are", async () => {
    const theirs = new Cached();
    const { app, stage } = await start(platform, { setUp: (made) => made.useGlobalInterceptors(theirs) });
    expect(pipeline(app)).toEqual([theirs]);
    stage.open();
    await request(app.getHttpServer()).get('/handler').expect(200, 'cached');
  });

  it('is set once where the interceptor is put by hand as well', async () => {
    const { app, stage, retryAfter } = await start(platform, {
      setUp: (made) => made.useGlobalInterceptors(made.get(CircuitBreakerInterceptor)),
    });
    expect(pipeline(app)).toEqual([app.get(CircuitBreakerInterceptor)]);
    stage.open();
    expect(await retryAfter('/handler')).toBe('10');
  });

  it.each<FluxgateOptions>([{ globalInterceptor: false }, { retryAfterHeader: false }])(
    'is set by one app and not by another of the same process with %j',
    async (fluxgate) => {
      const one = await start(platform);
      const other = await start(platform, { fluxgate });
      for (const { stage } of [one, other]) stage.open();
      expect(await one.retryAfter('/handler')).toBe('10');
      for (const path of ['/handler', '/pipe', '/middleware']) {
        expect(await other.retryAfter(path)).toBeUndefined();
      }
    },
  );

  describe('where Nest has no place that every exception comes by', () => {
    it('is set by the interceptor, which then stands in the pipeline', async () => {
      const { app, stage, retryAfter } = await start(platform, { isHooked: false });
      expect(pipeline(app)).toEqual([app.get(CircuitBreakerInterceptor)]);
      stage.open();
      for (const path of ['/handler', '/scoped', '/pipe']) expect(await retryAfter(path)).toBe('10');
      // No interceptor sees it.
      expect(await retryAfter('/middleware')).toBeUndefined();
    });

    it('is left out with retryAfterHeader: false', async () => {
      const { stage, retryAfter } = await start(platform, {
        isHooked: false,
        fluxgate: { retryAfterHeader: false },
      });
      stage.open();
      expect(await retryAfter('/handler')).toBeUndefined();
    });
  });
});

describe('Where Nest hands over exceptions', () => {
  class Known {
    constructor(readonly applicationRef: object) {}
    next(_exception: unknown, _host: unknown): void {}
  }
  class Elsewhere {
    constructor(private readonly app: object) {}
    next(_exception: unknown, _host: unknown): object {
      return this.app;
    }
  }
  class OtherArguments {
    constructor(readonly applicationRef: object) {}
    next(_context: { exception: unknown }): void {}
  }
  class OtherName {
    constructor(readonly applicationRef: object) {}
    handle(_exception: unknown, _host: unknown): void {}
  }
  class Inherited extends Known {}

  it.each<[string, () => Promise<unknown>]>([
    ['there is no such file', () => Promise.reject(new Error('Cannot find module'))],
    ['there is no such class', async () => ({})],
    ['it keeps its adapter elsewhere', async () => ({ ExceptionsHandler: Elsewhere })],
    ['it takes other arguments', async () => ({ ExceptionsHandler: OtherArguments })],
    ['its method has another name', async () => ({ ExceptionsHandler: OtherName })],
    ['its method is that of a base class', async () => ({ ExceptionsHandler: Inherited })],
  ])('nothing is changed where %s', async (_what, load) => {
    const before = [Known, Elsewhere, OtherArguments, OtherName].map((type) =>
      Object.getOwnPropertyDescriptors(type.prototype),
    );
    expect(await hookExceptions(load)).toBe(false);
    const after = [Known, Elsewhere, OtherArguments, OtherName].map((type) =>
      Object.getOwnPropertyDescriptors(type.prototype),
    );
    expect(after).toEqual(before);
  });

  it('is hooked once, tells the interceptor of the app, and goes on as it did', async () => {
    const told: unknown[] = [];
    class Handler extends Known {
      override next(exception: unknown, host: unknown): void {
        told.push([this.applicationRef, exception, host]);
      }
    }
    const load = async (): Promise<unknown> => ({ ExceptionsHandler: Handler });
    expect(await hookExceptions(load)).toBe(true);
    const { next } = Handler.prototype;
    expect(await hookExceptions(load)).toBe(true);
    expect(Handler.prototype.next).toBe(next);
    const app = {};
    const interceptor = (await start(PLATFORMS[0]!)).app.get(CircuitBreakerInterceptor);
    interceptor.setRetryAfter = (...given: unknown[]) => void told.push(['interceptor', ...given]);
    new RejectionHook(interceptor, { httpAdapter: app } as HttpAdapterHost, true).onModuleInit();
    new Handler(app).next('exception', 'host');
    expect(told).toEqual([
      ['interceptor', 'exception', 'host', app],
      [app, 'exception', 'host'],
    ]);
    new Handler({}).next('exception', 'host');
    expect(told).toHaveLength(3);
  });
});

it('An interceptor that a test put in place of ours is asked as before', async () => {
  const asked: string[] = [];
  const mock = {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      asked.push(context.getHandler().name);
      return next.handle();
    },
  };
  const stage = await new Stage().compile({ imports: [ShopModule] }, {}, (builder) =>
    builder.overrideProvider(CircuitBreakerInterceptor).useValue(mock),
  );
  const app = await httpApp(stage, PLATFORMS[0]!);
  apps.push(app);
  await request(app.getHttpServer()).get('/handler').expect(200, 'paid');
  expect(asked).toEqual(['handler']);
});
