import { mock } from 'node:test';

import { Controller, Get, Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { CircuitBreaker } from 'nestjs-fluxgate';

import { calls, closeAll, start } from '../apps.js';

afterEach(async () => {
  jest.restoreAllMocks();
  mock.restoreAll();
  await closeAll();
});

type Any = (this: unknown, ...args: unknown[]) => unknown;

/** A decorator that puts a function around the method and copies no metadata. */
const Wrapped: MethodDecorator = (_target, _key, descriptor: PropertyDescriptor) => {
  const original = descriptor.value as Any;
  descriptor.value = function (this: unknown, ...args: unknown[]): unknown {
    return original.apply(this, args);
  };
};

/** Starts an app with these providers and controllers; gives what its log warned of. */
async function warnings(...types: (new () => object)[]): Promise<string[]> {
  const warned: string[] = [];
  const logger = { log: () => {}, error: () => {}, warn: (text: string) => warned.push(text) };
  await start({ providers: types }, { breakers: { shop: {}, own: {}, other: {} }, logger });
  return warned;
}

const REFRESH = Symbol('refresh');

function aService() {
  class Base {
    @CircuitBreaker('shop')
    async buy(): Promise<string> {
      return 'tea';
    }
    @CircuitBreaker('shop')
    async [REFRESH](): Promise<string> {
      return 'fresh';
    }
  }
  @Injectable()
  class Shop extends Base {
    @Wrapped
    @CircuitBreaker('own')
    async above(): Promise<string> {
      return 'above';
    }
    @CircuitBreaker('own')
    @Wrapped
    async below(): Promise<string> {
      return 'below';
    }
  }
  return { Base, Shop };
}

describe('a wrapper around a guarded method gives no false warning of an override', () => {
  it('as decorators do, above and below', async () => {
    const { Shop } = aService();
    expect(await warnings(Shop)).toEqual([]);
  });

  it.each<[string, (types: ReturnType<typeof aService>) => unknown]>([
    ['jest.spyOn on the prototype', ({ Base }) => jest.spyOn(Base.prototype, 'buy')],
    ['under a symbol', ({ Base }) => jest.spyOn(Base.prototype, REFRESH as never)],
    ['on the prototype that inherits it', ({ Shop }) => jest.spyOn(Shop.prototype, 'buy')],
    ['on both', ({ Base, Shop }) => [Base, Shop].map((type) => jest.spyOn(type.prototype, 'buy'))],
    [
      'one that never calls through',
      ({ Shop }) => jest.spyOn(Shop.prototype, 'buy').mockImplementation(async () => 'milk'),
    ],
    ['mock.method of node:test', ({ Shop }) => mock.method(Shop.prototype, 'buy')],
    [
      'one of sinon, and of shimmer',
      ({ Shop }) => {
        const { buy } = Shop.prototype;
        const spies = { buy: 'isSinonProxy', [REFRESH]: '__original' };
        for (const key of ['buy', REFRESH] as const) {
          const value = Object.assign(() => buy(), { [spies[key]]: true });
          Object.defineProperty(Shop.prototype, key, { value, configurable: true });
        }
      },
    ],
    ['one that is assigned', ({ Shop }) => (Shop.prototype.buy = async () => 'milk')],
    [
      'the guarded method itself under its name',
      ({ Base, Shop }) => {
        const descriptor = Object.getOwnPropertyDescriptor(Base.prototype, 'buy')!;
        Object.defineProperty(Shop.prototype, 'buy', descriptor);
      },
    ],
  ])('%s', async (_, spyOn) => {
    const types = aService();
    spyOn(types);
    expect(await warnings(types.Shop)).toEqual([]);
  });

  it('and a true one stays, also below such a wrapper', async () => {
    const { Shop } = aService();
    @Injectable()
    class Corner extends Shop {
      @Wrapped
      override async buy(): Promise<string> {
        return 'milk';
      }
      override async above(): Promise<string> {
        return 'milk';
      }
    }
    const text = 'and is not guarded, unless it calls super. Put @CircuitBreaker on it too.';
    expect((await warnings(Corner)).sort()).toEqual([
      `Corner.above overrides Shop.above ${text}`,
      `Corner.buy overrides Base.buy ${text}`,
    ]);
  });
});

describe('a call through a wrapper around a guarded method is counted once', () => {
  const breakers = { shop: {}, own: {} };

  it.each<[string, (types: ReturnType<typeof aService>) => void]>([
    ['no spy', () => {}],
    ['a spy on the prototype', ({ Base }) => void jest.spyOn(Base.prototype, 'buy')],
    ['a spy on the prototype that inherits it', ({ Shop }) => void jest.spyOn(Shop.prototype, 'buy')],
    ['a spy under a symbol', ({ Base }) => void jest.spyOn(Base.prototype, REFRESH as never)],
  ])('%s', async (_, spyOn) => {
    const types = aService();
    spyOn(types);
    const app = await start({ providers: [types.Shop] }, { breakers });
    const shop = app.get(types.Shop);
    expect([await shop.buy(), await shop[REFRESH]()]).toEqual(['tea', 'fresh']);
    expect([await shop.above(), await shop.below()]).toEqual(['above', 'below']);
    expect([calls(app), calls(app, 'own')]).toEqual([{ success: 2 }, { success: 2 }]);
  });

  it('a spy on an instance', async () => {
    const { Shop } = aService();
    const app = await start({ providers: [Shop] }, { breakers });
    const spy = jest.spyOn(app.get(Shop), 'buy');
    expect(await app.get(Shop).buy()).toBe('tea');
    expect(spy).toHaveBeenCalledTimes(1);
    expect(calls(app)).toEqual({ success: 1 });
    spy.mockImplementation(async () => 'milk');
    expect(await app.get(Shop).buy()).toBe('milk');
    expect(calls(app)).toEqual({ success: 1 });
  });

  it('and not at all where a spy never calls through', async () => {
    const { Shop } = aService();
    jest.spyOn(Shop.prototype, 'above').mockImplementation(async () => 'milk');
    const app = await start({ providers: [Shop] }, { breakers });
    expect(await app.get(Shop).above()).toBe('milk');
    expect(calls(app, 'own')).toEqual({});
  });
});

describe('a class with @CircuitBreaker leaves a handler to its own guard', () => {
  const breakers = { shop: {}, own: {}, other: {} };

  class Crud {
    @Get('inherited')
    @Wrapped
    @CircuitBreaker('own')
    async inherited(): Promise<string> {
      return 'inherited';
    }
  }
  @Controller()
  @CircuitBreaker('shop')
  class Desk extends Crud {
    @Get('plain')
    async plain(): Promise<string> {
      return 'plain';
    }
    @Get('above')
    @Wrapped
    @CircuitBreaker('own')
    async above(): Promise<string> {
      return 'above';
    }
    @Get('below')
    @CircuitBreaker('own')
    @Wrapped
    async below(): Promise<string> {
      return 'below';
    }
    @Get('both')
    @Wrapped
    @CircuitBreaker('own')
    @Wrapped
    async [REFRESH](): Promise<string> {
      return 'both';
    }
  }

  it('also below a wrapper without metadata, inherited and under a symbol', async () => {
    const app = await start({ controllers: [Desk] }, { breakers });
    const desk = app.get(Desk);
    for (const key of ['above', 'below', 'inherited', REFRESH] as const) await desk[key]();
    expect([calls(app), calls(app, 'own')]).toEqual([{}, { success: 4 }]);
    await desk.plain();
    expect([calls(app), calls(app, 'own')]).toEqual([{ success: 1 }, { success: 4 }]);
  });

  it('and so does the class of a subclass', async () => {
    @Controller()
    @CircuitBreaker('other')
    class Corner extends Desk {
      @Get('late')
      async late(): Promise<string> {
        return 'late';
      }
    }
    const app = await start({ controllers: [Corner] }, { breakers });
    const corner = app.get(Corner);
    for (const key of ['plain', 'above', 'inherited', 'late'] as const) await corner[key]();
    const counted = ['shop', 'own', 'other'].map((name) => calls(app, name));
    expect(counted).toEqual([{ success: 1 }, { success: 2 }, { success: 1 }]);
  });

  it('where a handler was copied from another class, too', async () => {
    class Copy {
      @Get('new')
      async latest(): Promise<string> {
        return 'new';
      }
    }
    Object.defineProperty(Copy.prototype, 'below', Object.getOwnPropertyDescriptor(Desk.prototype, 'below')!);
    CircuitBreaker('shop')(Copy);
    Controller()(Copy);
    const app = await start({ controllers: [Copy] }, { breakers });
    await app.get<Desk>(Copy).below();
    expect([calls(app), calls(app, 'own')]).toEqual([{}, { success: 1 }]);
    await app.get(Copy).latest();
    expect(calls(app)).toEqual({ success: 1 });
  });
});

it('a second @CircuitBreaker on a method is refused also where a wrapper stands between the two', () => {
  expect(() => {
    class Shop {
      @CircuitBreaker('shop')
      @Wrapped
      @CircuitBreaker('bank')
      buy(): void {}
    }
    return Shop;
  }).toThrow(
    new TypeError('Shop.buy has @CircuitBreaker twice. A call has one breaker: remove one of them.'),
  );
});
