import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
  type CanActivate,
  type MiddlewareConsumer,
  type NestMiddleware,
  type NestModule,
} from '@nestjs/common';
import {
  ContextIdFactory,
  LazyModuleLoader,
  ModuleRef,
  REQUEST,
  type ContextId,
  type ContextIdStrategy,
  type HostComponentInfo,
} from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { CircuitBreaker } from 'nestjs-fluxgate';
import request from 'supertest';

import { ownMembers } from '../../../lib/nest/member.js';
import { admitted, calls, closeAll, compile, messageOf, open, start } from '../apps.js';

afterEach(closeAll);

@Injectable()
class Shop {
  @CircuitBreaker('shop')
  async buy(what = 'tea'): Promise<string> {
    return what;
  }
}

describe('a provider that Nest makes', () => {
  it('is guarded as a singleton', async () => {
    const app = await start({ providers: [Shop] });
    expect(await app.get(Shop).buy('milk')).toBe('milk');
    expect(calls(app)).toEqual({ success: 1 });
    open(app);
    await expect(app.get(Shop).buy()).rejects.toThrow('circuit breaker "shop" is open');
  });

  it('keeps the breakers of its methods apart where two copies of the package gave them one id', async () => {
    @Injectable()
    class Counter {
      @CircuitBreaker('shop')
      async sell(): Promise<string> {
        return 'sold';
      }
      @CircuitBreaker('stock')
      async count(): Promise<number> {
        return 7;
      }
    }
    const [sell, count] = ownMembers(Counter.prototype);
    Object.assign(count!, { id: sell!.id });
    const app = await start({ providers: [Counter] }, { breakers: { shop: {}, stock: {} } });
    const counter = app.get(Counter);
    expect([await counter.sell(), await counter.count(), await counter.count()]).toEqual(['sold', 7, 7]);
    expect([calls(app), calls(app, 'stock')]).toEqual([{ success: 1 }, { success: 2 }]);
  });

  it('is guarded under another token, by useClass', async () => {
    const app = await start({ providers: [{ provide: 'STORE', useClass: Shop }] });
    await app.get<Shop>('STORE').buy();
    expect(admitted(app)).toBe(1);
  });

  it('is guarded once as an alias, by useExisting', async () => {
    const app = await start({ providers: [Shop, { provide: 'STORE', useExisting: Shop }] });
    await app.get<Shop>('STORE').buy();
    expect(admitted(app)).toBe(1);
  });

  it('is guarded in a transient provider, injected and resolved', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Basket extends Shop {}
    @Injectable()
    class Till {
      constructor(@Inject(Basket) readonly basket: Basket) {}
    }
    const app = await start({ providers: [Basket, Till] });
    const resolved = await app.resolve(Basket);
    expect(resolved).not.toBe(app.get(Till).basket);
    await resolved.buy();
    await app.get(Till).basket.buy();
    expect(admitted(app)).toBe(2);
  });

  it('is guarded in a request-scoped provider: two requests, two `this`, one breaker', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Basket {
      constructor(@Inject(REQUEST) private readonly caller: { readonly name: string }) {}
      @CircuitBreaker('shop')
      async owner(): Promise<string> {
        return this.caller.name;
      }
    }
    const app = await start({ providers: [Basket] });
    const owners = ['ann', 'ben'].map(async (name) => {
      const id = ContextIdFactory.create();
      app.registerRequestByContextId({ name }, id);
      return (await app.resolve(Basket, id)).owner();
    });
    expect(await Promise.all(owners)).toEqual(['ann', 'ben']);
    expect(calls(app)).toEqual({ success: 2 });
  });

  it('keeps its scope: a decorated singleton is still one object', async () => {
    const app = await start({ providers: [Shop] });
    expect(await app.resolve(Shop, ContextIdFactory.create())).toBe(app.get(Shop));
  });

  it('is guarded in a durable provider', async () => {
    @Injectable({ scope: Scope.REQUEST, durable: true })
    class TenantShop extends Shop {}
    const tenants = new Map<string, ContextId>();
    class ByTenant implements ContextIdStrategy<{ readonly tenant: string }> {
      attach(id: ContextId, { tenant }: { readonly tenant: string }) {
        const tree = tenants.get(tenant) ?? ContextIdFactory.create();
        tenants.set(tenant, tree);
        return (info: HostComponentInfo): ContextId => (info.isTreeDurable ? tree : id);
      }
    }
    @Controller()
    class Counter {
      constructor(@Inject(TenantShop) private readonly shop: TenantShop) {}
      @Get()
      sell(): Promise<string> {
        return this.shop.buy('tea');
      }
    }
    const module = await compile({ controllers: [Counter], providers: [TenantShop] });
    ContextIdFactory.apply({
      attach: (id, { headers }: { headers: { tenant: string } }) =>
        new ByTenant().attach(id, { tenant: headers.tenant }),
    });
    const app = await module.createNestApplication().init();
    for (const tenant of ['a', 'b', 'a']) {
      await request(app.getHttpServer()).get('/').set('tenant', tenant).expect(200, 'tea');
    }
    await app.close();
    expect(tenants.size).toBe(2);
    expect(admitted(module)).toBe(3);
    ContextIdFactory.apply({ attach: (id) => () => id }); // as it was: no host has a tree of its own
  });

  it('is guarded when ModuleRef.create makes it', async () => {
    const app = await start({});
    const shop = await app.get(ModuleRef).create(Shop);
    await shop.buy();
    expect(admitted(app)).toBe(1);
  });
});

