import { Module, type DynamicModule, type OnApplicationShutdown, type Provider } from '@nestjs/common';

import { BreakerRegistry, FluxgateConfigError, mustBe, unknownKeys } from '../core/index.js';
import { bindFor } from './bind.js';
import {
  openTelemetryProblems,
  type FluxgateOpenTelemetryAsyncOptions,
  type FluxgateOpenTelemetryOptions,
} from './options.js';

const ROOT = 'FluxgateOpenTelemetryModule.forRoot';
const ASYNC = 'FluxgateOpenTelemetryModule.forRootAsync';
const OPTIONS = 'FluxgateOpenTelemetryOptions';

/** Holds an app's breakers to its telemetry, until the app is closed. */
class OpenTelemetryBinding implements OnApplicationShutdown {
  constructor(readonly onApplicationShutdown: () => void) {}
}

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
    const problems = openTelemetryProblems(options);
    if (problems.length > 0) throw new FluxgateConfigError(ROOT, problems);
    return boundModule(ROOT, { provide: OPTIONS, useValue: options });
  }

  /** The same with options that have to be awaited or injected. */
  static forRootAsync(options: FluxgateOpenTelemetryAsyncOptions): DynamicModule {
    const problems = unknownKeys(options, ['imports', 'inject', 'useFactory'], 'options');
    const { imports, inject = [], useFactory } = Object(options) as FluxgateOpenTelemetryAsyncOptions;
    if (typeof useFactory !== 'function') {
      problems.push(mustBe('useFactory', 'a function that gives the options', useFactory));
    }
    if (problems.length > 0) throw new FluxgateConfigError(ASYNC, problems);
    return { ...boundModule(ASYNC, { provide: OPTIONS, inject, useFactory }), imports };
  }
}

function boundModule(where: string, options: Provider): DynamicModule {
  return {
    module: FluxgateOpenTelemetryModule,
    providers: [
      options,
      {
        provide: OpenTelemetryBinding,
        inject: [OPTIONS, { token: BreakerRegistry, optional: true }],
        useFactory: async (given: FluxgateOpenTelemetryOptions, breakers: BreakerRegistry | undefined) => {
          if (breakers === undefined) {
            throw new FluxgateConfigError(where, [
              'there are no breakers. Add FluxgateModule.forRoot() to the imports of your root module.',
            ]);
          }
          return new OpenTelemetryBinding(await bindFor(where, breakers, given));
        },
      },
    ],
  };
}
