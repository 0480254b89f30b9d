import { Controller, Get, Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { All, CircuitBreaker, TrackWhen, TypeOf } from 'nestjs-fluxgate';

import { calls, closeAll, messageOf, start } from '../apps.js';

afterEach(closeAll);

class Counted extends Error {}
class Other extends Error {}
const failing = async (error: Error): Promise<never> => {
  throw error;
};

describe('@TrackWhen on a method', () => {
  it('means the same above and below @CircuitBreaker', async () => {
    @Injectable()
    class Shop {
      @TrackWhen(Counted)
      @CircuitBreaker('shop')
      async above(error: Error): Promise<void> {
        await failing(error);
      }
      @CircuitBreaker('shop')
      @TrackWhen(Counted)
      async below(error: Error): Promise<void> {
        await failing(error);
      }
    }
    const app = await start({ providers: [Shop] }, { defaults: {} });
    for (const method of ['above', 'below'] as const) {
      await expect(app.get(Shop)[method](new Other())).rejects.toThrow(Other);
      await expect(app.get(Shop)[method](new Counted())).rejects.toThrow(Counted);
    }
    expect(calls(app)).toEqual({ ignored: 2, failure: 2 });
  });

  it.each(['above', 'below'])('is refused %s a @CircuitBreaker that has a tracker', (place) => {
    const decorators = [TrackWhen(Counted), CircuitBreaker('shop', All())] as const;
    const [first, second] = place === 'above' ? decorators : [decorators[1], decorators[0]];
    expect(() => {
      class Shop {
        @first
        @second
        buy(): void {}
      }
      return Shop;
    }).toThrow(
      new TypeError(
        'Shop.buy has @TrackWhen and a tracker in @CircuitBreaker. Which one counts? Keep one of them.',
      ),
    );
  });

  it('is refused twice', () => {
    expect(() => {
      class Shop {
        @TrackWhen(Counted)
        @TrackWhen(Other)
        buy(): void {}
      }
      return Shop;
    }).toThrow(new TypeError('Shop.buy has @TrackWhen twice. Put all rules into one.'));
  });

  it('is refused on a static method', () => {
    expect(() => {
      class Shop {
        @TrackWhen(Counted)
        static buy(): void {}
      }
      return Shop;
    }).toThrow(
      new TypeError('@TrackWhen: "buy" is static. Put @TrackWhen on a class or an instance method.'),
    );
  });

  it('without @CircuitBreaker fails bootstrap, also where a subclass overrides a guarded method', async () => {
    class Base {
      @CircuitBreaker('shop')
      buy(): void {}
    }
    @Injectable()
    class Shop extends Base {
      @TrackWhen(Counted)
      override buy(): void {}
      @TrackWhen(Counted)
      sell(): void {}
    }
    expect(await messageOf(start({ providers: [Shop] }))).toBe(
      'FluxgateModule: 2 problems:\n' +
        '  - @TrackWhen on Shop.buy: it has no @CircuitBreaker.\n' +
        '  - @TrackWhen on Shop.sell: it has no @CircuitBreaker.',
    );
  });
});

describe('@TrackWhen on a class', () => {
  it('holds for guarded methods without a rule of their own, is inherited, and replaced by a subclass', async () => {
    @TrackWhen(Counted)
    class Base {
      @CircuitBreaker('shop')
      async buy(error: Error): Promise<void> {
        await failing(error);
      }
      @CircuitBreaker('shop')
      @TrackWhen(TypeOf(Counted).not())
      async sell(error: Error): Promise<void> {
        await failing(error);
      }
    }
    @Injectable()
    class Heir extends Base {}
    @Injectable()
    @TrackWhen(Other)
    class Rebel extends Base {}
    const app = await start({ providers: [Heir, Rebel] }, { defaults: {} });
    const heir = app.get(Heir);
    await Promise.allSettled([heir.buy(new Counted()), heir.buy(new Other()), heir.buy(new Other())]);
    expect(calls(app)).toEqual({ failure: 1, ignored: 2 });
    const rebel = app.get(Rebel);
    await Promise.allSettled([rebel.buy(new Counted()), rebel.buy(new Other()), rebel.buy(new Other())]);
    expect(calls(app)).toEqual({ failure: 3, ignored: 3 });
    await Promise.allSettled([rebel.sell(new Counted())]);
    expect(calls(app)).toEqual({ failure: 3, ignored: 4 });
  });

  it('is refused beside a @CircuitBreaker with a tracker on the same class, in either order', () => {
    const text = 'Shop has @TrackWhen and a tracker in @CircuitBreaker. Which one counts? Keep one of them.';
    expect(() => {
      @TrackWhen(Counted)
      @CircuitBreaker('shop', All())
      @Controller()
      class Shop {}
      return Shop;
    }).toThrow(new TypeError(text));
    expect(() => {
      @CircuitBreaker('shop', All())
      @TrackWhen(Counted)
      @Controller()
      class Shop {}
      return Shop;
    }).toThrow(new TypeError(text));
  });

  it('goes with a @CircuitBreaker without a tracker on the same class, in either order', () => {
    expect(() => {
      @TrackWhen(Counted)
      @CircuitBreaker('shop')
      @Controller()
      class Shop {}
      @CircuitBreaker('shop')
      @TrackWhen(Counted)
      @Controller()
      class Other {}
      return [Shop, Other];
    }).not.toThrow();
  });

  it('goes with a @CircuitBreaker that has a tracker on another method', () => {
    expect(() => {
      class Shop {
        @CircuitBreaker('shop', All())
        async sell(): Promise<void> {}

        @TrackWhen(Counted)
        @CircuitBreaker('shop')
        async buy(): Promise<void> {}
      }
      return Shop;
    }).not.toThrow();
  });

  it('goes with a @CircuitBreaker that has a tracker on a method: the method is nearer', async () => {
    @Injectable()
    @TrackWhen(Counted)
    class Shop {
      @CircuitBreaker('shop', TypeOf(Other))
      async buy(error: Error): Promise<void> {
        await failing(error);
      }
    }
    const app = await start({ providers: [Shop] }, { defaults: {} });
    await Promise.allSettled([app.get(Shop).buy(new Counted()), app.get(Shop).buy(new Other())]);
    expect(calls(app)).toEqual({ ignored: 1, failure: 1 });
  });

  it('goes with a method of a class that is guarded as a whole: the method is nearer', async () => {
    @Controller()
    @CircuitBreaker('shop', TypeOf(Other))
    class Shop {
      @Get()
      @TrackWhen(Counted)
      async buy(error: Error): Promise<void> {
        await failing(error);
      }
    }
    const app = await start({ controllers: [Shop] }, { defaults: {} });
    await Promise.allSettled([app.get(Shop).buy(new Counted()), app.get(Shop).buy(new Other())]);
    expect(calls(app)).toEqual({ failure: 1, ignored: 1 });
  });

  it('is refused twice', () => {
    expect(() => {
      @TrackWhen(Counted)
      @TrackWhen(Other)
      class Shop {}
      return Shop;
    }).toThrow(new TypeError('Shop has @TrackWhen twice. Put all rules into one.'));
  });

  it('without any guarded method fails bootstrap', async () => {
    @Injectable()
    @TrackWhen(Counted)
    class Shop {
      buy(): void {}
    }
    expect(await messageOf(start({ providers: [Shop] }))).toBe(
      'FluxgateModule: @TrackWhen on class Shop: none of its methods has @CircuitBreaker.',
    );
  });
});
