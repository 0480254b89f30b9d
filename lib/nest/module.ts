import { Module, type DynamicModule, type Provider } from '@nestjs/common';

import { FluxgateConfigError, takenList } from '../core/index.js';
import { AppBreakers } from './app-breakers.js';
import { featuresOf, FluxgateFeatureModule } from './features.js';
import { Inspection } from './inspection.js';
import {
  asyncProblems,
  featureProblems,
  rootProblems,
  staticProblems,
  takenFeature,
  takenRoot,
  type FluxgateFeatureOptions,
  type FluxgateModuleAsyncOptions,
  type FluxgateModuleOptions,
  type FluxgateOptionsFactory,
  type FluxgateStaticOptions,
} from './options.js';
import { breakerProvider, rootModule } from './root.js';
import { classNameOf, FEATURE_TOKEN, getBreakerToken, OPTIONS_TOKEN, READY_TOKEN } from './tokens.js';

const ASYNC = 'FluxgateModule.forRootAsync';

/**
 * Which breakers does this app have?
 *
 * `forRoot` once, in the root module; it is global. `forFeature` in modules that count errors their own way.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { FluxgateModule, MinRequests, FailureRate, seconds, TimeWindow } from 'nestjs-fluxgate';
 *
 * @Module({
 *   imports: [
 *     FluxgateModule.forRoot({
 *       breakers: {
 *         payments: {
 *           window: TimeWindow(seconds(60)),
 *           tripper: MinRequests(20).and(FailureRate(0.5)),
 *         },
 *       },
 *     }),
 *   ],
 * })
 * export class AppModule {}
 * ```
 */
@Module({})
export class FluxgateModule {
  /** @throws FluxgateConfigError with everything that is wrong, each with its full path. */
  static forRoot(given: FluxgateModuleOptions & FluxgateStaticOptions = {}): DynamicModule {
    const options = takenRoot(given);
    refuse('FluxgateModule.forRoot', [
      ...rootProblems(options, 'globalInterceptor'),
      ...staticProblems(options),
    ]);
    const root = {
      options: { provide: OPTIONS_TOKEN, useValue: options },
      names: Object.keys(options.breakers ?? {}),
    };
    return rootModule(FluxgateModule, root, options);
  }

  /** The same with options that have to be awaited or injected. What is wrong with them fails bootstrap. */
  static forRootAsync(options: FluxgateModuleAsyncOptions): DynamicModule {
    refuse(ASYNC, asyncProblems(options));
    const { names = [], imports, extraProviders = [], useClass } = options;
    const extra = [...(useClass === undefined ? [] : [useClass]), ...extraProviders];
    const root = {
      options: awaitedOptions(options),
      awaits: ASYNC,
      names: [...names],
      imports: takenList(imports),
      extra,
    };
    return rootModule(FluxgateModule, root, options);
  }

  /**
   * For the decorated classes of the module that imports it: which errors count there, and breakers the
   * feature owns (known by name everywhere).
   *
   * @throws FluxgateConfigError with everything that is wrong, each with its full path.
   */
  static forFeature(given: FluxgateFeatureOptions): DynamicModule {
    const options = takenFeature(given);
    refuse('FluxgateModule.forFeature', featureProblems(options));
    const names = Object.keys(options.breakers ?? {});
    return {
      module: FluxgateFeatureModule,
      providers: [
        // The number keeps two features of equal shape apart where Nest compares modules by content.
        { provide: FEATURE_TOKEN, useValue: { options, number: ++featureCount } },
        { provide: FEATURE_READY, inject: [AppBreakers, Inspection, READY_TOKEN], useFactory: join(options) },
        ...names.map((name) => breakerProvider(name, FEATURE_READY)),
      ],
      exports: names.map(getBreakerToken),
    };
  }
}

let featureCount = 0;

/** Resolves when the breakers of a feature are registered. */
const FEATURE_READY = 'FluxgateFeatureReady';

/** A feature of a lazy module joins an app that runs; those that are there at bootstrap are in already. */
const join =
  (options: FluxgateFeatureOptions) =>
  (breakers: AppBreakers, inspection: Inspection): void => {
    breakers.addFeatures();
    if (!inspection.isOver) return;
    const own = featuresOf(breakers.modules).find((feature) => feature.options === options);
    inspection.refuse(own!.importers.flatMap((module) => inspection.featureProblems(module)));
  };

/** Options that are made by a function, a class or another provider. */
function awaitedOptions({
  useFactory,
  useClass,
  useExisting,
  inject = [],
}: FluxgateModuleAsyncOptions): Provider {
  if (useFactory !== undefined) return { provide: OPTIONS_TOKEN, useFactory, inject: [...inject] };
  return {
    provide: OPTIONS_TOKEN,
    inject: [(useExisting ?? useClass)!],
    useFactory: (factory: FluxgateOptionsFactory) => {
      if (typeof factory.createFluxgateOptions === 'function') return factory.createFluxgateOptions();
      const name = classNameOf((factory as object).constructor);
      throw new FluxgateConfigError(ASYNC, [`${name} has no method createFluxgateOptions().`]);
    },
  };
}

function refuse(where: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
}
