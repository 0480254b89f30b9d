import { Injectable, Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { CircuitBreaker } from 'nestjs-fluxgate';

import { admitted, calls, closeAll, open, start } from '../apps.js';

afterEach(closeAll);

describe('a subclass that overrides a guarded method', () => {
  class Base {
    @CircuitBreaker('base')
    async buy(): Promise<string> {
      return 'tea';
    }
  }
  const breakers = { base: {}, sub: {} };

  it('counts on both breakers when both levels are guarded and it calls super', async () => {
    @Injectable()
    class Sub extends Base {
      @CircuitBreaker('sub')
      override async buy(): Promise<string> {
        return `${await super.buy()} and milk`;
      }
    }
    const app = await start({ providers: [Sub] }, { breakers });
    expect(await app.get(Sub).buy()).toBe('tea and milk');
    expect(calls(app, 'base')).toEqual({ success: 1 });
    expect(calls(app, 'sub')).toEqual({ success: 1 });
    open(app, 'base');
    await expect(app.get(Sub).buy()).rejects.toThrow('circuit breaker "base" is open');
    expect(calls(app, 'sub')).toEqual({ success: 1, failure: 1 });
  });

  it('has a breaker of its own on each level where neither has a name', async () => {
    class Unnamed {
      @CircuitBreaker()
      async buy(): Promise<string> {
        return 'tea';
      }
    }
    @Injectable()
    class Sub extends Unnamed {
      @CircuitBreaker()
      override async buy(): Promise<string> {
        return super.buy();
      }
    }
    const app = await start({ providers: [Sub] });
    await app.get(Sub).buy();
    expect([calls(app, 'Sub.buy'), calls(app, 'Sub.buy (Unnamed)')]).toEqual([
      { success: 1 },
      { success: 1 },
    ]);
  });

  it('is guarded by its base alone when it calls super without a decorator', async () => {
    @Injectable()
    class Sub extends Base {
      override async buy(): Promise<string> {
        return super.buy();
      }
    }
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const app = await start({ providers: [Sub] }, { breakers, logger: undefined });
    await app.get(Sub).buy();
    expect(admitted(app, 'base')).toBe(1);
    expect(warn.mock.calls).toEqual([
      [
        'Sub.buy overrides Base.buy and is not guarded, unless it calls super. Put @CircuitBreaker on it too.',
      ],
    ]);
    warn.mockRestore();
  });

  it('is not guarded without super and decorator, and the log of the module warns of it, once', async () => {
    @Injectable()
    class Sub extends Base {}
    Object.defineProperty(Sub.prototype, 'buy', {
      get: () => {
        throw new Error('an accessor that must not run at bootstrap');
      },
    });
    const warnings: string[] = [];
    const logger = { log: () => {}, error: () => {}, warn: (text: string) => warnings.push(text) };
    await start({ providers: [Sub, { provide: 'OTHER', useClass: Sub }] }, { breakers, logger });
    expect(warnings).toEqual([
      'Sub.buy overrides Base.buy and is not guarded, unless it calls super. Put @CircuitBreaker on it too.',
    ]);
    await start({ providers: [Sub] }, { breakers, logger: false });
    expect(warnings).toHaveLength(1);
  });
});
