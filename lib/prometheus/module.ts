import { Module, type DynamicModule, type OnApplicationShutdown, type Provider } from '@nestjs/common';

import { BreakerRegistry, FluxgateConfigError, mustBe, unknownKeys } from '../core/index.js';
import { bindFor } from './bind.js';
import {
  prometheusProblems,
  type FluxgatePrometheusAsyncOptions,
  type FluxgatePrometheusOptions,
} from './options.js';

const ROOT = 'FluxgatePrometheusModule.forRoot';
const ASYNC = 'FluxgatePrometheusModule.forRootAsync';
const OPTIONS = 'FluxgatePrometheusOptions';

/** Holds an app's breakers to its metrics, until the app is closed. */
class PrometheusBinding implements OnApplicationShutdown {
  constructor(readonly onApplicationShutdown: () => void) {}
}

/**
 * Shows the app's breakers as Prometheus metrics, by prom-client.
 *
 * Import it once, beside `FluxgateModule`. It opens no endpoint: serve the registry as you do already, by
 * `@willsoto/nestjs-prometheus` or by a controller of your own. The series of an app go when it is closed.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { FluxgateModule } from 'nestjs-fluxgate';
 * import { FluxgatePrometheusModule } from 'nestjs-fluxgate/prometheus';
 *
 * @Module({ imports: [FluxgateModule.forRoot(), FluxgatePrometheusModule.forRoot({ labels: { service: 'shop' } })] })
 * export class AppModule {}
 * ```
 */
@Module({})
export class FluxgatePrometheusModule {
  /**
   * @throws FluxgateConfigError with everything that is wrong. Bootstrap fails when prom-client is not installed,
   * or a metric's name is taken in the registry.
   */
  static forRoot(options: FluxgatePrometheusOptions = {}): DynamicModule {
    const problems = prometheusProblems(options);
    if (problems.length > 0) throw new FluxgateConfigError(ROOT, problems);
    return boundModule(ROOT, { provide: OPTIONS, useValue: options });
  }

  /** The same with options that have to be awaited or injected: a registry of your own, say. */
  static forRootAsync(options: FluxgatePrometheusAsyncOptions): DynamicModule {
    const problems = unknownKeys(options, ['imports', 'inject', 'useFactory'], 'options');
    const { imports, inject = [], useFactory } = Object(options) as FluxgatePrometheusAsyncOptions;
    if (typeof useFactory !== 'function') {
      problems.push(mustBe('useFactory', 'a function that gives the options', useFactory));
    }
    if (problems.length > 0) throw new FluxgateConfigError(ASYNC, problems);
    return { ...boundModule(ASYNC, { provide: OPTIONS, inject, useFactory }), imports };
  }
}

function boundModule(where: string, options: Provider): DynamicModule {
  return {
    module: FluxgatePrometheusModule,
    providers: [
      options,
      {
        provide: PrometheusBinding,
        inject: [OPTIONS, { token: BreakerRegistry, optional: true }],
        useFactory: async (given: FluxgatePrometheusOptions, breakers: BreakerRegistry | undefined) => {
          if (breakers === undefined) {
            throw new FluxgateConfigError(where, [
              'there are no breakers. Add FluxgateModule.forRoot() to the imports of your root module.',
            ]);
          }
          return new PrometheusBinding(await bindFor(where, breakers, given));
        },
      },
    ],
  };
}
