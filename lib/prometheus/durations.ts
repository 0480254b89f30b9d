import type { Registry } from 'prom-client';

import type { MetricDefinition } from './metrics.js';

export type Labels = Readonly<Record<string, string>>;

/** More than this OpenMetrics does not take. */
const MAX_EXEMPLAR_LENGTH = 128;

interface Exemplar {
  readonly labelSet: Labels;
  readonly value: number;
  readonly timestamp: number;
}

/**
 * How long the calls of one outcome took. Plain numbers: it is written in every call, read once a scrape.
 */
export class Durations {
  /** Calls that the counter of calls has not been told of yet. */
  untoldCalls = 0;
  sum = 0;
  /** Calls by bucket; the last one is for those above all bounds. */
  readonly counts: Float64Array;
  readonly exemplars: (Exemplar | undefined)[] = [];

  constructor(
    readonly labels: Labels,
    private readonly bounds: readonly number[],
  ) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** @returns the bucket it fell into. */
  observe(seconds: number): number {
    const { bounds } = this;
    // A clock gone astray gives NaN or less than nothing; one such value would spoil the sum for ever.
    const value = seconds > 0 && seconds < Infinity ? seconds : 0;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += value;
    this.untoldCalls++;
    return bucket;
  }

  /** Shows a trace beside a bucket. */
  mark(bucket: number, value: number, labelSet: Labels, at: number): void {
    if (Object.entries(labelSet).flat().join('').length > MAX_EXEMPLAR_LENGTH) return;
    this.exemplars[bucket] = { labelSet, value, timestamp: at / 1000 };
  }

  clear(): void {
    this.sum = 0;
    this.counts.fill(0);
    this.exemplars.length = 0;
  }
}

interface Value {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly exemplar?: Exemplar;
}

/**
 * The histogram as prom-client's registry takes it.
 *
 * Not a `Histogram` of prom-client: that one builds and hashes its labels in every observation, which costs
 * more than the rest of a call.
 */
export class DurationHistogram {
  readonly type = 'histogram';
  readonly help: string;
  readonly aggregator: string;

  constructor(
    readonly name: string,
    { help, aggregator }: MetricDefinition,
    readonly labelNames: readonly string[],
    readonly upperBounds: readonly number[],
    private readonly series: () => Iterable<Durations>,
    private readonly collect: () => void,
  ) {
    this.help = help;
    this.aggregator = aggregator;
  }

  // async, as prom-client has it: whoever reads a metric waits for it.
  async get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    this.collect();
    return { name, help, type, aggregator, values: [...this.series()].flatMap((one) => this.valuesOf(one)) };
  }

  reset(): void {
    for (const one of this.series()) one.clear();
  }

  private valuesOf({ labels, counts, sum, exemplars }: Durations): Value[] {
    const metricName = `${this.name}_bucket`;
    let count = 0;
    const buckets = [...this.upperBounds, '+Inf'].map((le, bucket) => {
      count += counts[bucket]!;
      const exemplar = exemplars[bucket];
      return {
        metricName,
        labels: { le, ...labels },
        value: count,
        ...(exemplar === undefined ? {} : { exemplar }),
      };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}

/** A metric of prom-client, or what stands in for one. */
export const asMetric = (metric: object): Parameters<Registry['registerMetric']>[0] =>
  metric as Parameters<Registry['registerMetric']>[0];
