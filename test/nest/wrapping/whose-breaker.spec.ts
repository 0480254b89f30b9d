import { Controller, Get, Injectable, mixin, Scope, type Type } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import type { TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { BreakerRegistry, CircuitBreaker, CircuitBreakerInterceptor, OnBreaker } from 'nestjs-fluxgate';

import { collectGarbage } from '../../support/garbage.js';
import { keysOf } from '../../support/keyed.js';
import { admitted, breakerOf, calls, closeAll, messageOf, start } from '../apps.js';

afterEach(closeAll);

/** A base class of clients of different dependencies. */
abstract class Client {
  @CircuitBreaker()
  async get(isDown = false): Promise<string> {
    if (isDown) throw new Error('down');
    return this.constructor.name;
  }
}
@Injectable()
class Orders extends Client {}
@Injectable()
class Stock extends Client {}

/** The names of unnamed breakers. */
const names = (app: TestingModule): string[] => {
  const registry = app.get(BreakerRegistry);
  return registry.names().filter((name) => name !== 'shop');
};

describe('an unnamed breaker of a base class’s method', () => {
  it('is one per concrete class: the outage of one rejects no call of another', async () => {
    const app = await start({ providers: [Orders, Stock] });
    await expect(app.get(Orders).get(true)).rejects.toThrow('down');
    await expect(app.get(Orders).get()).rejects.toThrow('circuit breaker "Orders.get" is open');
    expect(await app.get(Stock).get()).toBe('Stock');
    expect(calls(app, 'Stock.get')).toEqual({ success: 1 });
  });

  it('is made at the start for the classes that the app has, and for no base that nobody makes', async () => {
    @Injectable()
    class Far extends Orders {}
    const app = await start({
      providers: [
        Far,
        Orders,
        { provide: Client, useClass: Stock },
        { provide: 'VALUE', useValue: new (class Value extends Client {})() },
        { provide: 'FACTORY', useFactory: () => new (class Made extends Client {})() },
      ],
    });
    expect(names(app)).toEqual(['Far.get', 'Orders.get', 'Stock.get', 'Value.get', 'Made.get']);
    for (const token of [Far, Orders, Client, 'VALUE', 'FACTORY']) await app.get<Client>(token).get();
    expect(names(app)).toHaveLength(5);
    expect(names(app).map((name) => admitted(app, name))).toEqual([1, 1, 1, 1, 1]);
  });

  it('is known to @OnBreaker by the name of the concrete class, and not by that of the base', async () => {
    @Injectable()
    class Pager {
      @OnBreaker('Orders.get', 'open')
      page(): void {}
    }
    await start({ providers: [Orders, Pager] });
    @Injectable()
    class LostPager {
      @OnBreaker('Client.get', 'open')
      page(): void {}
    }
    expect(await messageOf(start({ providers: [Orders, LostPager] }))).toContain(
      '@OnBreaker on LostPager.page: no circuit breaker is called "Client.get".',
    );
  });

  it('is one for all objects of a class: request-scoped, transient, and in two modules', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest extends Client {}
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient extends Client {}
    const module = (token: string) => ({
      module: class {},
      providers: [{ provide: token, useClass: Orders }],
      exports: [token],
    });
    const app = await start({
      imports: [module('ONE'), module('TWO')],
      providers: [PerRequest, Transient],
    });
    for (let i = 0; i < 2; i++) {
      await (await app.resolve(PerRequest, ContextIdFactory.create())).get();
      await (await app.resolve(Transient)).get();
    }
    for (const token of ['ONE', 'TWO']) await app.get<Client>(token, { strict: false }).get();
    const counted = ['PerRequest.get', 'Transient.get', 'Orders.get'].map((name) => admitted(app, name));
    expect(counted).toEqual([2, 2, 2]);
    expect(names(app)).toHaveLength(3);
  });

  it('is one per class for objects that Nest did not make, and behind proxies', async () => {
    class ByHand extends Client {}
    class Bound extends Client {}
    class Hidden extends Client {}
    const app = await start({});
    await new ByHand().get();
    await app.get(CircuitBreakerInterceptor).bind(new Bound()).get();
    await new Proxy(new Hidden(), {}).get();
    await (Object.create(new ByHand()) as ByHand).get();
    expect(names(app)).toEqual(['ByHand.get', 'Bound.get', 'Hidden.get']);
    expect(admitted(app, 'ByHand.get')).toBe(2);
  });

  it('is the base’s own where the method is called on nothing, or on an object of another class', async () => {
    const app = await start({ providers: [Orders] });
    const { get } = app.get(Orders);
    expect(await get.call(new Map() as never)).toBe('Map');
    await expect(get.call(undefined as never)).rejects.toThrow(TypeError);
    expect(calls(app, 'Client.get')).toEqual({ success: 1, failure: 1 });
    expect(calls(app, 'Orders.get')).toEqual({});
  });

  it('takes over what is configured under its name', async () => {
    const breakers = { 'Orders.get': { initialState: 'forced_open' as const } };
    const app = await start({ providers: [Orders, Stock] }, { breakers });
    await expect(app.get(Orders).get()).rejects.toThrow('forced open');
    expect(await app.get(Stock).get()).toBe('Stock');
  });

  it('is a group per concrete class, where it has a key', async () => {
    class Gateway {
      @CircuitBreaker({ key: (tenant: string) => tenant })
      async pay(tenant: string): Promise<string> {
        if (tenant === 'bad') throw new Error('down');
        return tenant;
      }
    }
    @Injectable()
    class Bank extends Gateway {}
    @Injectable()
    class Card extends Gateway {}
    const app = await start({ providers: [Bank, Card] });
    await expect(app.get(Bank).pay('bad')).rejects.toThrow('down');
    await expect(app.get(Bank).pay('bad')).rejects.toThrow('"Bank.pay[bad]" is open');
    await expect(app.get(Card).pay('bad')).rejects.toThrow('down');
    await app.get(Card).pay('well');
    const registry = app.get(BreakerRegistry);
    expect(registry.groups().map(({ name }) => name)).toEqual(['Bank.pay', 'Card.pay']);
    expect(registry.groups().map(keysOf)).toEqual([['bad'], ['bad', 'well']]);
  });

  it('is one per concrete controller, where the base is guarded as a class', async () => {
    @CircuitBreaker()
    class Crud {
      @Get()
      async all(isDown = false): Promise<string> {
        if (isDown) throw new Error('down');
        return this.constructor.name;
      }
    }
    @Controller('a')
    class Articles extends Crud {}
    @Controller('b')
    @CircuitBreaker()
    class Books extends Crud {
      @Get('new')
      latest(): string {
        return 'new';
      }
    }
    const app = await start({ controllers: [Articles, Books] });
    expect(names(app)).toEqual(['Articles.all', 'Books.latest', 'Books.all']);
    await expect(app.get(Articles).all(true)).rejects.toThrow('down');
    await expect(app.get(Articles).all()).rejects.toThrow('"Articles.all" is open');
    expect(await app.get(Books).all()).toBe('Books');
  });

  it('is one per class that a method was copied into', async () => {
    const into = (name: string): Type<Client> => {
      const Host = { [name]: class {} }[name]!;
      const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(Client.prototype);
      Object.defineProperties(Host.prototype, methods);
      return Host as Type<Client>;
    };
    const [Left, Right] = [into('Left'), into('Right')];
    const app = await start({ providers: [Left, Right] });
    await expect(app.get(Left).get(true)).rejects.toThrow('down');
    await expect(app.get(Left).get()).rejects.toThrow('"Left.get" is open');
    expect(await app.get(Right).get()).toBe('Right');
  });
});

