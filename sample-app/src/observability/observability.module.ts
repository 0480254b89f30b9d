import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { FluxgateAlertsModule, Webhook } from 'nestjs-fluxgate/alerts';
import { FluxgatePrometheusModule } from 'nestjs-fluxgate/prometheus';
import { FluxgateTerminusModule } from 'nestjs-fluxgate/terminus';

import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

/** Who sees the breakers from outside: Prometheus, the readiness probe, and whoever is on call. */
@Module({
  imports: [
    TerminusModule,
    FluxgatePrometheusModule.forRoot(),
    FluxgateTerminusModule.forRoot(),
    FluxgateAlertsModule.forRootAsync({
      // Read when the app starts. Without an address nobody is told.
      useFactory: () => {
        const url = process.env.ALERTS_URL;
        return { app: 'shop', targets: url === undefined ? [] : [Webhook({ url })] };
      },
    }),
  ],
  controllers: [MetricsController, HealthController],
})
export class ObservabilityModule {}
