import { Inject, Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import type { TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CircuitBreaker, CircuitBreakerInterceptor } from 'nestjs-fluxgate';

import { Sites } from '../../../lib/nest/sites.js';
import { collectGarbage } from '../../support/garbage.js';
import { admitted, calls, closeAll, compile, messageOf, open, start, startBare } from '../apps.js';

let warnings: jest.SpiedFunction<typeof process.emitWarning>;
beforeEach(() => {
  warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(async () => {
  await closeAll();
  warnings.mockRestore();
});

@Injectable()
class Shop {
  constructor(@Inject('NAME') readonly name = 'made by hand') {}
  @CircuitBreaker('shop')
  async buy(): Promise<string> {
    return this.name;
  }
}

describe('an object that a factory or a value gave', () => {
  it('is guarded when it is there for the whole app', async () => {
    const app = await start({
      providers: [
        { provide: 'FACTORY', useFactory: async () => new Shop('factory') },
        { provide: 'VALUE', useValue: new Shop('value') },
      ],
    });
    expect(await app.get<Shop>('FACTORY').buy()).toBe('factory');
    expect(await app.get<Shop>('VALUE').buy()).toBe('value');
    expect(admitted(app)).toBe(2);
  });

  it('is guarded where only its base class has guarded methods', async () => {
    class Corner extends Shop {}
    const app = await start({ providers: [{ provide: 'VALUE', useValue: new Corner('corner') }] });
    const other = await start({ providers: [] });
    expect(await app.get<Corner>('VALUE').buy()).toBe('corner');
    expect([admitted(app), admitted(other)]).toEqual([1, 0]);
  });

  it.each([
    ['of a class', (app: TestingModule) => app.get(Shop)],
    ['that is a value', (app: TestingModule) => app.get<Shop>('VALUE')],
    ['made by hand', () => new Shop()],
  ])('has its breaker and rules worked out once: one %s', async (_, shopIn) => {
    const providers = [
      Shop,
      { provide: 'NAME', useValue: 'name' },
      { provide: 'VALUE', useValue: new Shop() },
    ];
    const app = await start({ providers });
    const worksOut = jest.spyOn(app.get(Sites), 'resolve');
    for (let i = 0; i < 3; i++) await shopIn(app).buy();
    expect(worksOut).toHaveBeenCalledTimes(1);
    expect(admitted(app)).toBe(3);
  });

  it('is guarded by its own app where two are running', async () => {
    const providers = () => [{ provide: 'FACTORY', useFactory: () => new Shop() }];
    const [one, two] = [await start({ providers: providers() }), await start({ providers: providers() })];
    await one.get<Shop>('FACTORY').buy();
    expect([admitted(one), admitted(two)]).toEqual([1, 0]);
  });

  it('is guarded by the next app when the one it was given to is over', async () => {
    const providers = [{ provide: 'VALUE', useValue: new Shop() }];
    await start({ providers });
    await closeAll();
    const next = await start({ providers });
    const other = await start({ providers });
    await next.get<Shop>('VALUE').buy();
    expect([admitted(next), admitted(other)]).toEqual([1, 0]);
  });

  it('is guarded by the only running app when it is made per request', async () => {
    const app = await start({
      providers: [{ provide: 'FACTORY', scope: Scope.REQUEST, useFactory: () => new Shop() }],
    });
    await (await app.resolve<Shop>('FACTORY', ContextIdFactory.create())).buy();
    expect(admitted(app)).toBe(1);
  });

  it('may be anything: without prototype, a function, nothing, or a proxy that answers everything', async () => {
    const hostile = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('do not ask');
        },
      },
    );
    const answersAll: object = new Proxy(() => {}, {
      get: (_target, key) => (key === 'then' ? undefined : answersAll),
    });
    const unclassed: unknown = Object.create({ constructor: null });
    const values = [Object.create(null), answersAll, null, 'text', class Unused {}, new Map(), unclassed];
    const providers = values.map((useValue: unknown, i) => ({ provide: `VALUE_${i}`, useValue }));
    const app = await compile({
      providers: [...providers, { provide: 'HOSTILE', useFactory: () => hostile }],
    });
    Object.defineProperty(app.get('VALUE_5'), 'constructor', { value: undefined });
    await app.init();
    expect(app.get('VALUE_0')).toBe(values[0]);
    expect(app.get('HOSTILE')).toBe(hostile);
  });

  it.each<[string, ProxyHandler<Shop>]>([
    ['lets everything through', {}],
    ['refuses assignment', { set: () => false }],
    ['refuses new properties', { defineProperty: () => false }],
  ])('is found behind a proxy that %s', async (_what, handler) => {
    const useFactory = (): Shop => new Proxy(new Shop('proxied'), handler);
    const app = await start({ providers: [{ provide: 'FACTORY', useFactory }] });
    await start({}); // so that only the app it is bound to can be meant
    expect(await app.get<Shop>('FACTORY').buy()).toBe('proxied');
    expect(admitted(app)).toBe(1);
  });
});

