import { Controller, Injectable, Module, Scope, UseGuards, Get, type CanActivate } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  BreakerRegistry,
  CircuitBreaker,
  FluxgateModule,
  OnBreaker,
  type FaultSignal,
  type Signal,
  type TransitionSignal,
} from 'nestjs-fluxgate';

import { breakerOf, closeAll, compile, messageOf, open, start } from '../apps.js';

afterEach(closeAll);

/** Keeps what it hears. */
class Heard {
  readonly lines: string[] = [];
  protected hear(signal: Signal, what: string = signal.kind): void {
    this.lines.push(`${signal.breaker} ${what}`);
  }
}

@Injectable()
class Pager extends Heard {
  @OnBreaker('shop', 'open')
  opened(signal: TransitionSignal): void {
    this.hear(signal, `${signal.from} → ${signal.to}`);
  }
}

describe('@OnBreaker', () => {
  it('calls the method when the breaker enters the state, with the signal, and not otherwise', async () => {
    const app = await start({ providers: [Pager] }, { breakers: { shop: {}, stock: {} } });
    open(app, 'stock');
    open(app);
    breakerOf(app).reset();
    open(app);
    expect(app.get(Pager).lines).toEqual(['shop closed → open', 'shop closed → open']);
  });

  it('hears of every kind of signal, of several events, and by several decorators', async () => {
    @Injectable()
    class All extends Heard {
      @OnBreaker('shop', 'closed', 'open', 'open')
      @OnBreaker('stock', 'forced_open')
      moved(signal: TransitionSignal): void {
        this.hear(signal, signal.to);
      }
      @OnBreaker('shop', 'transition', 'rejected', 'call', 'wouldTrip')
      told(signal: Signal): void {
        this.hear(signal);
      }
      @OnBreaker('stock', 'rejected')
      nothing(): void {
        this.lines.push('stock rejected');
      }
    }
    const app = await start({ providers: [All] }, { breakers: { shop: {}, stock: {} } });
    open(app);
    await breakerOf(app)
      .execute(() => 1)
      .catch(() => 0);
    breakerOf(app).reset();
    breakerOf(app, 'stock').forceOpen();
    await breakerOf(app, 'stock')
      .execute(() => 1)
      .catch(() => 0);
    breakerOf(app).metricsOnly();
    open(app);
    expect(app.get(All).lines).toEqual([
      'shop call',
      'shop open',
      'shop transition',
      'shop rejected',
      'shop closed',
      'shop transition',
      'stock forced_open',
      'stock rejected',
      'shop transition',
      'shop call',
      'shop wouldTrip',
    ]);
  });

  it('hears of every breaker by *, those to come as well', async () => {
    @Injectable()
    class Any extends Heard {
      @OnBreaker('*', 'open')
      opened(signal: TransitionSignal): void {
        this.hear(signal);
      }
    }
    const app = await start({ providers: [Any] });
    app.get(BreakerRegistry).create('later');
    open(app, 'later');
    open(app);
    expect(app.get(Any).lines).toEqual(['later transition', 'shop transition']);
  });

  it('hears of a breaker that came again, and no more of the one that went', async () => {
    const app = await start({ providers: [Pager] });
    const registry = app.get(BreakerRegistry);
    const gone = registry.get('shop');
    registry.remove('shop');
    registry.remove('nobody');
    registry.create('shop').forceOpen();
    gone.acquire().fail(new Error('down'));
    expect(app.get(Pager).lines).toEqual([]);
    registry.get('shop').reset();
    for (let i = 0; i < 1; i++) registry.get('shop').acquire().fail(new Error('down'));
    expect(app.get(Pager).lines).toEqual(['shop closed → open']);
  });

  it('hears of a breaker without a name by Class.method, and of one that a feature owns', async () => {
    @Injectable()
    class Shop extends Heard {
      @CircuitBreaker()
      async buy(): Promise<void> {
        throw new Error('closed');
      }
      @OnBreaker('Shop.buy', 'open')
      @OnBreaker('owned', 'open')
      opened(signal: TransitionSignal): void {
        this.hear(signal);
      }
    }
    @Module({ imports: [FluxgateModule.forFeature({ breakers: { owned: {} } })] })
    class Feature {}
    const app = await start({ imports: [Feature], providers: [Shop] });
    await app
      .get(Shop)
      .buy()
      .catch(() => 0);
    open(app, 'owned');
    expect(app.get(Shop).lines).toEqual(['Shop.buy transition', 'owned transition']);
  });

  it('hears of a whole group by its name, every key and the shared breaker once', async () => {
    const app = await start({ providers: [Pager] }, { breakers: { shop: { keys: { max: 1 } } } });
    const registry = app.get(BreakerRegistry);
    const openAll = (): void => {
      const group = registry.keyed('shop');
      for (const breaker of [group.for('a'), group.shared]) breaker.acquire().fail(new Error('down'));
    };
    openAll();
    expect(app.get(Pager).lines).toEqual(['shop[a] closed → open', 'shop closed → open']);
    registry.remove('shop');
    registry.createKeyed('shop', { keys: {} });
    openAll();
    expect(app.get(Pager).lines).toHaveLength(4);
  });

  it('goes with @CircuitBreaker on the same method', async () => {
    @Injectable()
    class Both extends Heard {
      @OnBreaker('stock', 'open')
      @CircuitBreaker('shop')
      above(signal: TransitionSignal): void {
        this.hear(signal);
      }
      @CircuitBreaker('shop')
      @OnBreaker('stock', 'open')
      below(signal: TransitionSignal): void {
        this.hear(signal);
      }
    }
    const app = await start({ providers: [Both] }, { breakers: { shop: {}, stock: {} } });
    open(app, 'stock');
    expect(app.get(Both).lines).toHaveLength(2);
    expect(breakerOf(app).snapshot().calls.success).toBe(2);
  });

  it('hears until the app is closed', async () => {
    @Injectable()
    class Any extends Heard {
      @OnBreaker('*', 'forced_open')
      any(signal: TransitionSignal): void {
        this.hear(signal);
      }
      @OnBreaker('shop', 'closed')
      one(signal: TransitionSignal): void {
        this.hear(signal);
      }
    }
    const app = await start({ providers: [Any] });
    const [breaker, any] = [breakerOf(app), app.get(Any)];
    await app.close();
    breaker.forceOpen();
    breaker.reset();
    expect(any.lines).toEqual([]);
  });
});

