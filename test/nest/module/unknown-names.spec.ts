import { Inject, Injectable, Module, Scope, type Type } from '@nestjs/common';
import { ContextIdFactory, LazyModuleLoader, ModuleRef } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  BreakerNotFoundError,
  BreakerRegistry,
  CircuitBreaker,
  FluxgateModule,
  getBreakerToken,
  InjectBreaker,
  TypeOf,
  type Breaker,
} from 'nestjs-fluxgate';

import { closeAll, compile, messageOf, start, startBare } from '../apps.js';

afterEach(closeAll);

const breakers = { payments: {}, inventory: {} };
const text = (asker: string, name: string, guess?: string): string =>
  `${asker}: no circuit breaker is called "${name}".${guess === undefined ? '' : ` Did you mean "${guess}"?`} ` +
  'Registered: payments, inventory. Add it to the breakers of FluxgateModule.forRoot or forFeature.';

@Injectable()
class InConstructor {
  constructor(@InjectBreaker('paymnts') readonly breaker: Breaker) {}
}
@Injectable()
class InProperty {
  @InjectBreaker('inventry')
  readonly breaker!: Breaker;
}
@Injectable()
class InDecorator {
  @CircuitBreaker('nowhere')
  buy(): void {}
  @CircuitBreaker('payment')
  sell(): void {}
}
@Injectable({ scope: Scope.REQUEST })
class InRequest {
  @CircuitBreaker('Payments')
  buy(): void {}
  constructor(@InjectBreaker('INVENTORY') readonly breaker: Breaker) {}
}
@Module({ imports: [FluxgateModule.forFeature({ trackers: { paments: TypeOf(RangeError) } })] })
class FeatureModule {}

describe('an unknown name fails bootstrap with the class, the name, the nearest one and the list', () => {
  it.each<[string, object, string]>([
    ['in a constructor', { providers: [InConstructor] }, text('InConstructor', 'paymnts', 'payments')],
    ['in a property', { providers: [InProperty] }, text('InProperty', 'inventry', 'inventory')],
    [
      'in forFeature',
      { imports: [FeatureModule] },
      text('forFeature in FeatureModule: trackers', 'paments', 'payments'),
    ],
    [
      'in a factory',
      { providers: [{ provide: 'X', inject: [getBreakerToken('paymnts')], useFactory: () => 0 }] },
      'no circuit breaker is called "paymnts".',
    ],
  ])('%s', async (_where, metadata, problem) => {
    expect(await messageOf(start(metadata, { breakers }))).toContain(problem);
  });

  it('in decorators', async () => {
    expect(await messageOf(start({ providers: [InDecorator] }, { breakers }))).toBe(
      `FluxgateModule: 2 problems:\n  - ${text('InDecorator.buy', 'nowhere')}\n  - ${text('InDecorator.sell', 'payment', 'payments')}`,
    );
  });

  it('in a request-scoped class, by constructor and decorator', async () => {
    expect(await messageOf(start({ providers: [InRequest] }, { breakers }))).toBe(
      `FluxgateModule: 2 problems:\n  - ${text('InRequest.buy', 'Payments', 'payments')}\n  - ${text('InRequest', 'INVENTORY', 'inventory')}`,
    );
  });

  it('in all of these at once, also where the first would stop Nest before bootstrap is over', async () => {
    const providers = [
      InConstructor,
      InProperty,
      InDecorator,
      InRequest,
      { provide: 'OTHER', useClass: InDecorator },
    ];
    const message = await messageOf(compile({ imports: [FeatureModule], providers }, { breakers }));
    expect(message.split('\n  - ').sort()).toEqual(
      [
        'FluxgateModule: 7 problems:',
        text('forFeature in FeatureModule: trackers', 'paments', 'payments'),
        text('InConstructor', 'paymnts', 'payments'),
        text('InProperty', 'inventry', 'inventory'),
        text('InDecorator.buy', 'nowhere'),
        text('InDecorator.sell', 'payment', 'payments'),
        text('InRequest.buy', 'Payments', 'payments'),
        text('InRequest', 'INVENTORY', 'inventory'),
      ].sort(),
    );
  });

  it('in a subclass that inherits the constructor', async () => {
    @Injectable()
    class Heir extends InConstructor {}
    expect(await messageOf(start({ providers: [Heir] }, { breakers }))).toBe(
      `FluxgateModule: ${text('Heir', 'paymnts', 'payments')}`,
    );
  });

  it('and says so where there is no breaker at all', async () => {
    const starting = startBare({ imports: [FluxgateModule.forRoot()], providers: [InConstructor] });
    expect(await messageOf(starting)).toBe(
      'FluxgateModule: InConstructor: no circuit breaker is called "paymnts". Registered: none. ' +
        'Add it to the breakers of FluxgateModule.forRoot or forFeature.',
    );
  });

  it('with forRootAsync as with forRoot', async () => {
    const imports = [FluxgateModule.forRootAsync({ useFactory: async () => ({ breakers }) })];
    expect(await messageOf(startBare({ imports, providers: [InConstructor, InProperty] }))).toBe(
      `FluxgateModule: 2 problems:\n  - ${text('InConstructor', 'paymnts', 'payments')}\n  - ${text('InProperty', 'inventry', 'inventory')}`,
    );
  });
});