describe('a lazy module', () => {
  it('has guarded providers', async () => {
    @Module({ providers: [Shop], exports: [Shop] })
    class LazyModule {}
    const app = await start({});
    const lazy = await app.get(LazyModuleLoader).load(() => LazyModule);
    await lazy.get(Shop).buy();
    expect(admitted(app)).toBe(1);
  });

  it('does not load with unknown names, and says them all', async () => {
    @Injectable()
    class Typo {
      @CircuitBreaker('shopp')
      async buy(): Promise<void> {}
      @CircuitBreaker('nowhere', { fallback: 'sel' })
      async sell(): Promise<void> {}
    }
    @Module({ providers: [Typo] })
    class LazyModule {}
    const app = await start({});
    expect(await messageOf(app.get(LazyModuleLoader).load(() => LazyModule))).toBe(
      'FluxgateModule: 2 problems:\n' +
        '  - Typo.buy: no circuit breaker is called "shopp". Did you mean "shop"? Registered: shop. ' +
        'Add it to the breakers of FluxgateModule.forRoot or forFeature.\n' +
        '  - Typo.sell: no circuit breaker is called "nowhere". Registered: shop. ' +
        'Add it to the breakers of FluxgateModule.forRoot or forFeature.',
    );
  });
});

describe("Nest's own helpers", () => {
  it('are guarded: a guard and a middleware', async () => {
    @Injectable()
    class Entry implements CanActivate {
      @CircuitBreaker('shop')
      canActivate(): boolean {
        return true;
      }
    }
    @Injectable()
    class Door implements NestMiddleware {
      @CircuitBreaker('shop')
      async look(): Promise<void> {}
      async use(_request: unknown, _response: unknown, next: () => void): Promise<void> {
        await this.look();
        next();
      }
    }
    @Controller()
    @UseGuards(Entry)
    class Counter {
      @Get()
      sell(): string {
        return 'tea';
      }
    }
    @Module({ controllers: [Counter] })
    class CounterModule implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(Door).forRoutes(Counter);
      }
    }
    const module = await compile({ imports: [CounterModule] });
    const app = await module.createNestApplication().init();
    await request(app.getHttpServer()).get('/').expect(200, 'tea');
    expect(calls(module)).toEqual({ success: 2 });
    await app.close();
  });

  it('are inspected at bootstrap: a middleware with an unknown name', async () => {
    @Injectable()
    class Door implements NestMiddleware {
      @CircuitBreaker('shopp')
      use(_request: unknown, _response: unknown, next: () => void): void {
        next();
      }
    }
    @Module({})
    class DoorModule implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(Door).forRoutes('*path');
      }
    }
    const module = await compile({ imports: [DoorModule] });
    expect(await messageOf(module.createNestApplication().init())).toContain(
      'FluxgateModule: Door.use: no circuit breaker is called "shopp". Did you mean "shop"?',
    );
  });
});
