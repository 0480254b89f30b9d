import { showError, warnOnce } from '../core/index.js';
import { DurationHistogram, type Durations, type Labels } from './durations.js';
import { KEY_LABEL, METRICS, type MetricDefinition } from './metrics.js';
import type { PromClient } from './peer.js';
import type { Handles } from './series.js';
import { Tenant } from './tenant.js';

/** What two bindings must agree on to share metrics. */
export interface Shape {
  readonly prefix: string;
  readonly labelNames: readonly string[];
  readonly buckets: readonly number[];
}

/** The metrics of one prom-client registry and prefix, shared by all that are bound there. */
export class MetricSet {
  readonly handles: Handles;
  private readonly tenants = new Map<string, Tenant>();
  private isFresh = false;

  /** Makes the metrics; nothing is registered yet. */
  constructor(
    private readonly prom: PromClient,
    readonly shape: Shape,
  ) {
    const all = Object.keys(METRICS) as (keyof typeof METRICS)[];
    this.handles = Object.fromEntries(all.map((key) => [key, this.make(METRICS[key])])) as unknown as Handles;
  }

  get isEmpty(): boolean {
    return this.tenants.size === 0;
  }

  join(labels: Labels): Tenant {
    const key = tenantKey(labels);
    const tenant = this.tenants.get(key) ?? new Tenant(labels, this.shape.buckets, this.handles);
    this.tenants.set(key, tenant);
    tenant.bindings++;
    return tenant;
  }

  leave(labels: Labels): void {
    const key = tenantKey(labels);
    const tenant = this.tenants.get(key)!;
    if (--tenant.bindings > 0) return;
    tenant.end();
    this.tenants.delete(key);
  }

  /**
   * Brings all metrics up to date. A registry reads its metrics in one tick: the first of them does it for all, so
   * that they show the same instant. Never throws: that would fail the whole scrape, other people's metrics included.
   */
  private refresh(isFirst: boolean): void {
    if (this.isFresh && !isFirst) return;
    this.isFresh = true;
    queueMicrotask(() => {
      this.isFresh = false;
    });
    for (const tenant of this.tenants.values()) {
      try {
        tenant.write();
      } catch (error) {
        warnOnce(
          'FLUXGATE_PROMETHEUS',
          '',
          `metrics of a breaker could not be read (told once): ${showError(error, tenant.redact)}`,
        );
      }
    }
  }

  private make(definition: MetricDefinition): object {
    const { type, help, aggregator } = definition;
    const name = this.shape.prefix + definition.name;
    // What prom-client lets pass: no series has the key unless a binding asks for it.
    const labelNames = [...definition.labels, KEY_LABEL, ...this.shape.labelNames];
    const collect = (): void => this.refresh(definition === METRICS.state);
    if (type === 'histogram') {
      const series = (): Iterable<Durations> => this.durations();
      return new DurationHistogram(name, definition, labelNames, this.shape.buckets, series, collect);
    }
    const Metric = type === 'gauge' ? this.prom.Gauge : this.prom.Counter;
    const metric = new Metric({ name, help, aggregator, labelNames, registers: [], collect });
    const reset = metric.reset.bind(metric);
    // What the metric has not been told of yet is over with a reset too.
    return Object.assign(metric, { reset: () => (this.refresh(true), reset()) });
  }

  private *durations(): Iterable<Durations> {
    for (const tenant of this.tenants.values()) yield* tenant.durations();
  }
}

const tenantKey = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