describe('an object whose class inherits from nothing', () => {
  it('is guarded all the same', async () => {
    class Bare {
      @CircuitBreaker('shop')
      buy(): string {
        return 'bare';
      }
    }
    Object.setPrototypeOf(Bare.prototype, null);
    const app = await start({ providers: [{ provide: 'BARE', useFactory: () => new Bare() }] });
    await start({}); // so that only the app it is bound to can be meant
    expect(app.get<Bare>('BARE').buy()).toBe('bare');
    expect(admitted(app)).toBe(1);
  });
});

describe('an object made by hand', () => {
  it('runs unguarded while no app is running, and a warning says so once', async () => {
    const shop = new Shop();
    expect(await shop.buy()).toBe('made by hand');
    await shop.buy();
    expect(warnings.mock.calls).toEqual([
      [
        'Shop.buy runs without its circuit breaker: the object was not made by Nest, and no app with FluxgateModule is running.',
        { type: 'FluxgateWarning', code: 'FLUXGATE_UNGUARDED' },
      ],
    ]);
  });

  it('runs unguarded whatever its methods return', async () => {
    class Shapes {
      @CircuitBreaker('shop')
      sync(what: string): string {
        return what;
      }
      @CircuitBreaker('shop')
      async *pages(what: string): AsyncGenerator<string> {
        yield what;
      }
    }
    expect(new Shapes().sync('tea')).toBe('tea');
    expect(await new Shapes().pages('tea').next()).toEqual({ value: 'tea', done: false });
    expect(warnings).toHaveBeenCalledTimes(2);
  });

  it('is guarded by the only app that is running', async () => {
    const app = await start({});
    open(app);
    await expect(new Shop().buy()).rejects.toThrow('circuit breaker "shop" is open');
    await closeAll();
    expect(await new Shop().buy()).toBe('made by hand');
  });

  it('is refused where two apps are running: a rejection that names the method and the cure', async () => {
    const app = await start({});
    const other = await start({});
    const shop = new Shop();
    expect(await messageOf(shop.buy())).toBe(
      'Shop.buy: the object was not made by Nest, and 2 apps with FluxgateModule are running, so its circuit breaker is unknown. ' +
        'Let Nest make it, call app.get(CircuitBreakerInterceptor).bind(object), or close the other apps (in tests: afterEach(() => app.close())).',
    );
    expect(app.get(CircuitBreakerInterceptor).bind(shop)).toBe(shop);
    await shop.buy();
    expect([admitted(app), admitted(other)]).toEqual([1, 0]);
  });

  it('is not bound when there is nothing to guard', async () => {
    const interceptor = (await start({})).get(CircuitBreakerInterceptor);
    expect(() => interceptor.bind(new Map())).toThrow(
      new TypeError('Map has no method with @CircuitBreaker.'),
    );
  });

  it('does not belong to an app that did not start', async () => {
    @Injectable()
    class Typo {
      @CircuitBreaker('shopp')
      buy(): void {}
    }
    const failed = await compile({ providers: [Typo] });
    await expect(failed.init()).rejects.toThrow('no circuit breaker is called "shopp"');
    await new Shop().buy();
    expect(admitted(failed)).toBe(0);
    await expect(
      compile({ providers: [{ provide: 'X', inject: ['NAME'], useFactory: () => 0 }] }),
    ).rejects.toThrow('NAME');
    const app = await start({});
    await new Shop().buy();
    expect(admitted(app)).toBe(1);
  });

  it('may be no object at all: a method without its `this`', async () => {
    @Injectable()
    class Loose {
      @CircuitBreaker('shop', { fallback: 'standIn' })
      echo(what: string): string {
        return `${what} ${String(this as unknown)}`;
      }
      standIn(): string {
        return 'never asked';
      }
    }
    const app = await start({ providers: [Loose] });
    const { echo } = app.get(Loose);
    expect(echo('called on')).toBe('called on undefined');
    expect(echo.call(null as never, 'called on')).toBe('called on null');
    expect(echo.call('text' as never, 'called on')).toBe('called on text');
    expect(echo.call({ toString: () => 'a thing' } as never, 'called on')).toBe('called on a thing');
    const bare: unknown = Object.assign(Object.create(null), { toString: () => 'bare' });
    expect(echo.call(bare as never, 'called on')).toBe('called on bare');
    expect(calls(app)).toEqual({ success: 5 });
  });
});

