import type { Attributes } from '@opentelemetry/api';

import type { CallSignal } from '../core/index.js';

/** The instrumentation's name, as meters are asked for. */
export const SCOPE = 'nestjs-fluxgate';

/** Metrics. A status is an UpDownCounter, by the convention for status metrics: its sum counts breakers per state. */
export const METRIC = {
  status: 'fluxgate.circuit_breaker.status',
  duration: 'fluxgate.circuit_breaker.call.duration',
  rejections: 'fluxgate.circuit_breaker.rejections',
  transitions: 'fluxgate.circuit_breaker.transitions',
  wouldTrip: 'fluxgate.circuit_breaker.would_trip',
  keys: 'fluxgate.circuit_breaker.keys',
  creations: 'fluxgate.circuit_breaker.creations',
  evictions: 'fluxgate.circuit_breaker.evictions',
  overflows: 'fluxgate.circuit_breaker.overflows',
  badKeys: 'fluxgate.circuit_breaker.bad_keys',
} as const;

/**
 * Attributes. The first two are those of the proposed convention for circuit breakers; it has none for the rest.
 */
export const ATTRIBUTE = {
  name: 'circuitbreaker.name',
  state: 'circuitbreaker.state',
  /** On events of spans; on metrics only where it was asked for, as there is no end of keys. */
  key: 'fluxgate.key',
  outcome: 'fluxgate.outcome',
  reason: 'fluxgate.reason',
  from: 'fluxgate.from',
  to: 'fluxgate.to',
  cause: 'fluxgate.cause',
  rule: 'fluxgate.rule',
  retryAfterMs: 'fluxgate.retry_after_ms',
} as const;

/** Events on spans. */
export const EVENT = {
  transition: 'circuit_breaker.transition',
  rejected: 'circuit_breaker.rejected',
  fallback: 'circuit_breaker.fallback',
} as const;

/** How a call ended, as the metrics have it. */
export const outcomeOf = ({ isCancelled, outcome }: CallSignal): string =>
  isCancelled ? 'cancelled' : outcome;

/** What tells sets of attributes apart, in whatever order they were given. */
export const idOf = (attributes: Attributes): string =>
  JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
