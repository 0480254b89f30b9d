import { context, metrics, trace, type Span, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type TimedEvent,
} from '@opentelemetry/sdk-trace-base';
import { AllowAll, BreakerRegistry, Cooldown, FailureStreak, type Breaker } from 'nestjs-fluxgate';
import { ManualClock } from 'nestjs-fluxgate/testing';

/** The real SDK of metrics, with its in-memory exporter. */
export class MeterSdk {
  readonly exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  /** It never exports by itself in the time of a test. */
  readonly reader = new PeriodicExportingMetricReader({
    exporter: this.exporter,
    exportIntervalMillis: 3_600_000,
  });
  readonly provider = new MeterProvider({ readers: [this.reader] });

  /** What is exported now. */
  async read(): Promise<readonly MetricData[]> {
    this.exporter.reset();
    await this.reader.forceFlush();
    return this.exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all));
  }

  async metric(name: string): Promise<MetricData | undefined> {
    return (await this.read()).find(({ descriptor }) => descriptor.name === name);
  }

  /** Attributes and value of each of a metric's points that is not 0. */
  async points(name: string): Promise<readonly (readonly [attributes: object, value: unknown])[]> {
    const points = (await this.metric(name))?.dataPoints ?? [];
    return points
      .map(({ attributes, value }) => [attributes, value] as const)
      .filter(([, value]) => value !== 0);
  }

  /** The states with a value, as `payments closed 1`. */
  async states(): Promise<string[]> {
    const points = await this.points('fluxgate.circuit_breaker.status');
    return points.map(([attributes, value]) => {
      const all = attributes as Readonly<Record<string, string>>;
      return `${all['circuitbreaker.name']} ${all['circuitbreaker.state']} ${String(value)}`;
    });
  }
}

/** The real SDK of traces, registered globally, with its in-memory exporter. */
export class TraceSdk {
  readonly exporter = new InMemorySpanExporter();
  readonly provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.exporter)] });

  register(): this {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(this.provider);
    return this;
  }

  get tracer(): Tracer {
    return trace.getTracer('test');
  }

  /** Runs something in a span of its own, and ends the span. */
  async inSpan<T>(name: string, run: (span: Span) => Promise<T>): Promise<T> {
    return this.tracer.startActiveSpan(name, async (span) => {
      try {
        return await run(span);
      } finally {
        span.end();
      }
    });
  }

  events(span: string): readonly TimedEvent[] {
    return this.exporter.getFinishedSpans().find(({ name }) => name === span)?.events ?? [];
  }
}

/** Takes every SDK away again. */
export function unregister(): void {
  metrics.disable();
  trace.disable();
  context.disable();
}

/** Breakers on a clock that stands still; the one called payments opens at the third failure, for a second. */
export class Stage {
  readonly clock = new ManualClock();
  readonly breakers = new BreakerRegistry({
    clock: this.clock,
    defaults: { tripper: FailureStreak(3), retry: Cooldown(1000), permit: AllowAll() },
  });

  constructor() {
    this.breakers.create('payments');
  }

  get breaker(): Breaker {
    return this.breakers.get('payments');
  }

  bad(times = 1): void {
    for (let i = 0; i < times; i++) this.breaker.acquire().fail(new Error('down'));
  }

  turnedAway(): void {
    try {
      this.breaker.acquire();
    } catch {
      return;
    }
    throw new Error('It was let in.');
  }
}
