import { Module } from '@nestjs/common';
import {
  AllowAll,
  Backoff,
  Cooldown,
  CountWindow,
  FailureRate,
  FailureStreak,
  FluxgateModule,
  MinRequests,
  RampUp,
  seconds,
  SlowRate,
  TimeWindow,
  TransientErrors,
} from 'nestjs-fluxgate';

import { AdminModule } from './admin/admin.module.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { PaymentsModule } from './payments/payments.module.js';
import { RatesModule } from './rates/rates.module.js';
import { SettlementsModule } from './settlements/settlements.module.js';

/** One breaker per dependency. The waits are short, so that there is something to see; yours will be longer. */
@Module({
  imports: [
    FluxgateModule.forRoot({
      defaults: { retry: Cooldown(seconds(5)), permit: AllowAll() },
      breakers: {
        // Opens after 5 failures in a row, or when half of at least 10 calls failed or were slow. Then waits
        // 2, 4, 8, … seconds, and lets more and more calls probe, until 10 have said that it is healthy.
        acquirer: {
          window: TimeWindow(seconds(30)),
          tripper: FailureStreak(5).or(MinRequests(10).and(FailureRate(0.5).or(SlowRate(0.5, 300)))),
          retry: Backoff({ initialMs: seconds(2), maxMs: seconds(30) }),
          permit: RampUp(0.5, 1, seconds(3)),
        },
        // A time limit unsubscribes from an Observable, and so cancels the request.
        rates: {
          window: CountWindow(20),
          tripper: MinRequests(4).and(FailureRate(0.5)),
          timeoutMs: seconds(1),
        },
        // For a stream the time limit is that of its first value; a probe may take as long as all of them.
        settlements: {
          tracker: TransientErrors(),
          tripper: FailureStreak(3),
          timeoutMs: seconds(1),
          probeLeaseMs: seconds(10),
        },
      },
    }),
    PaymentsModule,
    RatesModule,
    SettlementsModule,
    AdminModule,
    ObservabilityModule,
  ],
})
export class AppModule {}
