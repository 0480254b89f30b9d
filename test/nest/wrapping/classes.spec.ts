import {
  forwardRef,
  Inject,
  Injectable,
  mixin,
  Module,
  type INestApplicationContext,
  type Provider,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { BreakerRegistry, CircuitBreaker } from 'nestjs-fluxgate';

import { admitted, brittle, calls, closeAll, open, start } from '../apps.js';

afterEach(closeAll);

describe('a guarded method', () => {
  it('is guarded where a class inherits it, from an abstract base too', async () => {
    abstract class Client {
      protected abstract readonly host: string;
      @CircuitBreaker('shop')
      async get(path: string): Promise<string> {
        return `${this.host}${path}`;
      }
    }
    @Injectable()
    class ShopClient extends Client {
      protected readonly host = 'shop';
    }
    @Injectable()
    class BankClient extends Client {
      protected readonly host = 'bank';
    }
    const app = await start({ providers: [ShopClient, BankClient] });
    expect(await app.get(ShopClient).get('/tea')).toBe('shop/tea');
    expect(await app.get(BankClient).get('/money')).toBe('bank/money');
    expect(calls(app)).toEqual({ success: 2 });
  });

  it('is guarded in mixins', async () => {
    const clientOf = (host: string): Type<{ get(): Promise<string> }> => {
      @Injectable()
      class Client {
        @CircuitBreaker('shop')
        async get(): Promise<string> {
          return host;
        }
      }
      return mixin(Client);
    };
    const [A, B] = [clientOf('a'), clientOf('b')];
    const app = await start({ providers: [A, B] });
    expect(await app.get(A).get()).toBe('a');
    expect(await app.get(B).get()).toBe('b');
    expect(admitted(app)).toBe(2);
  });

  it('is guarded where those of two classes are copied into one', async () => {
    class Seller {
      @CircuitBreaker('shop')
      async sell(): Promise<string> {
        return 'sold';
      }
    }
    class Buyer {
      @CircuitBreaker('shop')
      async buy(): Promise<string> {
        return 'bought';
      }
    }
    class Dealer {}
    for (const { prototype } of [Seller, Buyer]) {
      Object.defineProperties(Dealer.prototype, Object.getOwnPropertyDescriptors(prototype));
    }
    const app = await start({ providers: [Dealer] });
    const dealer = app.get<Seller & Buyer>(Dealer);
    expect([await dealer.sell(), await dealer.buy()]).toEqual(['sold', 'bought']);
    expect(admitted(app)).toBe(2);
  });

  it('is guarded on both sides of a forwardRef circle', async () => {
    @Injectable()
    class Left {
      constructor(@Inject(forwardRef(() => Right)) readonly right: unknown) {}
      @CircuitBreaker('shop')
      async go(): Promise<string> {
        return `left of ${await (this.right as { name(): Promise<string> }).name()}`;
      }
      @CircuitBreaker('shop')
      async name(): Promise<string> {
        return 'left';
      }
    }
    @Injectable()
    class Right {
      constructor(@Inject(forwardRef(() => Left)) readonly left: Left) {}
      @CircuitBreaker('shop')
      async name(): Promise<string> {
        return `right of ${await this.left.name()}`;
      }
    }
    const app = await start({ providers: [Left, Right] });
    expect(await app.get(Left).go()).toBe('left of right of left');
    expect(calls(app)).toEqual({ success: 3 });
  });

  it('is guarded when the class itself calls it, and reaches #private fields', async () => {
    @Injectable()
    class Safe {
      readonly #secret = 'tea';
      @CircuitBreaker('shop')
      async read(): Promise<string> {
        return this.#secret;
      }
      async readTwice(): Promise<string> {
        return (await this.read()) + (await this.read());
      }
    }
    const app = await start({ providers: [Safe] });
    expect(await app.get(Safe).readTwice()).toBe('teatea');
    expect(admitted(app)).toBe(2);
    open(app);
    await expect(app.get(Safe).readTwice()).rejects.toThrow('is open');
  });

  it("is guarded when another class's constructor binds it, and when it is a callback", async () => {
    @Injectable()
    class Shop {
      private readonly stock = ['tea', 'milk'];
      @CircuitBreaker('shop')
      async at(index: number): Promise<string | undefined> {
        return this.stock[index];
      }
    }
    @Injectable()
    class Till {
      readonly at: (index: number) => Promise<string | undefined>;
      constructor(@Inject(Shop) shop: Shop) {
        this.at = shop.at.bind(shop);
      }
    }
    const app = await start({ providers: [Shop, Till] });
    expect(await Promise.all([0, 1].map(app.get(Till).at))).toEqual(['tea', 'milk']);
    expect(admitted(app)).toBe(2);
  });

  it('is guarded under a symbol', async () => {
    const REFRESH = Symbol('refresh');
    @Injectable()
    class Cache {
      @CircuitBreaker()
      async [REFRESH](): Promise<string> {
        return 'fresh';
      }
    }
    const app = await start({ providers: [Cache] });
    expect(await app.get(Cache)[REFRESH]()).toBe('fresh');
    expect(calls(app, 'Cache.Symbol(refresh)')).toEqual({ success: 1 });
  });

  it('is guarded on a frozen instance', async () => {
    @Injectable()
    class Frozen {
      constructor() {
        Object.freeze(this);
      }
      @CircuitBreaker('shop')
      async buy(): Promise<this> {
        return this;
      }
    }
    const app = await start({ providers: [Frozen] });
    expect(await app.get(Frozen).buy()).toBe(app.get(Frozen));
    expect(admitted(app)).toBe(1);
  });

  it('is guarded on the proxy that an instance decorator made, and behind it', async () => {
    @Injectable()
    class Shop {
      readonly raw = (): this => this;
      @CircuitBreaker('shop')
      async buy(): Promise<string> {
        return 'tea';
      }
    }
    const instanceDecorator = (instance: unknown): unknown =>
      instance instanceof Shop ? new Proxy(instance, {}) : instance;
    const app = await proxied([Shop], instanceDecorator);
    const shop = app.get(Shop);
    expect(shop.raw()).not.toBe(shop);
    await shop.buy();
    await shop.raw().buy();
    expect(app.get(BreakerRegistry).get('shop').snapshot().calls.success).toBe(2);
    await app.close();
  });

  it('is guarded where an instance decorator makes a proxy of everything, the module itself too', async () => {
    @Injectable()
    class Shop {
      @CircuitBreaker('shop')
      async buy(): Promise<string> {
        return 'tea';
      }
    }
    const instanceDecorator = (instance: unknown): unknown =>
      // A proxy of a map is no map, and Nest itself would fail with it.
      typeof instance === 'object' && instance !== null && !(instance instanceof Map)
        ? new Proxy(instance, {})
        : instance;
    const app = await proxied([Shop, { provide: 'MADE', useFactory: () => new Shop() }], instanceDecorator);
    await app.get(Shop).buy();
    await app.get<Shop>('MADE').buy();
    await new Shop().buy();
    expect(app.get(BreakerRegistry).get('shop').snapshot().calls.success).toBe(3);
    await app.close();
  });
});

async function proxied(
  providers: Provider[],
  instanceDecorator: (instance: unknown) => unknown,
): Promise<INestApplicationContext> {
  @Module({ imports: [brittle()], providers })
  class AppModule {}
  return NestFactory.createApplicationContext(AppModule, {
    instrument: { instanceDecorator },
    logger: false,
  });
}
