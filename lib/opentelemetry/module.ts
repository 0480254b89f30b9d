import { Module, type DynamicModule } from '@nestjs/common';

import { adapterForRoot, adapterForRootAsync } from '../nest/index.js';
import { bindFor } from './bind.js';
import {
  KEYS,
  openTelemetryProblems,
  type FluxgateOpenTelemetryAsyncOptions,
  type FluxgateOpenTelemetryOptions,
} from './options.js';

/**
 * Tells the app's breakers to OpenTelemetry: metrics, and events on the caller's active span.
 *
 * Import it once, beside `FluxgateModule`, and start the SDK before the app. Without an SDK it costs nothing.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { FluxgateModule } from 'nestjs-fluxgate';
 * import { FluxgateOpenTelemetryModule } from 'nestjs-fluxgate/opentelemetry';
 *
 * @Module({ imports: [FluxgateModule.forRoot(), FluxgateOpenTelemetryModule.forRoot()] })
 * export class AppModule {}
 * ```
 */
@Module({})
export class FluxgateOpenTelemetryModule {
  /**
   * @throws FluxgateConfigError with everything that is wrong. Bootstrap fails when `@opentelemetry/api` is not
   * installed.
   */
  static forRoot(options: FluxgateOpenTelemetryOptions = {}): DynamicModule {
    return adapterForRoot(adapter, options);
  }

  /** The same with options that have to be awaited or injected. */
  static forRootAsync(options: FluxgateOpenTelemetryAsyncOptions): DynamicModule {
    return adapterForRootAsync(adapter, options);
  }
}

/** What both bind. */
const adapter = {
  module: FluxgateOpenTelemetryModule,
  names: KEYS,
  problems: openTelemetryProblems,
  bind: bindFor,
};