describe('@OnBreaker finds the methods', () => {
  it('of controllers, of values and factories, and of base classes; symbols too', async () => {
    const loud = Symbol('loud');
    @Controller()
    class Page extends Pager {
      @OnBreaker('shop', 'open')
      [loud](signal: TransitionSignal): void {
        this.hear(signal, 'loudly');
      }
    }
    const made = new Pager();
    const app = await start({
      controllers: [Page],
      providers: [
        { provide: 'made', useFactory: async () => made },
        { provide: 'again', useValue: made },
        { provide: 'alias', useExisting: 'made' },
      ],
    });
    open(app);
    expect(app.get(Page).lines.sort()).toEqual(['shop closed → open', 'shop loudly']);
    expect(made.lines).toEqual(['shop closed → open']);
  });

  it('as the subclass has them: an override without the decorator hears nothing', async () => {
    @Injectable()
    class Silent extends Pager {
      override opened(): void {
        this.lines.push('overridden');
      }
    }
    @Injectable()
    class Later extends Pager {
      @OnBreaker('shop', 'closed')
      override opened(signal: TransitionSignal): void {
        this.hear(signal, 'closes');
      }
    }
    const app = await start({ providers: [Silent, Later] });
    open(app);
    breakerOf(app).reset();
    expect(app.get(Silent).lines).toEqual([]);
    expect(app.get(Later).lines).toEqual(['shop closes']);
  });

  it('at each signal anew: a spy counts', async () => {
    const app = await start({ providers: [Pager] });
    const opened = jest.spyOn(app.get(Pager), 'opened');
    open(app);
    expect(opened).toHaveBeenCalledTimes(1);
  });

  it('and not of what stands in for them, nor of what is no object', async () => {
    const hostile = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('do not look');
        },
      },
    );
    const app = await compile(
      {
        providers: [
          Pager,
          { provide: 'hostile', useFactory: () => hostile },
          { provide: 'bare', useValue: Object.create(null) },
          { provide: 'null', useValue: null },
          { provide: 'text', useValue: 'text' },
        ],
      },
      {},
      (builder) => builder.overrideProvider(Pager).useValue({}),
    );
    await app.init();
    open(app);
    expect(breakerOf(app).state).toBe('open');
  });
});

describe('a method with @OnBreaker that fails', () => {
  @Injectable()
  class Failing {
    @OnBreaker('shop', 'open')
    thrown(): void {
      throw new Error('the pager is down');
    }
    @OnBreaker('shop', 'open')
    async rejected(): Promise<void> {
      throw new Error('the mail is down');
    }
  }

  it('touches no call, and is told once, to onFault and the log', async () => {
    const faults: FaultSignal[] = [];
    const logger = { log: jest.fn(), warn: jest.fn(), error: jest.fn() };
    const listeners = [{ onFault: (fault: FaultSignal) => faults.push(fault) }];
    const app = await start({ providers: [Failing] }, { listeners, logger });
    const mine = new RangeError('mine');
    await expect(breakerOf(app).execute(() => Promise.reject(mine))).rejects.toBe(mine);
    await new Promise((resolve) => setImmediate(resolve));
    expect(faults.map(({ source, error }) => `${source}: ${String(error)}`)).toEqual([
      'listener: Error: the pager is down',
      'listener: Error: the mail is down',
    ]);
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn).toHaveBeenCalledWith(expect.stringContaining('Error: the pager is down'));
  });
});

