import { strict as assert } from 'node:assert';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { OnBreaker, type TransitionSignal } from 'nestjs-fluxgate';
import { FluxgateEventsModule } from 'nestjs-fluxgate/event-emitter';
import { FluxgateOpenTelemetryModule } from 'nestjs-fluxgate/opentelemetry';
import { FluxgatePrometheusModule } from 'nestjs-fluxgate/prometheus';
import { FluxgateHealthIndicator, FluxgateTerminusModule } from 'nestjs-fluxgate/terminus';
import { register } from 'prom-client';
import { BreakerRegistry, ShopModule } from './shop.js';

class AppModule {}

class Pager {
  readonly told: string[] = [];

  @OnBreaker('payments', 'forced_open')
  down({ breaker }: TransitionSignal): void {
    this.told.push(breaker);
  }
}

async function main(): Promise<void> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const imports = [
    ShopModule,
    FluxgatePrometheusModule.forRoot(),
    FluxgateOpenTelemetryModule.forRoot({ meterProvider }),
    FluxgateTerminusModule.forRoot({ breakers: { payments: { failOn: ['forced_open'] } } }),
    EventEmitterModule.forRoot({ wildcard: true }),
    FluxgateEventsModule.forRoot(),
  ];
  const root = { module: AppModule, imports, providers: [Pager] };
  const app = await NestFactory.createApplicationContext(root, { logger: false });
  const topics: unknown[] = [];
  app.get(EventEmitter2).on('fluxgate.*.forced_open', ({ breaker }) => topics.push(breaker));
  app.get(BreakerRegistry).get('payments').forceOpen();
  assert.deepEqual([topics, app.get(Pager).told], [['payments'], ['payments']]);
  const text = await register.metrics();
  assert.match(text, /^fluxgate_state\{breaker="payments",state="forced_open"\} 1$/m);
  await reader.forceFlush();
  const [status] = exporter.getMetrics()[0]!.scopeMetrics[0]!.metrics;
  assert.equal(
    status!.dataPoints.find(({ value }) => value === 1)!.attributes['circuitbreaker.state'],
    'forced_open',
  );
  const { key } = app.get(FluxgateHealthIndicator, { strict: false }).check('key');
  assert.deepEqual([key.status, key.failing], ['down', ['payments']]);
  await app.close();
  await meterProvider.shutdown();
  assert.deepEqual(register.getMetricsAsArray(), []);
  console.log('metrics, health and events told');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
