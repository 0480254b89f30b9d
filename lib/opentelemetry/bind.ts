import { FluxgateConfigError, mustBe, takenData, takenRecord, type BreakerRegistry } from '../core/index.js';
import { meterBreakers } from './meters.js';
import { SCOPE } from './names.js';
import { KEYS, openTelemetryProblems, type FluxgateOpenTelemetryOptions } from './options.js';
import { loadOpenTelemetry, type OpenTelemetryApi } from './peer.js';
import { tellSpans } from './span-events.js';

/**
 * Tells the breakers of a registry to OpenTelemetry: metrics, and events on the caller's active span.
 *
 * Start the SDK first, as it wants for all instrumentation: what is not there when this runs is not told, and
 * costs nothing. In a Nest app import `FluxgateOpenTelemetryModule`.
 *
 * @returns stops it.
 * @throws FluxgateConfigError (the promise rejects) when an option is wrong, or `@opentelemetry/api` is not
 * installed.
 * @example
 * ```ts
 * import { BreakerRegistry } from 'nestjs-fluxgate';
 * import { bindOpenTelemetry } from 'nestjs-fluxgate/opentelemetry';
 *
 * const breakers = new BreakerRegistry();
 * breakers.create('payments');
 * const unbind = await bindOpenTelemetry(breakers, { attributes: { 'service.part': 'checkout' } });
 * unbind();
 * ```
 */
export function bindOpenTelemetry(
  breakers: BreakerRegistry,
  options: FluxgateOpenTelemetryOptions = {},
): Promise<() => void> {
  return bindFor('bindOpenTelemetry', breakers, options);
}

/** The same; `where` is who speaks in errors. */
export async function bindFor(
  where: string,
  breakers: BreakerRegistry,
  given: FluxgateOpenTelemetryOptions,
): Promise<() => void> {
  const options = takenRecord(given, takenData, KEYS);
  const problems = openTelemetryProblems(options);
  if (typeof (Object(breakers) as Partial<BreakerRegistry>).watch !== 'function') {
    problems.push(mustBe('breakers', 'a BreakerRegistry', breakers));
  }
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
  const api = await loadOpenTelemetry();
  const { metrics = true, spanEvents = true, meterProvider = api.metrics } = options;
  const attributes = { ...options.attributes };
  const stops: (() => void)[] = [];
  const meter = meterProvider.getMeter(SCOPE);
  const view = { attributes, showKeysOf: new Set(options.showKeysOf) };
  if (metrics && meter !== api.createNoopMeter()) stops.push(meterBreakers(meter, breakers, view));
  if (spanEvents && isTracing(api)) stops.push(tellSpans(api.trace, breakers, attributes));
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}

/** Until an SDK has registered, the global provider is the API's own stand-in, with nobody behind it. */
function isTracing({ trace }: OpenTelemetryApi): boolean {
  const provider = trace.getTracerProvider() as { getDelegateTracer?(name: string): unknown };
  return provider.getDelegateTracer === undefined || provider.getDelegateTracer(SCOPE) !== undefined;
}
