import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { TerminusModule } from '@nestjs/terminus';
import { FluxgateAlertsModule, Webhook } from 'nestjs-fluxgate/alerts';
import { FluxgateEventsModule } from 'nestjs-fluxgate/event-emitter';
import { FluxgateOpenTelemetryModule } from 'nestjs-fluxgate/opentelemetry';
import { FluxgatePrometheusModule } from 'nestjs-fluxgate/prometheus';
import { FluxgateTerminusModule } from 'nestjs-fluxgate/terminus';

import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { OutageDiary } from './outage-diary.js';
import { OutagesController } from './outages.controller.js';
import { RequestSpanMiddleware } from './request-span.middleware.js';

/** Who sees the breakers from outside: Prometheus, traces, the readiness probe, the event bus, and whoever is on call. */
@Module({
  imports: [
    TerminusModule,
    FluxgatePrometheusModule.forRoot(),
    // Events on the spans of requests. Its metrics would be those of /metrics again; no SDK is started for them.
    FluxgateOpenTelemetryModule.forRoot({ metrics: false }),
    EventEmitterModule.forRoot({ wildcard: true }),
    FluxgateEventsModule.forRoot(),
    FluxgateTerminusModule.forRoot(),
    FluxgateAlertsModule.forRootAsync({
      // Read when the app starts. Without an address nobody is told.
      useFactory: () => {
        const url = process.env.ALERTS_URL;
        return { app: 'shop', targets: url === undefined ? [] : [Webhook({ url })] };
      },
    }),
  ],
  controllers: [MetricsController, HealthController, OutagesController],
  providers: [OutageDiary],
})
export class ObservabilityModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(RequestSpanMiddleware).forRoutes('{*path}');
  }
}
