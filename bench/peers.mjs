// The peers, each with the rule nearest to our default: 50 % of at least 100 calls, then 60 s closed to all.
// What they do beyond it by default, and we do not, is switched off, so that they look as good as they can.
import { createRequire } from 'node:module';

import {
  circuitBreaker,
  ConsecutiveBreaker,
  CountBreaker,
  handleAll,
  SamplingBreaker,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import CircuitBreaker from 'opossum';

const { ResilienceCommand, CircuitBreakerStrategy } = createRequire(import.meta.url)('nestjs-resilience');

/** Their names in the tables. */
export const PEERS = [
  'opossum',
  'cockatiel count',
  'cockatiel sampling',
  'cockatiel consecutive',
  'nestjs-resilience',
];

const RESET_MS = 60_000;
const made = [];

/** Counts in 10 buckets of 1 s, its default. Without its call timer, latency percentiles and snapshot events. */
export function opossum(work, options = {}) {
  const breaker = new CircuitBreaker(work, {
    timeout: false,
    errorThresholdPercentage: 50,
    volumeThreshold: 100,
    resetTimeout: RESET_MS,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    ...options,
  });
  made.push(breaker);
  return breaker;
}

const BREAKERS = {
  count: (threshold) => new CountBreaker({ threshold, size: 100, minimumNumberOfCalls: 100 }),
  sampling: (threshold) => new SamplingBreaker({ threshold, duration: 10_000, minimumRps: 10 }),
  consecutive: (threshold) => new ConsecutiveBreaker(threshold === NEVER ? 1e9 : 5),
};

/** A share of failures that no window reaches. */
export const NEVER = 0.999_999;

/** `kind`: count, sampling or consecutive. */
export const cockatiel = (kind, threshold = 0.5) =>
  circuitBreaker(handleAll, { halfOpenAfter: RESET_MS, breaker: BREAKERS[kind](threshold) });

/** Its sampling breaker around its timeout. */
export const cockatielWithTimeout = (timeoutMs) =>
  wrap(cockatiel('sampling'), timeout(timeoutMs, TimeoutStrategy.Aggressive));

/** A command with the strategy of its circuit breaker alone. */
export function resilience(work, options = {}) {
  class Command extends ResilienceCommand {
    run() {
      return work();
    }
  }
  const strategy = new CircuitBreakerStrategy({
    requestVolumeThreshold: 100,
    errorThresholdPercentage: 50,
    sleepWindowInMilliseconds: RESET_MS,
    rollingWindowInMilliseconds: 10_000,
    ...options,
  });
  return new Command([strategy]);
}

/** Ends the timers that opossum leaves running. */
export function shutDown() {
  for (const breaker of made) breaker.shutdown();
}
