import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, type ModuleMetadata } from '@nestjs/common';
import { ModuleRef, type HttpAdapterHost } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Breaker,
  BreakerRegistry,
  CircuitBreaker,
  CircuitBreakerInterceptor,
  InjectBreaker,
  LoggerListener,
} from 'nestjs-fluxgate';

import { injectedNames, processWide } from '../../../lib/nest/process-wide.js';
import { RejectionHook } from '../../../lib/nest/rejection-hook.js';
import { collectGarbage } from '../../support/garbage.js';
import { admitted, breakerOf, brittle, closeAll, start } from '../apps.js';

let warnings: jest.SpiedFunction<typeof process.emitWarning>;
beforeEach(() => {
  warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(async () => {
  await closeAll();
  warnings.mockRestore();
});

class Shop {
  @CircuitBreaker('shop')
  async buy(): Promise<string> {
    return 'tea';
  }
  @CircuitBreaker('shop')
  async sell(): Promise<string> {
    return 'tea';
  }
}

/** How many are still there when all that can go has gone. */
async function left(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    collectGarbage();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

/** Starts apps one after the other, ends each; what they were made of, weakly. No app is on the stack afterwards. */
async function lives(
  count: number,
  metadata: () => ModuleMetadata,
  end: (app: { init(): Promise<unknown>; close(): Promise<void> }) => Promise<unknown>,
): Promise<WeakRef<object>[]> {
  const refs: WeakRef<object>[] = [];
  for (let i = 0; i < count; i++) {
    await (async () => {
      const given = metadata();
      const app = await Test.createTestingModule({
        ...given,
        imports: [brittle(), ...(given.imports ?? [])],
      }).compile();
      refs.push(new WeakRef(app.get(CircuitBreakerInterceptor)), new WeakRef(app.get(BreakerRegistry)));
      await end(app);
    })();
  }
  return refs;
}

/** V8 and Nest may hold what was last. */
const LAST = 2;

describe('an app that is closed', () => {
  it('goes, with its breakers', async () => {
    const refs = await lives(
      5,
      () => ({ providers: [Shop, { provide: 'VALUE', useValue: new Shop() }] }),
      async (app) => {
        await app.init();
        await app.close();
      },
    );
    expect(await left(refs)).toBeLessThanOrEqual(LAST);
    expect(processWide.running.size).toBe(0);
  });

  it('goes while a value lives that it was given, and that has guarded calls', async () => {
    const values: Shop[] = [];
    const refs = await lives(
      5,
      () => {
        const value = new Shop();
        values.push(value, Object.freeze(new Shop()));
        return { providers: values.slice(-2).map((useValue, i) => ({ provide: `VALUE${i}`, useValue })) };
      },
      async (app) => {
        await app.init();
        await Promise.all(values.slice(-2).map((value) => value.buy()));
        await app.close();
      },
    );
    expect(await left(refs)).toBeLessThanOrEqual(LAST);
    // Nobody guards them any more, and the next app does.
    expect(await values[0]!.buy()).toBe('tea');
    const app = await start({ providers: [{ provide: 'VALUE', useValue: values[0] }] });
    await values[0]!.buy();
    expect(admitted(app)).toBe(1);
    expect(await values[1]!.buy()).toBe('tea');
    expect(admitted(app)).toBe(2);
  });

  it('guards such a value as long as it is there itself', async () => {
    const value = new Shop();
    const app = await start({ providers: [{ provide: 'VALUE', useValue: value }] });
    const registry = app.get(BreakerRegistry);
    await app.close();
    await value.buy();
    expect(registry.get('shop').snapshot().calls.success).toBe(1);
    expect(app.get(CircuitBreakerInterceptor)).toBeDefined();
  });

  it('leaves a value alone that another app has bound meanwhile', async () => {
    const value = new Shop();
    const providers = [{ provide: 'VALUE', useValue: value }];
    const first = await start({ providers });
    const second = await start({});
    second.get(CircuitBreakerInterceptor).bind(value);
    await first.close();
    await value.buy();
    expect(admitted(second)).toBe(1);
  });

  it('goes while its HTTP adapter lives, as far as it is ours', async () => {
    const adapters: object[] = [];
    const refs = await lives(
      5,
      () => ({}),
      async (app) => {
        const adapter = {};
        adapters.push(adapter);
        const host = { httpAdapter: adapter } as HttpAdapterHost;
        const hook = new RejectionHook((app as TestingModule).get(CircuitBreakerInterceptor), host, true);
        await app.init();
        hook.onModuleInit();
        await app.close();
        hook.onApplicationShutdown();
      },
    );
    expect(await left(refs)).toBeLessThanOrEqual(LAST);
    expect(adapters).toHaveLength(5);
  });
});

describe('an app whose start fails', () => {
  it.each(['onModuleInit', 'onApplicationBootstrap'] as const)(
    'in a hook %s of somebody else does not count as running, and goes',
    async (hook) => {
      const providers = [{ provide: 'FAILS', useValue: { [hook]: () => Promise.reject(new Error('no')) } }];
      const refs = await lives(
        5,
        () => ({ providers }),
        async (app) => expect(app.init()).rejects.toThrow('no'),
      );
      expect(processWide.running.size).toBe(0);
      const app = await start({});
      await new Shop().buy();
      expect(admitted(app)).toBe(1);
      expect(await left(refs)).toBeLessThanOrEqual(LAST);
    },
  );

  it('does not take the place of one that runs', async () => {
    const app = await start({});
    await lives(
      1,
      () => ({ providers: [{ provide: 'FAILS', useFactory: () => Promise.reject(new Error('no')) }] }),
      async () => 0,
    ).catch(() => 0);
    await new Shop().buy();
    expect(admitted(app)).toBe(1);
  });
});

describe('a class', () => {
  it('with @InjectBreaker goes when nobody holds it, and its name with it', async () => {
    const refs: WeakRef<object>[] = [];
    const before = injectedNames().length;
    for (let i = 0; i < 200; i++) {
      (() => {
        class Passing {
          constructor(@InjectBreaker(`passing-${i}`) readonly breaker: Breaker) {}
        }
        refs.push(new WeakRef(Passing));
      })();
    }
    expect(injectedNames().length).toBeGreaterThan(before);
    expect(await left(refs)).toBeLessThanOrEqual(LAST);
    for (let i = 0; i < 70; i++) {
      class Passing {
        @InjectBreaker('again')
        readonly breaker!: Breaker;
      }
      expect(Passing).toBeDefined();
    }
    // 200 are gone: what comes later finds that out.
    expect(processWide.injectedNames.length).toBeLessThan(before + 200);
  });

  it('that inherits guarded methods goes when nobody holds it, made by Nest or by hand', async () => {
    const app = await start({});
    const moduleRef = app.get(ModuleRef);
    const refs: WeakRef<object>[] = [];
    for (let i = 0; i < 20; i++) {
      await (async () => {
        class Nested extends Shop {}
        class ByHand extends Shop {}
        class Bound extends Shop {}
        Injectable()(Nested);
        const made = await moduleRef.create(Nested);
        const bound = app.get(CircuitBreakerInterceptor).bind(new Bound());
        for (const shop of [made, new ByHand(), bound]) {
          await shop.buy();
          await shop.sell();
        }
        refs.push(new WeakRef(Nested), new WeakRef(ByHand), new WeakRef(Bound));
      })();
    }
    expect(admitted(app)).toBe(120);
    expect(await left(refs)).toBeLessThanOrEqual(2 * LAST);
  });

  it('that is gone leaves the name of its unnamed breaker to the next of its name', async () => {
    const app = await start({});
    const make = () => {
      class Mixin {
        @CircuitBreaker()
        async run(): Promise<number> {
          return 1;
        }
      }
      return Mixin;
    };
    const refs: WeakRef<object>[] = [];
    await (async () => {
      const Mixin = make();
      refs.push(new WeakRef(Mixin));
      await new Mixin().run();
    })();
    const Kept = make();
    expect(await left(refs)).toBe(0);
    await new Kept().run();
    const Other = make();
    await expect(new Other().run()).rejects.toThrow(
      'another class, or another method, of the same name has an unnamed breaker',
    );
    app.get(BreakerRegistry).remove('Mixin.run');
    expect(await new Other().run()).toBe(1);
  });
});

describe('names of breakers that are gone', () => {
  it('are forgotten by the logger, after a thousand', async () => {
    const lines: string[] = [];
    const keep = (line: string): void => void lines.push(line);
    const logger = new LoggerListener({ log: keep, warn: keep, error: keep });
    const fault = (breaker: string, at: number): void =>
      logger.onFault({ kind: 'fault', breaker, seq: 1, at, source: 'tripper', error: new Error('oops') });
    for (let i = 0; i < 5000; i++) fault(`breaker-${i}`, i);
    expect(lines).toHaveLength(5000);
    expect((logger as unknown as { toldFaults: Map<string, number> }).toldFaults.size).toBe(1000);
    // One that is still remembered is told once a minute, one that is forgotten again.
    fault('breaker-4999', 5000);
    expect(lines).toHaveLength(5000);
    fault('breaker-0', 5000);
    expect(lines).toHaveLength(5001);
  });

  it('and of removed ones nothing of a breaker is kept that its place of call does not hold', async () => {
    const app = await start({});
    const refs: WeakRef<object>[] = [];
    for (let i = 0; i < 50; i++) {
      await (async () => {
        const registry = app.get(BreakerRegistry);
        const breaker = registry.create(`tenant-${i}`);
        await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => 0);
        breaker.subscribe({ onTransition: () => 0 });
        registry.remove(breaker.name);
        refs.push(new WeakRef(breaker));
      })();
    }
    expect(breakerOf(app)).toBeDefined();
    expect(await left(refs)).toBeLessThanOrEqual(1);
  });
});