describe('an unknown name is no matter', () => {
  it('in a class that this app does not have', async () => {
    await expect(start({}, { breakers })).resolves.toBeDefined();
  });

  it('in a class that a test replaced', async () => {
    const app = await compile({ providers: [InConstructor, InDecorator] }, { breakers }, (builder) =>
      builder.overrideProvider(InConstructor).useValue({}).overrideProvider(InDecorator).useValue({}),
    );
    await expect(app.init()).resolves.toBeDefined();
  });
});

describe('an unknown name that comes after bootstrap', () => {
  it('fails ModuleRef.create', async () => {
    const app = await start({}, { breakers });
    const create = (type: Type<object>) => messageOf(app.get(ModuleRef).create(type));
    expect(await create(InConstructor)).toBe(text('InConstructor', 'paymnts', 'payments'));
    expect(await create(InDecorator)).toContain(text('InDecorator.buy', 'nowhere'));
    expect(await create(InDecorator)).toContain(text('InDecorator.buy', 'nowhere'));
  });

  it('fails who asks for its token, as nobody in particular', async () => {
    const app = await start({}, { breakers });
    expect(await messageOf(app.resolve(getBreakerToken('paymnts')))).toMatch(
      /^no circuit breaker is called "paymnts"\. Did you mean "payments"\?/,
    );
  });

  it('fails a lazy module that injects it', async () => {
    @Module({ providers: [InConstructor] })
    class LazyModule {}
    const app = await start({}, { breakers });
    expect(await messageOf(app.get(LazyModuleLoader).load(() => LazyModule))).toBe(
      text('InConstructor', 'paymnts', 'payments'),
    );
  });

  it('is found at bootstrap when an earlier hook created the class', async () => {
    @Injectable()
    class Maker {
      constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}
      made(): Promise<InDecorator> {
        return this.moduleRef.create(InDecorator);
      }
    }
    const app = await compile(
      {
        providers: [
          Maker,
          { provide: 'MADE', inject: [Maker], useFactory: (maker: Maker) => maker.made().then(() => 'made') },
        ],
      },
      { breakers },
    );
    expect(await messageOf(app.init())).toContain(text('InDecorator.buy', 'nowhere'));
  });

  it('fails the call, in a module that is compiled and never started', async () => {
    const app = await compile({ providers: [InDecorator, InRequest] }, { breakers });
    expect(() => app.get(InDecorator).buy()).toThrow(text('InDecorator.buy', 'nowhere'));
    expect(() => app.get(InDecorator).buy()).toThrow(BreakerNotFoundError);
    await expect(app.resolve(InRequest, ContextIdFactory.create())).rejects.toThrow('INVENTORY');
  });

  it('is no reason to create one: asking never does', async () => {
    const app = await start({}, { breakers });
    const registry = app.get(BreakerRegistry);
    expect(registry.find('nope')).toBeUndefined();
    expect(() => registry.get('payment')).toThrow('Did you mean "payments"?');
    expect(registry.names()).toEqual(['payments', 'inventory']);
  });
});
