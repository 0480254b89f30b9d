import { Inject, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  BreakerRegistry,
  CircuitBreaker,
  FluxgateModule,
  getBreakerToken,
  InjectBreaker,
  type Breaker,
  type FluxgateModuleAsyncOptions,
  type FluxgateModuleOptions,
  type FluxgateOptionsFactory,
} from 'nestjs-fluxgate';

import { BRITTLE, breakerOf, calls, closeAll, messageOf, startBare } from '../apps.js';

afterEach(closeAll);

const OPTIONS: FluxgateModuleOptions = { defaults: BRITTLE, breakers: { shop: {} }, logger: false };

const later = <T>(value: T): Promise<T> =>
  new Promise((resolve) => {
    setImmediate(resolve, value);
  });

/** The module under test with the options given after a while. */
const awaited = (
  options: FluxgateModuleOptions,
  more: Partial<FluxgateModuleAsyncOptions> = {},
): DynamicModule => FluxgateModule.forRootAsync({ useFactory: () => later(options), ...more });

@Injectable()
class Shop {
  constructor(
    @InjectBreaker('shop') readonly breaker: Breaker,
    @Inject(BreakerRegistry) registry: BreakerRegistry,
  ) {
    this.names = registry.names();
  }
  readonly names: string[];
  @CircuitBreaker('shop')
  async buy(): Promise<void> {}
}

@Injectable()
class Options implements FluxgateOptionsFactory {
  createFluxgateOptions(): Promise<FluxgateModuleOptions> {
    return later(OPTIONS);
  }
}

@Module({ providers: [Options, { provide: 'TEXT', useValue: 'shop' }], exports: [Options, 'TEXT'] })
class ConfigModule {}

describe('FluxgateModule.forRootAsync', () => {
  const inject = ['TEXT', { token: 'MISSING', optional: true }];
  const useFactory = (name: string, missing?: unknown): FluxgateModuleOptions => ({
    ...OPTIONS,
    breakers: { [name]: {}, ...(missing === undefined ? {} : { missing: {} }) },
  });

  it.each<[string, FluxgateModuleAsyncOptions]>([
    ['useFactory', { useFactory: () => OPTIONS }],
    ['useFactory, awaited', { useFactory: () => later(OPTIONS) }],
    ['useFactory, with imports and inject', { imports: [ConfigModule], inject, useFactory }],
    ['useClass', { useClass: Options }],
    ['useExisting', { imports: [ConfigModule], useExisting: Options }],
  ])('takes its options from %s', async (_way, options) => {
    const app = await startBare({ imports: [FluxgateModule.forRootAsync(options)], providers: [Shop] });
    const shop = app.get(Shop);
    await shop.buy();
    expect(calls(app)).toEqual({ success: 1 });
    expect(shop.breaker).toBe(breakerOf(app));
    expect(shop.names).toEqual(['shop']);
    expect(breakerOf(app).snapshot().rules.tripper).toBe('FailureStreak(1)');
  });

  it('has tokens that app.get finds when their names are given', async () => {
    const app = await startBare({ imports: [awaited(OPTIONS, { names: ['shop'] })] });
    expect(app.get(getBreakerToken('shop'))).toBe(breakerOf(app));
  });

  it('fails bootstrap when the options lack a name that was given', async () => {
    const module = awaited(OPTIONS, { names: ['shop', 'bank', 'toString'] });
    expect(await messageOf(startBare({ imports: [module] }))).toBe(
      'FluxgateModule.forRootAsync: 2 problems:\n' +
        '  - names: there is no breakers.bank in the options.\n' +
        '  - names: there is no breakers.toString in the options.',
    );
  });

  it('takes globalInterceptor and providers of its own', async () => {
    const module = awaited(OPTIONS, {
      globalInterceptor: false,
      extraProviders: [{ provide: 'TEXT', useValue: 'shop' }],
      inject: ['TEXT'],
      useFactory: (name: string) => ({ ...OPTIONS, breakers: { [name]: {} } }),
    });
    const app = await startBare({ imports: [module] });
    expect(app.get(BreakerRegistry).names()).toEqual(['shop']);
    expect(module.providers!.filter((provider) => 'useExisting' in provider)).toHaveLength(1);
  });
});

describe('options made by a class that is itself guarded', () => {
  @Injectable()
  class Vault {
    @CircuitBreaker('shop')
    async read(): Promise<void> {}
    plain(): FluxgateModuleOptions {
      return OPTIONS;
    }
  }
  const module = (useFactory: (vault: Vault) => unknown): DynamicModule =>
    FluxgateModule.forRootAsync({
      inject: [Vault],
      extraProviders: [Vault],
      useFactory: useFactory as never,
    });

  it('are no circle', async () => {
    const app = await startBare({ imports: [module((vault) => vault.plain())] });
    await app.get(Vault).read();
    expect(calls(app)).toEqual({ success: 1 });
  });

  it('fail with a text that says why, when a guarded method of it is called for them', async () => {
    const early = module(async (vault) => {
      await vault.read();
      return OPTIONS;
    });
    expect(await messageOf(startBare({ imports: [early] }))).toBe(
      'Vault.read was called while FluxgateModule.forRootAsync was waiting for its options. ' +
        'Call it in onModuleInit or later; what the options themselves are made of cannot be guarded.',
    );
  });
});

describe('a call before bootstrap is over', () => {
  @Injectable()
  class Store {
    @CircuitBreaker('shop')
    async buy(): Promise<void> {}
  }
  const stocked = async (shop: Store): Promise<string> => shop.buy().then(() => 'stocked');
  const providers = [Shop, { provide: 'STOCK', inject: [Shop], useFactory: stocked }];

  it('is answered with forRoot, whose options are there at once', async () => {
    @Module({
      providers: [{ provide: 'STOCK', inject: [Store], useFactory: stocked }, Store],
      exports: ['STOCK'],
    })
    class EagerModule {}
    const app = await startBare({ imports: [EagerModule, FluxgateModule.forRoot(OPTIONS)] });
    expect(app.get('STOCK')).toBe('stocked');
    expect(calls(app)).toEqual({ success: 1 });
  });

  it('is answered with forRootAsync by a class that has a breaker injected, and so waits', async () => {
    const app = await startBare({ imports: [awaited(OPTIONS)], providers });
    expect(app.get('STOCK')).toBe('stocked');
  });
});
