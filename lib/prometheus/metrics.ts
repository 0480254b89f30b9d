/** One metric as it is exported; every name begins with `fluxgate_`. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** How node:cluster puts the workers' values together. */
  readonly aggregator: 'sum' | 'average';
}

/** What is exported. State and ratios are read when they are scraped; the rest is counted. */
export const METRICS = {
  state: {
    name: 'fluxgate_state',
    type: 'gauge',
    help: '1 for the state the circuit is in, 0 for the others; in a cluster, how many workers are in it.',
    labels: ['breaker', 'state'],
    aggregator: 'sum',
  },
  calls: {
    name: 'fluxgate_calls_total',
    type: 'counter',
    help: 'Calls that were let in and have ended.',
    labels: ['breaker', 'outcome'],
    aggregator: 'sum',
  },
  duration: {
    name: 'fluxgate_call_duration_seconds',
    type: 'histogram',
    help: 'How long calls took that were let in and have ended.',
    labels: ['breaker', 'outcome'],
    aggregator: 'sum',
  },
  rejected: {
    name: 'fluxgate_rejected_total',
    type: 'counter',
    help: 'Calls that were not let in.',
    labels: ['breaker', 'reason'],
    aggregator: 'sum',
  },
  transitions: {
    name: 'fluxgate_transitions_total',
    type: 'counter',
    help: 'Moves of the circuit from one state to another.',
    labels: ['breaker', 'from', 'to', 'cause'],
    aggregator: 'sum',
  },
  failureRatio: {
    name: 'fluxgate_failure_ratio',
    type: 'gauge',
    help: 'Share of the remembered calls that failed, 0 to 1; 0 while none is remembered.',
    labels: ['breaker'],
    aggregator: 'average',
  },
  slowRatio: {
    name: 'fluxgate_slow_ratio',
    type: 'gauge',
    help: 'Share of the remembered calls that took at least the threshold of a rule, 0 to 1.',
    labels: ['breaker', 'threshold_seconds'],
    aggregator: 'average',
  },
  wouldTrip: {
    name: 'fluxgate_would_trip_total',
    type: 'counter',
    help: 'How often the circuit would have opened while it was metrics_only.',
    labels: ['breaker'],
    aggregator: 'sum',
  },
  openSeconds: {
    name: 'fluxgate_open_seconds_total',
    type: 'counter',
    help: 'Time spent open or forced open.',
    labels: ['breaker'],
    aggregator: 'sum',
  },
  probes: {
    name: 'fluxgate_probes_inflight',
    type: 'gauge',
    help: 'Probes in flight while half-open.',
    labels: ['breaker'],
    aggregator: 'sum',
  },
  breakers: {
    name: 'fluxgate_breakers',
    type: 'gauge',
    help: 'How many circuit breakers there are.',
    labels: [],
    aggregator: 'sum',
  },
  keys: {
    name: 'fluxgate_keys',
    type: 'gauge',
    help: 'How many keys of a group have a circuit breaker.',
    labels: ['breaker'],
    aggregator: 'sum',
  },
  creations: {
    name: 'fluxgate_creations_total',
    type: 'counter',
    help: 'Circuit breakers that were made for keys of a group.',
    labels: ['breaker'],
    aggregator: 'sum',
  },
  evictions: {
    name: 'fluxgate_evictions_total',
    type: 'counter',
    help: 'Circuit breakers of keys that were dropped: idle, or to make room.',
    labels: ['breaker'],
    aggregator: 'sum',
  },
  overflows: {
    name: 'fluxgate_overflows_total',
    type: 'counter',
    help: 'How often a new key found no room in its group.',
    labels: ['breaker'],
    aggregator: 'sum',
  },
  badKeys: {
    name: 'fluxgate_bad_keys_total',
    type: 'counter',
    help: 'How often what was given as a key was none.',
    labels: ['breaker'],
    aggregator: 'sum',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** What breakers per key carry as well, where that was asked for. */
export const KEY_LABEL = 'key';
