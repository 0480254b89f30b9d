import { Inject, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  CircuitBreaker,
  CircuitBreakerInterceptor,
  getBreakerToken,
  InjectBreaker,
  type Breaker,
} from 'nestjs-fluxgate';

import { admitted, brittle, closeAll, compile, start } from '../apps.js';

let warnings: jest.SpiedFunction<typeof process.emitWarning>;
beforeEach(() => {
  warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(async () => {
  expect(warnings).not.toHaveBeenCalled();
  warnings.mockRestore();
  await closeAll();
});

@Injectable()
class Shop {
  constructor(@Inject('STOCK') readonly stock: unknown) {}
  @CircuitBreaker('shop')
  async buy(what: string): Promise<string> {
    return what;
  }
}

@Injectable()
class FrozenShop extends Shop {
  constructor(@Inject('STOCK') stock: unknown) {
    super(stock);
    Object.freeze(this);
  }
}

const answersAll = (): unknown => {
  const mock: unknown = new Proxy(jest.fn(), {
    get: (_target, key) => (key === 'then' ? undefined : mock),
    apply: () => mock,
  });
  return mock;
};

describe('an auto-mocker in place of the module', () => {
  it.each<[string, () => unknown]>([
    ['an empty object', () => ({})],
    ['a proxy that says yes to everything', answersAll],
    ['a mock of the class', () => ({ run: jest.fn(), checkLate: jest.fn() })],
  ])('that gives %s leaves methods as they were, without a warning', async (_what, mock) => {
    for (const type of [Shop, FrozenShop]) {
      const module = await Test.createTestingModule({ providers: [type] })
        .useMocker(mock)
        .compile();
      expect(await module.get<Shop>(type).buy('tea')).toBe('tea');
      await module.close();
    }
  });

  it('does not touch other apps', async () => {
    const app = await start({});
    const module = await Test.createTestingModule({ providers: [Shop] })
      .useMocker(() => ({}))
      .compile();
    await module.get(Shop).buy('tea');
    expect(admitted(app)).toBe(0);
    await module.close();
  });
});

describe('an interceptor that a test replaced', () => {
  const through = { intercept: (_context: unknown, next: { handle(): unknown }) => next.handle() };

  it('guards nothing, and the app starts', async () => {
    const providers = [
      Shop,
      { provide: 'STOCK', useValue: 1 },
      { provide: 'MADE', useFactory: () => new Shop(2) },
    ];
    const app = await compile({ providers }, {}, (builder) =>
      builder.overrideProvider(CircuitBreakerInterceptor).useValue(through),
    );
    await app.init();
    expect(await app.get(Shop).buy('tea')).toBe('tea');
    expect(admitted(app)).toBe(0);
  });
});

describe('a breaker that a test replaced', () => {
  it('is what is injected; a decorated method keeps the one of the registry', async () => {
    @Injectable()
    class Desk {
      constructor(@InjectBreaker('shop') readonly breaker: Breaker) {}
      @CircuitBreaker('shop')
      call(): string {
        return 'called';
      }
    }
    const app = await compile({ providers: [Desk] }, {}, (builder) =>
      builder.overrideProvider(getBreakerToken('shop')).useValue({ name: 'fake' }),
    );
    expect(app.get(Desk).breaker).toEqual({ name: 'fake' });
    expect(app.get(Desk).call()).toBe('called');
    expect(admitted(app)).toBe(1);
  });
});

describe('the whole module replaced', () => {
  it('by another one with breakers of its own', async () => {
    const root = brittle();
    const module = await Test.createTestingModule({
      imports: [root],
      providers: [Shop, { provide: 'STOCK', useValue: 1 }],
    })
      .overrideModule(root)
      .useModule(brittle({ breakers: { shop: { initialState: 'forced_open' } } }))
      .compile();
    await expect(module.get(Shop).buy('tea')).rejects.toThrow('forced open');
    await module.close();
  });
});
