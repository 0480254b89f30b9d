import type { OnApplicationBootstrap } from '@nestjs/common';
import type { HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';

import {
  FluxgateConfigError,
  type BreakerRegistry,
  type BreakerSnapshot,
  type BreakerState,
  type KeyedSnapshot,
} from '../core/index.js';
import {
  groupNames,
  healthProblems,
  nameProblems,
  takenHealth,
  type FluxgateHealthOptions,
} from './options.js';

/** What a health endpoint shows of a breaker. No text of errors or operators: such endpoints are often public. */
export interface BreakerHealth {
  readonly state: BreakerState;
  /** Since when, epoch ms. */
  readonly changedAt: number;
  /** Until a probe is allowed; `null` when it is not a matter of time. */
  readonly retryAfterMs: number | null;
  /** Of the remembered calls, 0–1. */
  readonly failureRate: number;
  /** How many calls are remembered. */
  readonly totalCount: number;
}

/** What it shows of breakers per key. No key: such endpoints are often public. */
export interface KeyedHealth {
  /** How many keys have a breaker now. */
  readonly size: number;
  /** How many of the breakers are in each state. */
  readonly states: Readonly<Record<BreakerState, number>>;
}

/** The details of the answer. */
export interface FluxgateHealth extends Record<string, unknown> {
  /** By name. */
  readonly breakers: Readonly<Record<string, BreakerHealth>>;
  /** Those that there are per key, by the name of their group; absent when there are none. They never make it *down*. */
  readonly groups?: Readonly<Record<string, KeyedHealth>>;
  /** The names of those that make the answer *down*. */
  readonly failing: readonly string[];
}

/**
 * Is the app fit to serve, as far as its circuit breakers know? *Up*, with details, unless told otherwise.
 *
 * For **readiness, never liveness**: an open breaker is the app in good health, looking after an ill dependency.
 * A restart would cure nothing, and all pods would restart at once.
 *
 * @example
 * ```ts
 * import { HealthIndicatorService } from '@nestjs/terminus';
 * import { BreakerRegistry } from 'nestjs-fluxgate';
 * import { FluxgateHealthIndicator } from 'nestjs-fluxgate/terminus';
 *
 * const indicator = new FluxgateHealthIndicator(new BreakerRegistry(), new HealthIndicatorService());
 * indicator.check('circuit_breakers'); // { circuit_breakers: { status: 'up', breakers: {}, failing: [] } }
 * ```
 */
export class FluxgateHealthIndicator implements OnApplicationBootstrap {
  /** Names of options that a breaker had once: one that is removed while the app runs must fail no probe. */
  private readonly met = new Set<string>();
  private readonly options: FluxgateHealthOptions;

  /**
   * @param options what `check` goes by when it is given none.
   * @throws FluxgateConfigError with everything that is wrong with the options.
   */
  constructor(
    private readonly registry: BreakerRegistry,
    private readonly indicators: HealthIndicatorService,
    options: FluxgateHealthOptions = {},
  ) {
    this.options = takenHealth(options);
    const problems = healthProblems(this.options);
    if (problems.length > 0) throw new FluxgateConfigError('FluxgateHealthIndicator', problems);
  }

  /** Called by Nest: a name in the options that no breaker has would be a check that never fails. */
  onApplicationBootstrap(): void {
    const problems = nameProblems(this.options, this.registry, this.met);
    if (problems.length > 0) throw new FluxgateConfigError('FluxgateTerminusModule.forRoot', problems);
  }

  /**
   * The answer for a `HealthCheckService`.
   *
   * An open circuit makes it *down* only where `failOn` says so, and only until its wait is over: then the next
   * call is let in as a probe, and for that the app has to get calls.
   *
   * @param key the name in the answer.
   * @param options instead of those of the module: a second endpoint may look at others.
   * @throws FluxgateConfigError when an option is wrong, or names a breaker that never was there; one that was removed
   * is left out.
   */
  check<const Key extends string = 'circuit_breakers'>(
    key: Key = 'circuit_breakers' as Key,
    options: FluxgateHealthOptions = this.options,
  ): HealthIndicatorResult<Key, 'up' | 'down', FluxgateHealth> {
    const problems = healthProblems(options);
    if (problems.length === 0) problems.push(...nameProblems(options, this.registry, this.met));
    if (problems.length > 0) throw new FluxgateConfigError('FluxgateHealthIndicator.check', problems);
    const { only = [...this.registry.names(), ...groupNames(this.registry)], breakers = {} } = options;
    const names = [...new Set(only)];
    const snapshots = names.flatMap((name) => this.registry.find(name)?.snapshot() ?? []);
    const groups = names.flatMap((name) => this.registry.findKeyed(name)?.snapshot() ?? []);
    const failing = snapshots
      .filter((one) => isFailing(one, breakers[one.name]?.failOn))
      .map(({ name }) => name);
    // Under a key of their own: a breaker may be called "status", which terminus keeps for itself.
    const details = {
      breakers: Object.fromEntries(snapshots.map((one) => [one.name, healthOf(one)])),
      ...(groups.length === 0 ? {} : { groups: Object.fromEntries(groups.map(keyedHealthOf)) }),
      failing,
    };
    const answer = this.indicators.check(key);
    return failing.length > 0 ? answer.down(details) : answer.up(details);
  }
}

/** An open circuit whose wait is over waits for a call: without traffic it would stay open for ever. */
function isFailing({ state, retryAfterMs }: BreakerSnapshot, failOn: readonly BreakerState[] = []): boolean {
  return failOn.includes(state) && retryAfterMs !== 0;
}

function healthOf({ state, changedAt, retryAfterMs, metric }: BreakerSnapshot): BreakerHealth {
  const { failureRate, totalCount } = metric;
  return { state, changedAt, retryAfterMs, failureRate, totalCount };
}

const keyedHealthOf = ({ group, size, states }: KeyedSnapshot): [string, KeyedHealth] => [
  group,
  { size, states },
];
