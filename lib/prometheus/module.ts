import { Module, type DynamicModule } from '@nestjs/common';

import { adapterForRoot, adapterForRootAsync } from '../nest/index.js';
import { bindFor } from './bind.js';
import {
  KEYS,
  prometheusProblems,
  type FluxgatePrometheusAsyncOptions,
  type FluxgatePrometheusOptions,
} from './options.js';

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
    return adapterForRoot(adapter, options);
  }

  /** The same with options that have to be awaited or injected: a registry of your own, say. */
  static forRootAsync(options: FluxgatePrometheusAsyncOptions): DynamicModule {
    return adapterForRootAsync(adapter, options);
  }
}

/** What both bind. */
const adapter = {
  module: FluxgatePrometheusModule,
  names: KEYS,
  problems: prometheusProblems,
  bind: bindFor,
};
