// What the modules take, and what the compiler refuses.
import { ConsoleLogger, Injectable, type DynamicModule } from '@nestjs/common';
import {
  BreakerRegistry,
  FailureStreak,
  FluxgateModule,
  getBreakerToken,
  TypeOf,
  type Breaker,
  type FluxgateModuleOptions,
  type FluxgateOptionsFactory,
} from 'nestjs-fluxgate';
import { FluxgateTestingModule, ManualClock } from 'nestjs-fluxgate/testing';

import { exactly, type Same } from './exactly.js';

@Injectable()
class Options implements FluxgateOptionsFactory {
  createFluxgateOptions(): FluxgateModuleOptions {
    return { breakers: { shop: {} } };
  }
}

exactly<Same<DynamicModule, ReturnType<typeof FluxgateModule.forRoot>>>(true);
FluxgateModule.forRoot();
FluxgateModule.forRoot({ logger: new ConsoleLogger(), globalInterceptor: false });
const frozen = { breakers: { shop: { tripper: FailureStreak(3) } } } as const satisfies FluxgateModuleOptions;
FluxgateModule.forRoot(frozen);
FluxgateModule.forRootAsync({ useClass: Options, names: ['shop'] as const });
FluxgateModule.forRootAsync({ useExisting: Options });
FluxgateModule.forRootAsync({
  inject: [Options],
  useFactory: async (options: Options) => options.createFluxgateOptions(),
});
FluxgateModule.forFeature({ tracker: TypeOf(RangeError), trackers: { shop: (error) => error !== 1 } });
FluxgateModule.forFeature({ ignore: TypeOf(RangeError), ignores: { shop: (error) => error !== 1 } });
FluxgateTestingModule.forRoot({ mode: 'real', clock: new ManualClock(), seed: 3 });

exactly<Same<string, ReturnType<typeof getBreakerToken>>>(true);
exactly<Same<Breaker, ReturnType<BreakerRegistry['get']>>>(true);
exactly<Same<Breaker | undefined, ReturnType<BreakerRegistry['find']>>>(true);

// ── refused ──

// @ts-expect-error a mistyped option
FluxgateModule.forRoot({ breaker: {} });
// @ts-expect-error breakers go by name
FluxgateModule.forRoot({ breakers: ['shop'] });
// @ts-expect-error a mistyped option of a breaker
FluxgateModule.forRoot({ breakers: { shop: { windw: 5 } } });
// @ts-expect-error true is no logger
FluxgateModule.forRoot({ logger: true });
// @ts-expect-error the options' own option is not one of the awaited ones
FluxgateModule.forRootAsync({ useFactory: () => ({ globalInterceptor: false, nope: 1 }), breakers: {} });
// @ts-expect-error a class that makes no options
FluxgateModule.forRootAsync({ useClass: ManualClock });
// @ts-expect-error options are needed
FluxgateModule.forFeature();
// @ts-expect-error a class is no tracker: TypeOf(RangeError)
FluxgateModule.forFeature({ tracker: RangeError });
// @ts-expect-error they go by name
FluxgateModule.forFeature({ ignores: TypeOf(RangeError) });
// @ts-expect-error trackers go by name
FluxgateModule.forFeature({ trackers: [TypeOf(RangeError)] });
// @ts-expect-error the kit has its own clock
FluxgateTestingModule.forRoot({ clock: { now: () => 0 } });
// @ts-expect-error the kit logs nothing
FluxgateTestingModule.forRoot({ logger: new ConsoleLogger() });
