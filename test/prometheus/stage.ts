import {
  AllowAll,
  BreakerRegistry,
  Cooldown,
  FailureStreak,
  type Breaker,
  type BreakerOptions,
} from 'nestjs-fluxgate';
import { bindPrometheus, type FluxgatePrometheusOptions } from 'nestjs-fluxgate/prometheus';
import { ManualClock } from 'nestjs-fluxgate/testing';
import { Registry } from 'prom-client';

type Labels = Readonly<Record<string, string | number>>;

interface Sample {
  readonly value: number;
  readonly labels: Labels;
  readonly metricName?: string;
}

/** A metric as a registry gives it, without what only a scrape by text needs. */
interface Exported {
  readonly name: string;
  readonly type: string;
  readonly aggregator: string;
  readonly values: readonly Sample[];
}

/** What a registry exports now. */
export async function exported(registry: Registry): Promise<readonly Exported[]> {
  return (await registry.getMetricsAsJSON()) as unknown as Exported[];
}

/** All samples of a name (with `_bucket`, `_sum`, `_count` for a histogram) that carry these labels. */
export async function samples(registry: Registry, name: string, labels: Labels = {}): Promise<Sample[]> {
  return (await exported(registry))
    .flatMap((metric) => metric.values.map((sample) => ({ metricName: metric.name, ...sample })))
    .filter((sample) => sample.metricName === name)
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value));
}

/** The value of the one sample that carries these labels; undefined when there is none. */
export async function valueOf(
  registry: Registry,
  name: string,
  labels: Labels = {},
): Promise<number | undefined> {
  const found = await samples(registry, name, labels);
  if (found.length > 1) throw new Error(`${found.length} samples of ${name} match.`);
  return found[0]?.value;
}

/** Breakers on a clock that stands still, shown in a prom-client registry of their own. */
export class Stage {
  readonly clock = new ManualClock();
  readonly breakers = new BreakerRegistry({
    clock: this.clock,
    defaults: { tripper: FailureStreak(3), retry: Cooldown(1000), permit: AllowAll() },
  });

  constructor(readonly registry = new Registry()) {}

  /** One breaker, bound. */
  static async of(breaker: BreakerOptions = {}, options: FluxgatePrometheusOptions = {}): Promise<Stage> {
    const stage = new Stage();
    stage.breakers.create('payments', breaker);
    await stage.bind(options);
    return stage;
  }

  get breaker(): Breaker {
    return this.breakers.get('payments');
  }

  bind(options: FluxgatePrometheusOptions = {}): Promise<() => void> {
    return bindPrometheus(this.breakers, { registry: this.registry, ...options });
  }

  good(times = 1, durationMs = 0): void {
    for (let i = 0; i < times; i++) {
      const ticket = this.breaker.acquire();
      this.clock.advance(durationMs);
      ticket.succeed();
    }
  }

  bad(times = 1): void {
    for (let i = 0; i < times; i++) this.breaker.acquire().fail(new Error('down'));
  }

  /** A call that is not let in. */
  turnedAway(): void {
    try {
      this.breaker.acquire();
    } catch {
      return;
    }
    throw new Error('It was let in.');
  }

  value(name: string, labels: Labels = {}): Promise<number | undefined> {
    return valueOf(this.registry, name, labels);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
