import {
  Inject,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type OnApplicationShutdown,
} from '@nestjs/common';

import { BreakerRegistry, FluxgateConfigError } from '../core/index.js';
import { awaitedOptions, NO_BREAKERS } from '../nest/index.js';
import { AlertsListener } from './listener.js';
import { alertsProblems, takenAlerts, type AlertsOptions } from './options.js';

const ROOT = 'FluxgateAlertsModule.forRoot';
const ASYNC = 'FluxgateAlertsModule.forRootAsync';

/** What `FluxgateAlertsModule.forRootAsync` takes. */
export interface FluxgateAlertsAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...args: never[]) => AlertsOptions | Promise<AlertsOptions>;
}

/**
 * Tells the transitions of all breakers to Slack and to webhooks.
 *
 * Import it beside `FluxgateModule.forRoot`. At the app's shutdown it posts what waits, for at most
 * `shutdownMs`: call `app.enableShutdownHooks()`, so that a signal is a shutdown too.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { FluxgateModule } from 'nestjs-fluxgate';
 * import { FluxgateAlertsModule, Slack } from 'nestjs-fluxgate/alerts';
 *
 * @Module({
 *   imports: [
 *     FluxgateModule.forRoot({ breakers: { payments: {} } }),
 *     FluxgateAlertsModule.forRootAsync({
 *       useFactory: () => ({
 *         app: 'shop',
 *         targets: [Slack({ token: process.env['SLACK_TOKEN'] ?? '', channel: 'C0123456789' })],
 *       }),
 *     }),
 *   ],
 * })
 * export class AppModule {}
 * ```
 */
@Module({})
export class FluxgateAlertsModule implements OnApplicationShutdown {
  constructor(@Inject(AlertsListener) private readonly alerts: AlertsListener) {}

  /** @throws FluxgateConfigError naming everything that is wrong with the options and the targets. */
  static forRoot(given: AlertsOptions): DynamicModule {
    const options = takenAlerts(given);
    const problems = alertsProblems(options);
    if (problems.length > 0) throw new FluxgateConfigError(ROOT, problems);
    return alertsModule(ROOT, { provide: OPTIONS, useFactory: () => options });
  }

  /** The same with options that have to be awaited or injected. What is wrong with them fails bootstrap. */
  static forRootAsync(options: FluxgateAlertsAsyncOptions): DynamicModule {
    const { imports, ...factory } = awaitedOptions<AlertsOptions>(ASYNC, options);
    return { ...alertsModule(ASYNC, { provide: OPTIONS, ...factory }), imports };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.alerts.close();
  }
}

const OPTIONS = 'FluxgateAlertsOptions';

function alertsModule(where: string, options: FactoryProvider<AlertsOptions>): DynamicModule {
  return {
    module: FluxgateAlertsModule,
    providers: [
      options,
      {
        provide: AlertsListener,
        inject: [OPTIONS, { token: BreakerRegistry, optional: true }],
        useFactory: (options: AlertsOptions, registry: BreakerRegistry | undefined): AlertsListener => {
          const given = takenAlerts(options);
          const problems = alertsProblems(given);
          if (registry === undefined) problems.push(NO_BREAKERS);
          if (problems.length > 0) throw new FluxgateConfigError(where, problems);
          const alerts = new AlertsListener({ ...given, redact: given.redact ?? registry!.redact });
          registry!.subscribe(alerts);
          return alerts;
        },
      },
    ],
    exports: [AlertsListener],
  };
}
