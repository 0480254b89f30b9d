import { Inject, Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Breaker, BreakerRegistry, getBreakerToken, InjectBreaker } from 'nestjs-fluxgate';

import { breakerOf, closeAll, compile, start } from '../apps.js';

afterEach(closeAll);

@Injectable()
class Desk {
  @InjectBreaker('shop')
  readonly byProperty!: Breaker;
  constructor(
    @InjectBreaker('shop') readonly byConstructor: Breaker,
    @Inject(BreakerRegistry) readonly registry: BreakerRegistry,
    @Inject(getBreakerToken('shop')) readonly byToken: Breaker,
  ) {}
}

describe('@InjectBreaker', () => {
  it('injects the breaker of that name, by constructor and by property', async () => {
    const desk = (await start({ providers: [Desk] })).get(Desk);
    expect(desk.byConstructor).toBeInstanceOf(Breaker);
    expect(desk.byConstructor.name).toBe('shop');
    expect(desk.byProperty).toBe(desk.byConstructor);
    expect(desk.byToken).toBe(desk.byConstructor);
  });

  it('leaves the class a singleton', async () => {
    const app = await start({ providers: [Desk] });
    expect(await app.resolve(Desk)).toBe(app.get(Desk));
  });

  it('injects a stand-in that a test puts under the token', async () => {
    const standIn = { name: 'stand-in' };
    const app = await compile({ providers: [Desk] }, {}, (builder) =>
      builder.overrideProvider(getBreakerToken('shop')).useValue(standIn),
    );
    expect(app.get(Desk).byConstructor).toBe(standIn);
    expect(app.get(Desk).byProperty).toBe(standIn);
  });

  it.each([undefined, null, 5, '', ' ', 'a\nb', 'x'.repeat(257)])('refuses the name %j', (name) => {
    expect(() => InjectBreaker(name as string)).toThrow(
      '@InjectBreaker: name must be a string of 1 to 256 printable characters',
    );
  });

  it('refuses places that Nest does not inject', () => {
    const text = (where: string): TypeError =>
      new TypeError(
        `@InjectBreaker('shop') on ${where}: Nest injects constructor parameters and instance properties only.`,
      );
    expect(() => {
      class Shop {
        @InjectBreaker('shop')
        static breaker: Breaker;
      }
      return Shop;
    }).toThrow(text('Shop.breaker'));
    expect(() => {
      class Shop {
        buy(@(InjectBreaker('shop') as ParameterDecorator) _breaker: Breaker): void {}
      }
      return Shop;
    }).toThrow(text('Shop.buy'));
  });
});

describe('BreakerRegistry', () => {
  it('is injected, filled, into constructors too', async () => {
    @Injectable()
    class Desk {
      readonly names: string[];
      constructor(@Inject(BreakerRegistry) readonly registry: BreakerRegistry) {
        this.names = registry.names();
      }
    }
    const app = await start({ providers: [Desk] }, { breakers: { shop: {}, bank: {} } });
    expect(app.get(Desk).names).toEqual(['shop', 'bank']);
    expect(app.get(Desk).registry.get('shop')).toBe(app.get(getBreakerToken('shop')));
  });

  it('replaced by a test changes what is injected; methods keep their breakers', async () => {
    const app = await compile({ providers: [Desk] }, {}, (builder) =>
      builder.overrideProvider(BreakerRegistry).useValue({}),
    );
    await app.init();
    expect(app.get(Desk).registry).toEqual({});
    expect(app.get(Desk).byConstructor.name).toBe('shop');
    expect(() => breakerOf(app)).toThrow('get is not a function');
  });
});