describe('@OnBreaker is refused at bootstrap', () => {
  it('for the name of an unknown breaker: everything at once, with the nearest name', async () => {
    @Injectable()
    class Wrong {
      @OnBreaker('shopp', 'open')
      opened(): void {}
      @OnBreaker('warehouse', 'closed')
      closed(): void {}
    }
    const failing = start({ providers: [Wrong] });
    const registered = 'Registered: shop. Add it to the breakers of FluxgateModule.forRoot or forFeature.';
    expect(await messageOf(failing)).toBe(
      'FluxgateModule: 2 problems:\n' +
        `  - @OnBreaker on Wrong.opened: no circuit breaker is called "shopp". Did you mean "shop"? ${registered}\n` +
        `  - @OnBreaker on Wrong.closed: no circuit breaker is called "warehouse". ${registered}`,
    );
  });

  it.each([Scope.REQUEST, Scope.TRANSIENT])('on a provider of scope %i', async (scope) => {
    @Injectable({ scope })
    class Scoped extends Pager {}
    expect(await messageOf(start({ providers: [Scoped] }))).toBe(
      'FluxgateModule: @OnBreaker on Pager.opened: Scoped is ' +
        `${scope === Scope.REQUEST ? 'request-scoped' : 'transient'}, so there is no one instance to call. ` +
        'Put it on a singleton provider.',
    );
  });

  it('on a provider that is request-scoped by what it needs', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Visit {}
    @Injectable()
    class Needing extends Pager {
      constructor(readonly visit: Visit) {
        super();
      }
    }
    expect(await messageOf(start({ providers: [Visit, Needing] }))).toContain('Needing is request-scoped');
  });

  it('on a guard that is no provider, and not on one that is', async () => {
    @Injectable()
    class Watchman extends Pager implements CanActivate {
      canActivate(): boolean {
        return true;
      }
    }
    const made = new Watchman();
    @Controller()
    @UseGuards(Watchman)
    class Page {
      @Get()
      get(): void {}
    }
    expect(await messageOf(start({ controllers: [Page] }))).toBe(
      'FluxgateModule: @OnBreaker on Pager.opened: Watchman is no provider of a module, so it may be made more than once. Put it on a provider.',
    );
    const app = await start({ controllers: [Page], providers: [{ provide: Watchman, useValue: made }] });
    open(app);
    expect(made.lines).toEqual(['shop closed → open']);
    const replaced = await compile({ controllers: [Page] }, {}, (builder) =>
      builder.overrideGuard(Watchman).useValue({ canActivate: () => true }),
    );
    await expect(replaced.init()).resolves.toBeDefined();
  });
});

describe('@OnBreaker refuses at once', () => {
  const decorate = (target: object, key: string, ...args: unknown[]): unknown =>
    (OnBreaker as (...given: unknown[]) => (...place: unknown[]) => void)(...args)(
      target,
      key,
      Object.getOwnPropertyDescriptor(target, key),
    );
  class Some {
    static shared(): void {}
    readonly field = 1;
    get value(): number {
      return 1;
    }
    method(): void {}
  }
  const list =
    'closed, open, half_open, metrics_only, disabled, forced_open, transition, call, rejected, fallback, wouldTrip, reconfigured, fault';

  it.each<[string, unknown[], string]>([
    ['no event', ['shop'], `@OnBreaker: an event is missing. Events: ${list}.`],
    [
      'an event that there is not',
      ['shop', 'opened'],
      `@OnBreaker: the event must be one of ${list}, got "opened". Did you mean "open"?`,
    ],
    [
      'several events that there are not: all of them are told',
      ['shop', 'x', 7],
      `@OnBreaker: the event must be one of ${list}, got "x". the event must be one of ${list}, got 7.`,
    ],
    ['no text', ['shop', 7], `@OnBreaker: the event must be one of ${list}, got 7.`],
    [
      'no name',
      [undefined, 'open'],
      '@OnBreaker: name must be a string of 1 to 256 printable characters, got undefined.',
    ],
  ])('%s', (_what, args, message) => {
    expect(() => decorate(Some.prototype, 'method', ...args)).toThrow(new TypeError(message));
  });

  it.each<[string, object, string, string]>([
    ['a static method', Some, 'shared', 'a static member has no instance'],
    ['an accessor', Some.prototype, 'value', 'this is no method'],
    ['a property', Some.prototype, 'field', 'this is no method'],
  ])('on %s', (_what, target, key, why) => {
    expect(() => decorate(target, key, 'shop', 'open')).toThrow(
      new TypeError(`@OnBreaker on Some.${key}: ${why}. Put it on an instance method.`),
    );
  });
});
