import { applyDecorators, Controller, Get, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { All, CircuitBreaker, TrackWhen } from 'nestjs-fluxgate';

import { calls, closeAll, messageOf, start } from '../apps.js';

afterEach(closeAll);

describe('@CircuitBreaker stands on methods', () => {
  it('is refused on a static method', () => {
    expect(() => {
      class Shop {
        @CircuitBreaker('shop')
        static buy(): void {}
      }
      return Shop;
    }).toThrow(
      new TypeError(
        '@CircuitBreaker on Shop.buy: a static method has no instance to guard. Put @CircuitBreaker on an instance method.',
      ),
    );
  });

  it('is refused on an accessor, which is not run for that', () => {
    expect(() => {
      class Shop {
        @CircuitBreaker('shop')
        get stock(): number {
          throw new Error('not to be asked');
        }
      }
      return Shop;
    }).toThrow(
      new TypeError(
        '@CircuitBreaker on Shop.stock: this is an accessor, not a method. Put @CircuitBreaker on an instance method.',
      ),
    );
  });

  it('is refused on an accessor that only sets', () => {
    expect(() => {
      class Shop {
        @CircuitBreaker('shop')
        set stock(_count: number) {}
      }
      return Shop;
    }).toThrow('@CircuitBreaker on Shop.stock: this is an accessor, not a method.');
  });

  it('is refused on an arrow function in a property', () => {
    expect(() => {
      class Shop {
        @(CircuitBreaker('shop') as PropertyDecorator)
        readonly buy = (): string => 'tea';
      }
      return Shop;
    }).toThrow(
      new TypeError(
        '@CircuitBreaker on Shop.buy: this is a property, not a method. Put @CircuitBreaker on an instance method.',
      ),
    );
  });

  it('is refused on a sync generator', () => {
    expect(() => {
      class Shop {
        @CircuitBreaker('shop')
        *stock(): Generator<number> {
          yield 1;
        }
      }
      return Shop;
    }).toThrow(
      new TypeError(
        '@CircuitBreaker on Shop.stock: a sync generator does its work outside of the call. Make it an async generator.',
      ),
    );
  });

  it('is refused twice on one method', () => {
    expect(() => {
      class Shop {
        @CircuitBreaker('shop')
        @CircuitBreaker('bank')
        buy(): void {}
      }
      return Shop;
    }).toThrow(
      new TypeError('Shop.buy has @CircuitBreaker twice. A call has one breaker: remove one of them.'),
    );
  });

  it('is refused with the method itself as its fallback, which would never end', () => {
    expect(() => {
      class Shop {
        @CircuitBreaker('shop', { fallback: 'buy' })
        buy(): void {}
      }
      return Shop;
    }).toThrow(
      new TypeError('@CircuitBreaker on Shop.buy: the fallback is the method itself. Name another one.'),
    );
  });

  it('names classes without a usable name', () => {
    const buy = Object.getOwnPropertyDescriptor({ buy() {} }, 'buy')!;
    const named = class {
      static name = 5 as never;
    };
    for (const type of [class {}, named]) {
      CircuitBreaker('shop')(type.prototype, 'buy', { ...buy });
      expect(() => TrackWhen()(type, 'buy', buy)).toThrow('"buy" is static');
      expect(() => CircuitBreaker('shop')(type, 'sell', { ...buy })).toThrow(' class.sell: a static method');
    }
  });

  it('does nothing on the class of a provider, which fails bootstrap', async () => {
    @Injectable()
    @CircuitBreaker('shop')
    class Shop {
      buy(): void {}
    }
    expect(await messageOf(start({ providers: [Shop] }))).toBe(
      'FluxgateModule: @CircuitBreaker on class Shop: it has no handlers (routes, messages, resolvers). Put it on the methods.',
    );
  });
});

describe('a guarded method looks like the method', () => {
  const Above = SetMetadata('above', 1);
  const Below = SetMetadata('below', 2);
  const Guarded = (): MethodDecorator => applyDecorators(SetMetadata('applied', 3), CircuitBreaker('shop'));

  @Controller()
  class Shop {
    @Above
    @CircuitBreaker('shop')
    @Below
    async buy(what: string, _howMany = 1): Promise<string> {
      return what;
    }
    @Get('above')
    @CircuitBreaker('shop')
    above(): string {
      return 'above';
    }
    @CircuitBreaker('shop')
    @Get('below')
    below(): string {
      return 'below';
    }
    @Guarded()
    @TrackWhen()
    combined(): string {
      return 'combined';
    }
  }

  it('has its name and length', () => {
    expect(Shop.prototype.buy).toHaveLength(1);
    expect(Shop.prototype.buy.name).toBe('buy');
  });

  it('has the metadata of decorators above and below', () => {
    const reflector = new Reflector();
    expect(reflector.get('above', Shop.prototype.buy)).toBe(1);
    expect(reflector.get('below', Shop.prototype.buy)).toBe(2);
    expect(Reflect.getMetadata('path', Shop.prototype.above)).toBe('above');
    expect(Reflect.getMetadata('path', Shop.prototype.below)).toBe('below');
  });

  it('is guarded through applyDecorators, which drops what decorators return', async () => {
    const app = await start({ controllers: [Shop] });
    expect(new Reflector().get('applied', Shop.prototype.combined)).toBe(3);
    expect(app.get(Shop).combined()).toBe('combined');
    expect(calls(app)).toEqual({ success: 1 });
  });
});

describe('the slots on an instance', () => {
  @Injectable()
  class Shop {
    readonly stock = 3;
    @CircuitBreaker('shop', All())
    buy(): void {}
  }
  class Plain {
    readonly stock = 3;
  }

  it('show in no key, spread, JSON or equality', async () => {
    const app = await start({ providers: [Shop] });
    const shop = app.get(Shop);
    shop.buy();
    expect(Object.keys(shop)).toEqual(['stock']);
    const copy = { ...(shop as object) };
    expect(copy).toStrictEqual({ stock: 3 });
    expect(Object.getOwnPropertySymbols(copy)).toEqual([]);
    expect(JSON.stringify(shop)).toBe('{"stock":3}');
    expect(shop).toEqual(new Plain());
    expect(shop).toEqual(new Shop());
    expect(shop).toStrictEqual(new Shop());
    expect(structuredClone(shop)).toEqual({ stock: 3 });
    const seen: string[] = [];
    for (const key in shop) seen.push(key);
    expect(seen).toEqual(['stock']);
  });
});
