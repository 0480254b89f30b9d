import { Module, type DynamicModule } from '@nestjs/common';

import { BreakerRegistry, FluxgateConfigError } from '../core/index.js';
import { NO_BREAKERS } from '../nest/index.js';
import { FluxgateHealthIndicator } from './indicator.js';
import { healthProblems, takenHealth, type FluxgateHealthOptions } from './options.js';
import { loadTerminus } from './peer.js';

const ROOT = 'FluxgateTerminusModule.forRoot';

/**
 * Gives the module that imports it a `FluxgateHealthIndicator`, for the health checks of `@nestjs/terminus`.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { TerminusModule } from '@nestjs/terminus';
 * import { FluxgateTerminusModule } from 'nestjs-fluxgate/terminus';
 *
 * const breakers = { database: { failOn: ['open', 'forced_open'] } } as const;
 * @Module({ imports: [TerminusModule, FluxgateTerminusModule.forRoot({ breakers })] })
 * export class HealthModule {}
 * ```
 */
@Module({})
export class FluxgateTerminusModule {
  /**
   * @param options what the indicator goes by where its `check` is given none.
   * @throws FluxgateConfigError with everything that is wrong. Bootstrap fails when `@nestjs/terminus` is not
   * installed, or the options name a breaker that is not there.
   */
  static forRoot(given: FluxgateHealthOptions = {}): DynamicModule {
    const options = takenHealth(given);
    const problems = healthProblems(options);
    if (problems.length > 0) throw new FluxgateConfigError(ROOT, problems);
    return {
      module: FluxgateTerminusModule,
      providers: [
        {
          provide: FluxgateHealthIndicator,
          inject: [{ token: BreakerRegistry, optional: true }],
          useFactory: async (registry: BreakerRegistry | undefined) => {
            if (registry === undefined) {
              throw new FluxgateConfigError(ROOT, [NO_BREAKERS]);
            }
            const { HealthIndicatorService } = await loadTerminus();
            return new FluxgateHealthIndicator(registry, new HealthIndicatorService(), options);
          },
        },
      ],
      exports: [FluxgateHealthIndicator],
    };
  }
}
