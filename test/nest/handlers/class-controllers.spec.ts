import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Param,
  ParseIntPipe,
  Scope,
  SetMetadata,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { BreakerRegistry, CircuitBreaker } from 'nestjs-fluxgate';
import request from 'supertest';

import { counts, httpApp, PLATFORMS, resetLogger, Stage } from './apps.js';

/** Routes without any breaker, for subclasses. */
abstract class Crud {
  @Get('all')
  async all(): Promise<string> {
    return `all ${this.what()}`;
  }

  @Get('one/:id')
  one(@Param('id', ParseIntPipe) id: number): string {
    return `one ${this.what()}: ${id + 1}`;
  }

  what(): string {
    return 'things';
  }
}

@Controller('plain')
class Plain extends Crud {}

@CircuitBreaker('shop')
@Controller('orders')
class Orders extends Crud {
  @Get('own')
  own(): string {
    return 'own';
  }

  @CircuitBreaker('other')
  @Get('by-itself')
  async byItself(): Promise<string> {
    return 'by itself';
  }

  /** No handler, whatever else is known of it. */
  @SetMetadata('roles', ['clerk'])
  @SetMetadata(Symbol('audit') as never, true)
  override what(): string {
    return 'orders';
  }
}

@Controller('rush')
@CircuitBreaker('other')
class RushOrders extends Orders {
  @Get('fast')
  fast(): string {
    return 'fast';
  }
}

@CircuitBreaker()
@Controller({ path: 'scoped', scope: Scope.REQUEST })
class Scoped extends Crud {}

@Controller('silent')
@CircuitBreaker('shop')
class Silent extends Crud {
  // An override without @Get is no route, as Nest has it.
  override async all(): Promise<string> {
    return 'mine';
  }
}

@Controller('overriding')
class Overriding extends Orders {
  @Get('own')
  override own(): string {
    return 'overridden';
  }
}

describe.each(PLATFORMS)('@CircuitBreaker on a controller class on $name', (platform) => {
  let app: INestApplication;
  const get = (path: string): request.Test => request(app.getHttpServer()).get(path);

  async function start(...controllers: Type[]): Promise<Stage> {
    const stage = await new Stage().compile(
      { controllers },
      { breakers: { shop: {}, other: {} }, logger: undefined },
    );
    app = await httpApp(stage, platform);
    return stage;
  }

  afterEach(async () => {
    await app.close();
    resetLogger();
  });

  it('guards every handler, inherited ones too, each call counted once', async () => {
    const stage = await start(Orders);
    await get('/orders/own').expect(200, 'own');
    await get('/orders/all').expect(200, 'all orders');
    await get('/orders/one/7').expect(200, 'one orders: 8');
    expect(stage.calls()).toEqual(counts({ admitted: 3, success: 3 }));
    stage.open();
    await get('/orders/own').expect(503);
    await get('/orders/all').expect(503);
    await get('/orders/one/7').expect(503);
    await get('/orders/one/seven').expect(400);
  });

  it('leaves a method with a breaker of its own to that breaker', async () => {
    const stage = await start(Orders);
    await get('/orders/by-itself').expect(200, 'by itself');
    expect(stage.calls()).toEqual(counts({}));
    expect(stage.calls('other')).toEqual(counts({ admitted: 1, success: 1 }));
  });

  it('does not guard the class that the handlers come from, or its other subclasses', async () => {
    const stage = await start(Orders, Plain);
    stage.open();
    await get('/plain/all').expect(200, 'all things');
    await get('/plain/one/1').expect(200, 'one things: 2');
    expect(stage.calls().rejected).toBe(0);
  });

  it('guards in a decorated subclass what is new, and once what the base class guards already', async () => {
    const stage = await start(RushOrders);
    await get('/rush/fast').expect(200, 'fast');
    expect(stage.calls('other')).toEqual(counts({ admitted: 1, success: 1 }));
    await get('/rush/own').expect(200, 'own');
    await get('/rush/all').expect(200, 'all orders');
    expect(stage.calls()).toEqual(counts({ admitted: 2, success: 2 }));
    expect(stage.calls('other')).toEqual(counts({ admitted: 1, success: 1 }));
  });

  it('gives every handler a breaker of its own when it has no name', async () => {
    const stage = await start(Scoped);
    await get('/scoped/all').expect(200, 'all things');
    await get('/scoped/all').expect(200, 'all things');
    expect(stage.module.get(BreakerRegistry).names()).toEqual(['shop', 'other', 'Scoped.all', 'Scoped.one']);
    expect(stage.calls('Scoped.all')).toEqual(counts({ admitted: 2, success: 2 }));
    expect(stage.calls('Scoped.one')).toEqual(counts({}));
    stage.open('Scoped.all');
    await get('/scoped/all').expect(503);
    await get('/scoped/one/1').expect(200, 'one things: 2');
  });

  it('does not bring back a handler that a subclass overrides without a route', async () => {
    const stage = await start(Silent);
    await get('/silent/all').expect(404);
    expect(await app.get(Silent).all()).toBe('mine');
    await get('/silent/one/1').expect(200, 'one things: 2');
    expect(stage.calls()).toEqual(counts({ admitted: 1, success: 1 }));
  });

  it('warns of a subclass that overrides a guarded handler and does not guard it', async () => {
    const stage = await start(Overriding);
    expect(stage.log.of('Fluxgate')).toEqual([
      'warn [Fluxgate] Overriding.own overrides Orders.own and is not guarded, unless it calls super. Put @CircuitBreaker on it too.',
    ]);
    stage.open();
    await get('/overriding/own').expect(200, 'overridden');
    await get('/overriding/all').expect(503);
  });

  it('says nothing of classes that guard all their handlers', async () => {
    const stage = await start(Orders, RushOrders, Scoped, Plain);
    expect(stage.log.of('Fluxgate')).toEqual([]);
  });
});