describe('a guarded method below a guarded override', () => {
  class Base {
    @CircuitBreaker()
    async find(): Promise<string> {
      return 'base';
    }
  }
  @Injectable()
  class Sub extends Base {
    @CircuitBreaker()
    override async find(): Promise<string> {
      return `sub of ${await super.find()}`;
    }
  }

  it('has its own breaker, that of the concrete class too: Sub.find (Base)', async () => {
    @Injectable()
    class Heir extends Sub {}
    @Injectable()
    class Other extends Base {}
    const app = await start({ providers: [Sub, Heir, Other] });
    for (const type of [Sub, Heir, Other]) await app.get<Base>(type).find();
    expect(names(app).sort()).toEqual([
      'Heir.find',
      'Heir.find (Base)',
      'Other.find',
      'Sub.find',
      'Sub.find (Base)',
    ]);
    expect(names(app).map((name) => admitted(app, name))).toEqual([1, 1, 1, 1, 1]);
  });

  it('is the method of the concrete class where the override between is not guarded', async () => {
    @Injectable()
    class Plain extends Base {
      override async find(): Promise<string> {
        return `plain of ${await super.find()}`;
      }
    }
    const app = await start({ providers: [Plain] });
    expect(await app.get(Plain).find()).toBe('plain of base');
    expect(calls(app, 'Plain.find')).toEqual({ success: 1 });
  });

  it('has its own class beside it also where the override has a named breaker', async () => {
    @Injectable()
    class Named extends Base {
      @CircuitBreaker('shop')
      override async find(): Promise<string> {
        return `named of ${await super.find()}`;
      }
    }
    const app = await start({ providers: [Named] });
    await app.get(Named).find();
    expect(names(app)).toEqual(['Named.find (Base)']);
  });

  it('is told from one of a class of the same name by a number, from the nearest on', async () => {
    const layer = (Inner: new () => Base) => {
      class Layer extends Inner {
        @CircuitBreaker()
        override async find(): Promise<string> {
          return `layer of ${await super.find()}`;
        }
      }
      return Layer;
    };
    @Injectable()
    class Cake extends layer(layer(layer(Base))) {}
    const app = await start({ providers: [Cake] });
    expect(await app.get(Cake).find()).toBe('layer of layer of layer of base');
    expect(names(app)).toEqual(['Cake.find', 'Cake.find (Layer)', 'Cake.find (Layer 2)', 'Cake.find (Base)']);
    expect(names(app).map((name) => admitted(app, name))).toEqual([1, 1, 1, 1]);
  });
});

