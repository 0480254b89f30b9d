import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { CircuitBreaker, CircuitBreakerInterceptor, isCallNotPermitted } from 'nestjs-fluxgate';
import { firstValueFrom, of, throwError, toArray, type Observable } from 'rxjs';

import { admitted, calls, closeAll, messageOf, open, start } from '../apps.js';

afterEach(closeAll);

class Down extends Error {}

describe('a fallback by name', () => {
  class Base {
    protected readonly known = 'lukewarm';
    lastKnown(error: Error, id: string): string {
      return `${error.constructor.name} ${id} ${this.known}`;
    }
  }
  @Injectable()
  class Kettle extends Base {
    @CircuitBreaker('shop', { fallback: 'lastKnown' })
    async heat(_id: string): Promise<string> {
      throw new Down('down');
    }
    @CircuitBreaker('shop', { fallback: 'lastKnown' })
    heatNow(_id: string): string {
      throw new Down('down');
    }
  }

  it('gets the error and the arguments, with its `this`, from an inherited method', async () => {
    const app = await start({ providers: [Kettle] });
    expect(await app.get(Kettle).heat('k1')).toBe('Down k1 lukewarm');
    expect(await app.get(Kettle).heat('k2')).toBe('CallNotPermittedException k2 lukewarm');
    expect(app.get(Kettle).heatNow('k3')).toBe('CallNotPermittedException k3 lukewarm');
    expect(calls(app)).toEqual({ failure: 1, rejected: 2 });
  });

  it('is that of the subclass that overrides it', async () => {
    @Injectable()
    class Samovar extends Kettle {
      override lastKnown(error: Error, id: string): string {
        return `samovar: ${super.lastKnown(error, id)}`;
      }
    }
    const app = await start({ providers: [Samovar] });
    expect(await app.get(Samovar).heat('k1')).toBe('samovar: Down k1 lukewarm');
  });

  it('may be guarded itself', async () => {
    @Injectable()
    class Shop {
      @CircuitBreaker('shop', { fallback: 'fromCache' })
      async price(): Promise<string> {
        throw new Down('down');
      }
      @CircuitBreaker('cache')
      async fromCache(error: Error): Promise<string> {
        return `cached, for ${error.message}`;
      }
    }
    const app = await start({ providers: [Shop] }, { breakers: { shop: {}, cache: {} } });
    expect(await app.get(Shop).price()).toBe('cached, for down');
    expect([calls(app, 'shop'), calls(app, 'cache')]).toEqual([{ failure: 1 }, { success: 1 }]);
  });

  it('that is missing fails bootstrap with the nearest name', async () => {
    @Injectable()
    class Shop extends Base {
      @CircuitBreaker('shop', { fallback: 'lastKnow' })
      buy(): void {}
      @CircuitBreaker('shop', { fallback: 'nothingLikeIt' })
      sell(): void {}
      @CircuitBreaker('shop', { fallback: 'constructor' })
      steal(): void {}
      @CircuitBreaker('shop', { fallback: 'valueOf' })
      weigh(): void {}
      @CircuitBreaker('shop', { fallback: 'stock' })
      count(): void {}
      get stock(): () => number {
        throw new Error('not to be asked');
      }
    }
    expect(await messageOf(start({ providers: [Shop] }))).toBe(
      'FluxgateModule: 5 problems:\n' +
        '  - Shop.buy: the fallback "lastKnow" is not a method of the class. Did you mean "lastKnown"?\n' +
        '  - Shop.sell: the fallback "nothingLikeIt" is not a method of the class.\n' +
        '  - Shop.steal: the fallback "constructor" is not a method of the class.\n' +
        '  - Shop.weigh: the fallback "valueOf" is not a method of the class.\n' +
        '  - Shop.count: the fallback "stock" is not a method of the class.',
    );
  });

  it('that only one subclass lacks fails bootstrap for that one', async () => {
    abstract class Client {
      @CircuitBreaker('shop', { fallback: 'standIn' })
      get(): string {
        return 'got';
      }
    }
    @Injectable()
    class Good extends Client {
      standIn(): string {
        return 'stand-in';
      }
    }
    @Injectable()
    class Bad extends Client {}
    expect(await messageOf(start({ providers: [Good, Bad] }))).toBe(
      'FluxgateModule: Client.get: the fallback "standIn" is not a method of the class.',
    );
    const app = await start({ providers: [Good] });
    open(app);
    expect(app.get(Good).get()).toBe('stand-in');
  });
});

