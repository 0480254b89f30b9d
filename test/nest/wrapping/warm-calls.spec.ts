import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { BreakerRegistry, CircuitBreaker, FailureStreak } from 'nestjs-fluxgate';
import { ManualClock } from 'nestjs-fluxgate/testing';
import { lastValueFrom, of, type Observable } from 'rxjs';

import { Sites } from '../../../lib/nest/sites.js';
import { breakerOf, calls, closeAll, open, start } from '../apps.js';

afterEach(closeAll);

const DOWN = new Error('down');

@Injectable()
class Shop {
  @CircuitBreaker('shop')
  async buy(what = 'tea'): Promise<string> {
    if (what === 'poison') throw DOWN;
    if (what === 'nothing') await new Promise(() => undefined);
    return what;
  }

  @CircuitBreaker('stock')
  async count(): Promise<number> {
    return 7;
  }
}

/** An app with two breakers that bear a failure, and a service whose calls have gone by for long. */
async function anApp() {
  const clock = new ManualClock();
  const breakers = { shop: { tripper: FailureStreak(3) }, stock: {} };
  const app = await start({ providers: [Shop] }, { breakers, clock });
  const shop = app.get(Shop);
  for (let i = 0; i < 8; i++) await shop.buy();
  return { app, clock, shop };
}

describe('a guarded method whose calls have gone by for long', () => {
  it('is refused from the moment the circuit is open, and let in when it is closed again', async () => {
    const { app, shop } = await anApp();
    breakerOf(app).forceOpen();
    await expect(shop.buy('milk')).rejects.toThrow('circuit breaker "shop" is forced open');
    breakerOf(app).reset();
    expect(await shop.buy('milk')).toBe('milk');
    expect(breakerOf(app).snapshot().calls).toMatchObject({ admitted: 9, rejected: 1, inFlight: 0 });
  });

  it('opens its circuit by its own failures', async () => {
    const { app, shop } = await anApp();
    for (let i = 0; i < 3; i++) await expect(shop.buy('poison')).rejects.toBe(DOWN);
    expect(breakerOf(app).state).toBe('open');
    await expect(shop.buy()).rejects.toThrow('circuit breaker "shop" is open');
  });

  it('leaves the other methods of its class to their own breakers', async () => {
    const { app, shop } = await anApp();
    for (let i = 0; i < 4; i++) {
      expect(await shop.count()).toBe(7);
      expect(await shop.buy('milk')).toBe('milk');
    }
    expect([calls(app), calls(app, 'stock')]).toEqual([{ success: 12 }, { success: 4 }]);
    open(app, 'stock');
    await expect(shop.count()).rejects.toThrow('circuit breaker "stock" is open');
    expect(await shop.buy()).toBe('tea');
  });

  it('was worked out once for all objects of its class', async () => {
    const providers = [Shop, { provide: 'OTHER', useClass: Shop }];
    const app = await start({ providers }, { breakers: { shop: {}, stock: {} } });
    const worksOut = jest.spyOn(app.get(Sites), 'resolve');
    for (const shop of [app.get(Shop), app.get<Shop>('OTHER')]) {
      for (let i = 0; i < 3; i++) await Promise.all([shop.buy(), shop.count()]);
    }
    expect(worksOut.mock.calls.map(([{ key }]) => key)).toEqual(['buy', 'count']);
  });

  it('is heard by whoever begins to listen, and cut from the moment there is a limit', async () => {
    const { app, clock, shop } = await anApp();
    const heard: string[] = [];
    breakerOf(app).subscribe({ onCall: ({ outcome }) => void heard.push(outcome) });
    await shop.buy();
    breakerOf(app).reconfigure({ timeoutMs: 50 });
    await shop.buy();
    expect(heard).toEqual(['success', 'success']);
    const call = shop.buy('nothing');
    clock.advance(50);
    await expect(call).rejects.toMatchObject({ timeoutMs: 50 });
  });

  it('asks for the breaker of each key, where there is one per key', async () => {
    @Injectable()
    class Bank {
      @CircuitBreaker('bank', { key: (tenant: string) => tenant })
      async pay(tenant: string): Promise<string> {
        if (tenant === 'bad') throw DOWN;
        return tenant;
      }
    }
    const app = await start({ providers: [Bank] }, { breakers: { bank: { keys: {} } } });
    const bank = app.get(Bank);
    for (let i = 0; i < 4; i++) {
      for (const tenant of ['a', 'b', 'c']) expect(await bank.pay(tenant)).toBe(tenant);
    }
    await expect(bank.pay('bad')).rejects.toBe(DOWN);
    await expect(bank.pay('bad')).rejects.toThrow('circuit breaker "bank[bad]" is open');
    expect(await bank.pay('a')).toBe('a');
    const counted = app.get(BreakerRegistry).keyed('bank').for('a').snapshot().calls;
    expect(counted).toMatchObject({ admitted: 5, success: 5 });
  });

  it('stays what it is, where it gives values or streams', async () => {
    @Injectable()
    class Prices {
      @CircuitBreaker('shop')
      now(): number {
        return 5;
      }
    }
    @Injectable()
    class Ticker {
      @CircuitBreaker('stock')
      prices(): Observable<number> {
        return of(5);
      }
    }
    const app = await start({ providers: [Prices, Ticker] }, { breakers: { shop: {}, stock: {} } });
    for (let i = 0; i < 4; i++) {
      expect(app.get(Prices).now()).toBe(5);
      expect(await lastValueFrom(app.get(Ticker).prices())).toBe(5);
    }
    expect([calls(app), calls(app, 'stock')]).toEqual([{ success: 4 }, { success: 4 }]);
  });
});