describe('classes of one name', () => {
  const another = (): Type<Client> => {
    class Twin extends Client {}
    return Twin as Type<Client>;
  };
  const text =
    'Twin.get: another class, or another method, of the same name has an unnamed breaker. ' +
    "Rename one of them, or name the breaker: @CircuitBreaker('…').";

  it('that inherit a guarded method are refused at the start, and when one comes later', async () => {
    const [One, Two] = [another(), another()];
    expect(await messageOf(start({ providers: [One, Two] }))).toBe(`FluxgateModule: ${text}`);
    await closeAll();
    await start({ providers: [One] });
    expect(await messageOf(new Two().get())).toBe(text);
  });

  it('may have one name for different methods, and each its app', async () => {
    class Twin {
      @CircuitBreaker()
      async put(): Promise<void> {}
    }
    const app = await start({ providers: [another(), Twin] });
    await start({ providers: [another()] });
    expect(names(app)).toEqual(['Twin.get', 'Twin.put']);
  });

  it('by mixin() are called as they were written, and not by the random name that Nest gives them', async () => {
    const clientOf = () => {
      class Mixed extends Client {
        @CircuitBreaker()
        async post(): Promise<void> {}
      }
      return mixin(Mixed);
    };
    const One = clientOf();
    const app = await start({ providers: [One] });
    await app.get(One).get();
    expect(names(app).sort()).toEqual(['Mixed.get', 'Mixed.post']);
    expect(await messageOf(start({ providers: [One, clientOf()] }))).toContain('Mixed.get: another class');
    const nameless = mixin(class extends Client {} as Type<Client>);
    expect(names(await start({ providers: [nameless] }))).toEqual(['anonymous class.get']);
  });

  it('by mixin() may be given names of their own', async () => {
    const clientOf = (host: string) => {
      class Mixed extends Client {}
      const type = mixin(Mixed as Type<Client>);
      Object.defineProperty(type, 'name', { value: `Client of ${host}` });
      return type;
    };
    const app = await start({ providers: [clientOf('a'), clientOf('b')] });
    expect(names(app)).toEqual(['Client of a.get', 'Client of b.get']);
  });

  it('is refused for two methods of one class, too: symbols may read alike', async () => {
    const [one, two] = [Symbol('refresh'), Symbol('refresh')];
    @Injectable()
    class Cache {
      @CircuitBreaker()
      [one](): void {}
      @CircuitBreaker()
      [two](): void {}
    }
    expect(await messageOf(start({ providers: [Cache] }))).toContain(
      'Cache.Symbol(refresh): another class, or',
    );
  });

  it('leave it to the next when they are gone, and are not held by the app', async () => {
    const app = await start({});
    const refs = await Promise.all(Array.from({ length: 20 }, (_, i) => useOnce(`Passing${i}`)));
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
    const gone = refs.flatMap((ref, i) => (ref.deref() === undefined ? [`Passing${i}`] : []));
    // V8 may keep the last one for the code that made it.
    expect(gone.length).toBeGreaterThanOrEqual(19);
    await useOnce(gone[0]!);
    expect(calls(app, `${gone[0]!}.buy`)).toEqual({ success: 2 });
  });
});

/** A function of its own: what it makes is on no stack afterwards. */
async function useOnce(name: string): Promise<WeakRef<object>> {
  class Passing {
    @CircuitBreaker()
    async buy(): Promise<void> {}
  }
  Object.defineProperty(Passing, 'name', { value: name });
  await new Passing().buy();
  return new WeakRef(Passing);
}

it('names of any length are cut to what a breaker may be called', async () => {
  class Long extends Client {}
  Object.defineProperty(Long, 'name', { value: 'L'.repeat(300) });
  const app = await start({ providers: [Long] });
  expect(breakerOf(app, names(app)[0]).name).toHaveLength(256);
});