describe('a fallback that is a function', () => {
  @Injectable()
  class Shop {
    readonly name = 'corner shop';
    @CircuitBreaker('shop', {
      fallback(this: Shop, error: Error, what: string) {
        return `${this.name}: no ${what}, ${error.message}`;
      },
    })
    async buy(_what: string): Promise<string> {
      throw new Down('down');
    }
    @CircuitBreaker('shop', { fallback: (error: unknown) => isCallNotPermitted(error) })
    sell(): boolean {
      return false;
    }
    @CircuitBreaker('shop', { fallback: () => of('a', 'b') })
    stream(): Observable<string> {
      return throwError(() => new Down('down'));
    }
    @CircuitBreaker('shop', { fallback: () => 'stand-in' })
    async *pages(): AsyncGenerator<unknown> {
      yield 'page';
      throw new Down('down');
    }
    @CircuitBreaker('shop', {
      fallback: () => {
        throw new Error('and so am I');
      },
    })
    async both(): Promise<void> {
      throw new Down('down');
    }
  }

  it('has the instance as its `this`', async () => {
    const app = await start({ providers: [Shop] });
    expect(await app.get(Shop).buy('tea')).toBe('corner shop: no tea, down');
  });

  it('stands in for sync calls, streams and generators', async () => {
    const app = await start({ providers: [Shop] });
    const shop = app.get(Shop);
    expect(await firstValueFrom(shop.stream().pipe(toArray()))).toEqual(['a', 'b']);
    expect(shop.sell()).toBe(true);
    const pages: unknown[] = [];
    for await (const page of shop.pages()) pages.push(page);
    expect(pages).toEqual(['stand-in']);
  });

  it('gives its own error, with that of the call as its cause', async () => {
    const app = await start({ providers: [Shop] });
    await expect(app.get(Shop).both()).rejects.toMatchObject({
      message: 'and so am I',
      cause: { message: 'down' },
    });
  });
});

describe('breakers without a name', () => {
  const typeCalled = (name: string) => {
    class Shop {
      @CircuitBreaker()
      async buy(): Promise<string> {
        return name;
      }
    }
    Injectable()(Shop);
    return Shop;
  };

  it('are shared by all instances of a class', async () => {
    const Shop = typeCalled('a');
    const app = await start({ providers: [Shop, { provide: 'OTHER', useClass: Shop }] });
    await app.get(Shop).buy();
    await app.get<InstanceType<typeof Shop>>('OTHER').buy();
    expect(admitted(app, 'Shop.buy')).toBe(2);
  });

  it('of two classes of one name fail bootstrap, and are not shared unnoticed', async () => {
    expect(await messageOf(start({ providers: [typeCalled('a'), typeCalled('b')] }))).toBe(
      "FluxgateModule: Shop.buy: another class, or another method, of the same name has an unnamed breaker. Rename one of them, or name the breaker: @CircuitBreaker('…').",
    );
  });

  it('of two apps are two', async () => {
    const Shop = typeCalled('a');
    const [one, two] = [await start({ providers: [Shop] }), await start({ providers: [Shop] })];
    await one.get(Shop).buy();
    expect([admitted(one, 'Shop.buy'), admitted(two, 'Shop.buy')]).toEqual([1, 0]);
  });

  it('are made for objects that are bound by hand', async () => {
    const app = await start({});
    const Shop = typeCalled('a');
    await app.get(CircuitBreakerInterceptor).bind(new Shop()).buy();
    expect(calls(app, 'Shop.buy')).toEqual({ success: 1 });
  });
});
