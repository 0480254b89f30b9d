import type { AddressInfo, Server } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Injectable,
  UseFilters,
  UseGuards,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplicationContext,
  type INestMicroservice,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
  type ClientProxy,
} from '@nestjs/microservices';
import { CallNotPermittedFilter, CircuitBreaker } from 'nestjs-fluxgate';
import { firstValueFrom, from, toArray, type Observable } from 'rxjs';

import { counts, PLATFORMS, resetLogger, Stage, until } from './apps.js';

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class Stock {
  @MessagePattern('above')
  @CircuitBreaker('shop')
  async above(@Payload() item: string): Promise<string> {
    return `above ${item}`;
  }

  @CircuitBreaker('shop')
  @MessagePattern('below')
  below(@Payload() item: string): string {
    return `below ${item}`;
  }

  @MessagePattern('stream')
  @CircuitBreaker('shop')
  stream(): Observable<number> {
    return from([1, 2, 3]);
  }

  @MessagePattern('broken')
  @CircuitBreaker('shop')
  async broken(): Promise<never> {
    throw new Error('broken');
  }

  @EventPattern('sold')
  @CircuitBreaker('shop')
  async sold(@Payload() _item: string): Promise<void> {}

  @MessagePattern('denied')
  @UseGuards(Deny)
  @CircuitBreaker('shop')
  async denied(): Promise<void> {}

  @MessagePattern('told')
  @UseFilters(CallNotPermittedFilter)
  @CircuitBreaker('shop')
  async told(): Promise<string> {
    return 'told';
  }
}

abstract class Prices {
  @MessagePattern('price')
  async price(): Promise<number> {
    return 7;
  }
}

@CircuitBreaker('shop')
@Controller()
class TeaPrices extends Prices {
  @EventPattern('sale')
  async sale(@Payload() _item: string): Promise<void> {}
}

/** The user's own: shows where Nest asks global interceptors at all. */
@Injectable()
class Witness implements NestInterceptor {
  static asked = 0;
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    Witness.asked++;
    return next.handle();
  }
}

const TCP = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } } as const;

interface Mode {
  readonly name: string;
  /** Does Nest ask APP_INTERCEPTORs there? */
  readonly asksInterceptors: boolean;
  start(stage: Stage): Promise<{ app: INestApplicationContext; service: INestMicroservice }>;
}

const hybrid =
  (inheritAppConfig: boolean): Mode['start'] =>
  async (stage) => {
    const app = stage.module.createNestApplication(PLATFORMS[0]!.adapter());
    const service = app.connectMicroservice(TCP, { inheritAppConfig });
    await app.startAllMicroservices();
    await app.init();
    return { app, service };
  };

const MODES: Mode[] = [
  {
    name: 'a microservice',
    asksInterceptors: true,
    async start(stage) {
      const service = stage.module.createNestMicroservice(TCP);
      await service.listen();
      return { app: service, service };
    },
  },
  { name: 'a hybrid app', asksInterceptors: false, start: hybrid(false) },
  { name: 'a hybrid app with inheritAppConfig', asksInterceptors: true, start: hybrid(true) },
];

describe.each(MODES)('a guarded handler of $name over TCP', ({ start, asksInterceptors }) => {
  let app: INestApplicationContext;
  let client: ClientProxy;
  let stage: Stage;

  async function run(): Promise<void> {
    stage = await new Stage().compile({
      controllers: [Stock, TeaPrices],
      providers: [{ provide: APP_INTERCEPTOR, useClass: Witness }],
    });
    const started = await start(stage);
    app = started.app;
    const { port } = started.service.unwrap<Server>().address() as AddressInfo;
    client = ClientProxyFactory.create({ ...TCP, options: { ...TCP.options, port } });
  }
  const ask = (pattern: string): Promise<unknown> => firstValueFrom(client.send(pattern, 'tea'));

  afterEach(async () => {
    Witness.asked = 0;
    await client.close();
    await app.close();
    resetLogger();
  });

  it('counts every message once, whether or not Nest asks global interceptors', async () => {
    await run();
    expect(await ask('above')).toBe('above tea');
    expect(await ask('below')).toBe('below tea');
    expect(await firstValueFrom(client.send('stream', '').pipe(toArray()))).toEqual([1, 2, 3]);
    await until(() => stage.calls().inFlight === 0);
    expect(stage.calls()).toEqual(counts({ admitted: 3, success: 3 }));
    expect(Witness.asked).toBe(asksInterceptors ? 3 : 0);
  });

  it('counts every event once, and none while the breaker is open', async () => {
    await run();
    client.emit('sold', 'tea');
    await until(() => stage.calls().success === 1);
    stage.open();
    client.emit('sold', 'tea');
    await until(() => stage.calls().rejected === 1);
    expect(stage.calls()).toEqual(counts({ admitted: 2, success: 1, failure: 1, rejected: 1 }));
  });

  it('does not count what a guard refuses', async () => {
    await run();
    await expect(ask('denied')).rejects.toEqual({ status: 'error', message: 'Forbidden resource' });
    expect(stage.calls()).toEqual(counts({}));
  });

  it("rejects after a failure with Nest's usual error when there is no filter", async () => {
    await run();
    const usual = { status: 'error', message: 'Internal server error' };
    await expect(ask('broken')).rejects.toEqual(usual);
    await expect(ask('above')).rejects.toEqual(usual);
    await expect(firstValueFrom(client.send('stream', ''))).rejects.toEqual(usual);
    expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1, rejected: 2 }));
  });

  it('tells the client code and wait with CallNotPermittedFilter', async () => {
    await run();
    expect(await ask('told')).toBe('told');
    stage.open();
    await expect(ask('told')).rejects.toEqual({
      status: 'error',
      code: 'CIRCUIT_NOT_PERMITTED',
      message: 'The service is temporarily unavailable. Please try again later.',
      retryAfterMs: 10_000,
    });
    expect(stage.log.of('RpcExceptionsHandler')).toEqual([]);
  });

  it('is every message and event of a decorated class, inherited ones too', async () => {
    await run();
    expect(await ask('price')).toBe(7);
    client.emit('sale', '');
    await until(() => stage.calls().success === 2);
    stage.open();
    await expect(ask('price')).rejects.toMatchObject({ status: 'error' });
    client.emit('sale', '');
    await until(() => stage.calls().rejected === 2);
  });

  it('is probed and closed by messages', async () => {
    await run();
    stage.halfOpen();
    expect(await ask('above')).toBe('above tea');
    expect(stage.signals.moves()).toEqual([
      'closed → open (tripper)',
      'open → half_open (retry)',
      'half_open → closed (tripper)',
    ]);
  });
});
