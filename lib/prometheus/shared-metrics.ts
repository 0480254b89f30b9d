import { FluxgateConfigError, oneLine } from '../core/index.js';
import { asMetric, type Labels } from './durations.js';
import { MetricSet, type Shape } from './metric-set.js';
import { METRICS } from './metrics.js';
import type { PromRegistry } from './options.js';
import type { PromClient } from './peer.js';
import type { Tenant } from './tenant.js';

/** The metrics that this adapter has put into a registry, by prefix. */
const SETS = new WeakMap<PromRegistry, Map<string, MetricSet>>();

/** A place among the metrics of a registry. */
export interface Place {
  readonly tenant: Tenant;
  /** Gives it up; with the last one the metrics leave the registry. */
  leave(): void;
}

/**
 * The metrics of that registry and prefix: those that are there already, or new ones.
 *
 * @throws FluxgateConfigError when a name is taken by something else, or the metrics that are there have other
 * labels or buckets. Nothing is registered then.
 */
export function takePlace(
  where: string,
  prom: PromClient,
  registry: PromRegistry,
  shape: Shape,
  labels: Labels,
): Place {
  const sets = SETS.get(registry) ?? new Map<string, MetricSet>();
  const known = inUse(sets.get(shape.prefix), registry, shape);
  const set = known ?? new MetricSet(prom, shape);
  const metrics = Object.values(set.handles).map(asMetric);
  // By the key it is registered with: an OpenMetrics registry cuts `_total` off the metric's own name.
  const names = Object.values(METRICS).map(({ name }) => shape.prefix + name);
  const problems = known === undefined ? [] : shapeProblems(known.shape, shape);
  names.forEach((name, i) => {
    const there = registry.getSingleMetric(name);
    if (there !== undefined && there !== metrics[i]) problems.push(takenText(name, there));
  });
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);

  // A registry that was cleared gets them again.
  names.forEach((name, i) => {
    if (registry.getSingleMetric(name) === undefined) registry.registerMetric(metrics[i]!);
  });
  SETS.set(registry, sets.set(shape.prefix, set));
  return {
    tenant: set.join(labels),
    leave: () => {
      set.leave(labels);
      if (!set.isEmpty) return;
      if (sets.get(shape.prefix) === set) sets.delete(shape.prefix);
      names.forEach((name, i) => {
        if (registry.getSingleMetric(name) === metrics[i]) registry.removeSingleMetric(name);
      });
    },
  };
}

/** The metrics that are there already. Those that were cleared away with the registry bind nobody to their shape. */
function inUse(set: MetricSet | undefined, registry: PromRegistry, shape: Shape): MetricSet | undefined {
  if (set === undefined || shapeProblems(set.shape, shape).length === 0) return set;
  const there = Object.values(METRICS).map(({ name }) => registry.getSingleMetric(shape.prefix + name));
  return Object.values(set.handles).some((metric) => there.includes(asMetric(metric))) ? set : undefined;
}

function shapeProblems(there: Shape, wanted: Shape): string[] {
  const problems: string[] = [];
  const compare = (what: string, has: string, got: string): void => {
    if (has === got) return;
    problems.push(
      `${what}: the metrics ${there.prefix}fluxgate_… are in this registry already with the ${what} (${has}), got (${got}). ` +
        'Give the same, another prefix or another registry.',
    );
  };
  compare('labels', there.labelNames.join(', '), wanted.labelNames.join(', '));
  compare('buckets', there.buckets.join(', '), wanted.buckets.join(', '));
  return problems;
}

function takenText(name: string, metric: object): string {
  const { type, labelNames } = metric as { readonly type?: unknown; readonly labelNames?: unknown };
  const labels = Array.isArray(labelNames) ? labelNames.join(', ') : '';
  return (
    `the name ${oneLine(name)} is taken in this registry, by a ${oneLine(String(type))} with the labels (${oneLine(labels)}) ` +
    'that is not from here. Give another prefix or another registry, or rename that metric.'
  );
}
