import { FluxgateConfigError, mustBe, takenData, takenRecord, type BreakerRegistry } from '../core/index.js';
import { groupSharing } from '../nest/index.js';
import { DEFAULT_BUCKETS, KEYS, prometheusProblems, type FluxgatePrometheusOptions } from './options.js';
import { loadPromClient } from './peer.js';
import { takePlace } from './shared-metrics.js';
import type { View } from './tenant.js';

/**
 * Shows the breakers of a registry as Prometheus metrics: those there are, and those that come and go.
 *
 * Without Nest, or with a registry of your own; in an app import `FluxgatePrometheusModule`.
 *
 * @returns takes their series away again.
 * @throws FluxgateConfigError (the promise rejects) when an option is wrong, prom-client is not installed, or a
 * metric's name is taken in the registry. Nothing is registered then.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { BreakerRegistry } from 'nestjs-fluxgate';
 * import { bindPrometheus } from 'nestjs-fluxgate/prometheus';
 * import { register } from 'prom-client';
 *
 * const breakers = new BreakerRegistry();
 * breakers.create('payments');
 * await bindPrometheus(breakers);
 * assert.match(await register.metrics(), /fluxgate_state{breaker="payments",state="closed"} 1/);
 * ```
 */
export function bindPrometheus(
  breakers: BreakerRegistry,
  options: FluxgatePrometheusOptions = {},
): Promise<() => void> {
  return bindFor('bindPrometheus', breakers, options);
}

/** The same; `where` is who speaks in errors. */
export async function bindFor(
  where: string,
  breakers: BreakerRegistry,
  given: FluxgatePrometheusOptions,
): Promise<() => void> {
  const options = takenRecord(given, takenData, KEYS);
  const problems = prometheusProblems(options);
  if (typeof (Object(breakers) as Partial<BreakerRegistry>).watch !== 'function') {
    problems.push(mustBe('breakers', 'a BreakerRegistry', breakers));
  }
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
  const prom = await loadPromClient();
  const { registry = prom.register, prefix = '', labels = {}, buckets = DEFAULT_BUCKETS } = options;
  const shape = { prefix, labelNames: Object.keys(labels).sort(), buckets: [...buckets] };
  const { tenant, leave } = takePlace(where, prom, registry, shape, { ...labels });
  const { exemplar, showKeysOf } = options;
  const view: View = { exemplar, showKeysOf: new Set(showKeysOf), redact: breakers.redact };
  const unwatch = breakers.watch({
    onAdded: (breaker) => tenant.add(breaker, view, groupSharing(breaker, breakers)),
    onRemoved: (breaker) => tenant.remove(breaker),
  });
  let isBound = true;
  return () => {
    if (!isBound) return;
    isBound = false;
    unwatch();
    for (const breaker of breakers.all()) tenant.remove(breaker);
    leave();
  };
}