describe('a method called in its own constructor', () => {
  it('is guarded by the app that is starting', async () => {
    @Injectable()
    class Eager extends Shop {
      readonly first: Promise<string>;
      constructor() {
        super('eager');
        this.first = this.buy();
      }
    }
    const app = await start({ providers: [{ provide: 'NAME', useValue: 'not asked' }, Eager] });
    expect(await app.get(Eager).first).toBe('eager');
    expect(calls(app)).toEqual({ success: 1 });
  });
});

describe('a module that is compiled and never started', () => {
  it('has guarded class providers', async () => {
    const app = await compile({ providers: [Shop, { provide: 'NAME', useValue: 'tea' }] });
    expect(await app.get(Shop).buy()).toBe('tea');
    expect(admitted(app)).toBe(1);
  });

  it('guards what factories made, as the one that began last', async () => {
    const providers = [{ provide: 'FACTORY', useFactory: () => new Shop() }];
    const forgotten = await compile({ providers });
    const app = await compile({ providers });
    await app.get<Shop>('FACTORY').buy();
    expect([admitted(forgotten), admitted(app)]).toEqual([0, 1]);
  });

  it('guards what factories made also when an app that ran is closed', async () => {
    const ran = await start({});
    const app = await compile({ providers: [{ provide: 'FACTORY', useFactory: () => new Shop() }] });
    await ran.close();
    await app.get<Shop>('FACTORY').buy();
    expect([admitted(ran), admitted(app)]).toEqual([0, 1]);
  });
});

describe('a module without FluxgateModule', () => {
  it('does not start, and the error has the cure', async () => {
    expect(await messageOf(startBare({ providers: [Shop, { provide: 'NAME', useValue: 'tea' }] }))).toContain(
      '@CircuitBreaker requires FluxgateModule.forRoot() in the imports of your root module (in tests: FluxgateTestingModule.forRoot())',
    );
  });
});

describe('two apps in one process', () => {
  it('each guard their own objects', async () => {
    const metadata = { providers: [Shop, { provide: 'NAME', useValue: 'tea' }] };
    const [one, two] = [await start(metadata), await start(metadata)];
    open(one);
    await expect(one.get(Shop).buy()).rejects.toThrow('is open');
    expect(await two.get(Shop).buy()).toBe('tea');
  });

  it('are closed in any order', async () => {
    const [one, two] = [await start({}), await start({})];
    await expect(two.close()).resolves.toBeUndefined();
    await expect(one.close()).resolves.toBeUndefined();
    await new Shop().buy();
    expect([admitted(one), admitted(two)]).toEqual([0, 0]);
  });

  it('fail to start for a reason of their own, also when another was closed meanwhile', async () => {
    @Injectable()
    class Typo {
      @CircuitBreaker('shopp')
      buy(): void {}
    }
    const failing = await compile({ providers: [Typo] });
    await (await start({})).close();
    await expect(failing.init()).rejects.toThrow('no circuit breaker is called "shopp"');
  });

  it('go on working while they shut down', async () => {
    const seen: string[] = [];
    @Injectable()
    class Goodbye {
      @CircuitBreaker('shop')
      async send(): Promise<void> {}
      async onModuleDestroy(): Promise<void> {
        await this.send();
        seen.push('sent');
      }
      async onApplicationShutdown(): Promise<void> {
        await this.send();
        seen.push('sent again');
      }
    }
    await start({ providers: [Goodbye] });
    await closeAll();
    expect(seen).toEqual(['sent', 'sent again']);
  });
});

describe('a guarded class that is made while the app runs', () => {
  it('goes when nobody holds it', async () => {
    await start({ providers: [] });
    const refs = await Promise.all(Array.from({ length: 20 }, () => useOnce()));
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
    // V8 may keep the last one for the code that made it.
    expect(refs.filter((ref) => ref.deref() !== undefined).length).toBeLessThanOrEqual(1);
  });
});

/** A function of its own: what it makes is on no stack afterwards. */
async function useOnce(): Promise<WeakRef<object>> {
  class Passing {
    @CircuitBreaker('shop')
    async buy(): Promise<string> {
      return 'tea';
    }
  }
  expect(await new Passing().buy()).toBe('tea');
  return new WeakRef(Passing);
}
