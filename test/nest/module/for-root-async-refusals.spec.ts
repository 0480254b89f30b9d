import { Injectable, type DynamicModule } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  CircuitBreaker,
  FailureRate,
  FluxgateConfigError,
  FluxgateModule,
  type FluxgateModuleAsyncOptions,
  type FluxgateModuleOptions,
  type FluxgateOptionsFactory,
} from 'nestjs-fluxgate';

import { BRITTLE, closeAll, messageOf, startBare } from '../apps.js';

afterEach(closeAll);

const OPTIONS: FluxgateModuleOptions = { defaults: BRITTLE, breakers: { shop: {} }, logger: false };

/** The module under test with the options given after a while. */
const awaited = (
  options: FluxgateModuleOptions,
  more: Partial<FluxgateModuleAsyncOptions> = {},
): DynamicModule => FluxgateModule.forRootAsync({ useFactory: () => Promise.resolve(options), ...more });

@Injectable()
class Shop {
  @CircuitBreaker('shop')
  async buy(): Promise<void> {}
}

@Injectable()
class Options implements FluxgateOptionsFactory {
  createFluxgateOptions(): FluxgateModuleOptions {
    return OPTIONS;
  }
}

describe('FluxgateModule.forRootAsync refuses', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'options must be an options object, got undefined.'],
    [
      'an unknown option',
      { useClass: Options, useFactry: () => OPTIONS },
      'options.useFactry is not an option. Did you mean useFactory?',
    ],
    ['no way', {}, 'exactly one of useFactory, useClass, useExisting is needed, got none.'],
    [
      'two ways',
      { useFactory: () => OPTIONS, useClass: Options },
      'exactly one of useFactory, useClass, useExisting is needed, got useFactory and useClass.',
    ],
    [
      'options in place of a function',
      { useFactory: OPTIONS },
      'useFactory must be a function that gives the options, got an object (Object).',
    ],
    [
      'an object in place of a class',
      { useClass: new Options() },
      'useClass must be a class with createFluxgateOptions(), got an object (Options).',
    ],
    ['a missing token', { useExisting: null }, 'useExisting must be the token of a provider, got null.'],
    [
      'one name',
      { useClass: Options, names: 'shop' },
      'names must be an array of breaker names, got "shop".',
    ],
    [
      'an empty name',
      { useClass: Options, names: ['shop', ''] },
      'names[1]: name must be a string of 1 to 256 printable characters, got "".',
    ],
    [
      'globalInterceptor',
      { useClass: Options, globalInterceptor: 1 },
      'globalInterceptor must be true or false, got 1.',
    ],
  ])('%s, at once', (_what, options, text) => {
    expect(() => FluxgateModule.forRootAsync(options as never)).toThrow(
      new FluxgateConfigError('FluxgateModule.forRootAsync', [text]),
    );
  });

  it.each<[string, unknown, string]>([
    ['no options', undefined, 'options must be an options object, got undefined.'],
    ['null', null, 'options must be an options object, got null.'],
    ['no breakers', { breakers: null }, 'breakers must be an object of options by breaker name, got null.'],
    [
      'what forRoot refuses',
      { breakers: { payments: { tripper: FailureRate(50) } } },
      'breakers.payments.tripper: FailureRate(50): ratio must be in (0, 1], got 50. Did you mean 0.5?',
    ],
    [
      'globalInterceptor in the options',
      { globalInterceptor: false },
      'options.globalInterceptor is not an option.',
    ],
  ])('%s from its factory, at bootstrap', async (_what, options, text) => {
    const message = await messageOf(startBare({ imports: [awaited(options as never)] }));
    expect(message).toContain(`FluxgateModule.forRootAsync: ${text}`);
  });

  it('what is missing and what is wrong, together', async () => {
    const module = awaited(undefined as never, { names: ['shop'] });
    expect(await messageOf(startBare({ imports: [module] }))).toBe(
      'FluxgateModule.forRootAsync: 2 problems:\n' +
        '  - options must be an options object, got undefined.\n' +
        '  - names: there is no breakers.shop in the options.',
    );
  });

  it('a class without the method', async () => {
    @Injectable()
    class Empty {}
    const module = FluxgateModule.forRootAsync({ useClass: Empty as never });
    expect(await messageOf(startBare({ imports: [module] }))).toBe(
      'FluxgateModule.forRootAsync: Empty has no method createFluxgateOptions().',
    );
  });

  it('nothing of what its factory throws: that error fails bootstrap', async () => {
    const useFactory = () => Promise.reject(new Error('vault is sealed'));
    const starting = startBare({ imports: [FluxgateModule.forRootAsync({ useFactory })], providers: [Shop] });
    expect(await messageOf(starting)).toBe('vault is sealed');
  });
});
