import { Module, type DynamicModule } from '@nestjs/common';

import {
  BreakerRegistry,
  FluxgateConfigError,
  mustBe,
  unknownKeys,
  type Breaker,
  type ForceOpenOptions,
  type KeyedBreakers,
} from '../core/index.js';
import { CREATES_UNKNOWN, FluxgateModule, type FluxgateModuleOptions } from '../nest/index.js';
import { ManualClock } from './manual-clock.js';
import { RecordingListener } from './recording-listener.js';
import { seededRandom } from './seeded-random.js';

/** What `FluxgateTestingModule.forRoot` takes. */
export interface FluxgateTestingOptions extends Omit<FluxgateModuleOptions, 'clock' | 'random' | 'logger'> {
  /** Default: a new one; get it from the kit. */
  readonly clock?: ManualClock;
  /** Seed of jitter and permits. Default 1. */
  readonly seed?: number;
  /**
   * What breakers do. `'permit'` (default): they record and judge but let every call through (metrics_only),
   * so that a unit test of a service needs no thought of them. `'real'`: as in production.
   */
  readonly mode?: 'permit' | 'real';
}

/**
 * What a test holds: time, signals and the breakers. Get it from the module:
 * `moduleRef.get(FluxgateTestKit)`.
 */
export class FluxgateTestKit {
  /** Everything that every breaker told, in order. */
  readonly signals = new RecordingListener();

  constructor(
    readonly clock: ManualClock,
    readonly registry: BreakerRegistry,
  ) {
    registry.subscribe(this.signals);
  }

  /** The breaker of that name; as everywhere in this module, asking for one makes it. */
  breaker(name: string): Breaker {
    // One breaker per key: `get` says what to use instead.
    if (this.registry.findKeyed(name) !== undefined) return this.registry.get(name);
    return this.registry.find(name) ?? this.registry.create(name);
  }

  /** The breakers of that name, one per key; asking for them makes them, too. */
  keyed(name: string): KeyedBreakers {
    // A breaker without keys: `keyed` says what to use instead.
    if (this.registry.find(name) !== undefined) return this.registry.keyed(name);
    return this.registry.findKeyed(name) ?? this.registry.createKeyed(name, { keys: {} });
  }

  // Of breakers per key these reach the ones that are there: a key that comes later gets one as it is made.

  /** Lets every call through and records it, for one breaker or all. */
  alwaysPermit(name?: string): void {
    for (const breaker of this.chosen(name)) breaker.metricsOnly();
  }

  /** Rejects every call, for one breaker or all. */
  forceOpen(name?: string, options?: ForceOpenOptions): void {
    for (const breaker of this.chosen(name)) breaker.forceOpen(options);
  }

  /** Closed and empty again, one breaker or all. */
  reset(name?: string): void {
    for (const breaker of this.chosen(name)) breaker.reset();
  }

  private chosen(name: string | undefined): Breaker[] {
    if (name === undefined) return this.registry.all();
    return this.registry.findKeyed(name)?.breakers() ?? [this.breaker(name)];
  }
}

/**
 * `FluxgateModule` for tests: manual clock, seeded random, no log, and a breaker for every name that
 * anything asks for.
 *
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Injectable } from '@nestjs/common';
 * import { Test } from '@nestjs/testing';
 * import { CircuitBreaker } from 'nestjs-fluxgate';
 * import { FluxgateTestingModule, FluxgateTestKit } from 'nestjs-fluxgate/testing';
 *
 * @Injectable()
 * class Payments {
 *   @CircuitBreaker('payments', { fallback: () => 'unknown' })
 *   async status(): Promise<string> {
 *     return 'paid';
 *   }
 * }
 *
 * const app = await Test.createTestingModule({
 *   imports: [FluxgateTestingModule.forRoot()],
 *   providers: [Payments],
 * }).compile();
 * await app.init();
 * assert.equal(await app.get(Payments).status(), 'paid');
 * app.get(FluxgateTestKit).forceOpen('payments');
 * assert.equal(await app.get(Payments).status(), 'unknown');
 * await app.close();
 * ```
 */
@Module({})
export class FluxgateTestingModule {
  static forRoot(options: FluxgateTestingOptions = {}): DynamicModule {
    const { clock = new ManualClock(), seed = 1, mode = 'permit', ...rest } = checked(options);
    const initialState = mode === 'permit' ? 'metrics_only' : 'closed';
    const root = FluxgateModule.forRoot({
      ...rest,
      defaults: { initialState, ...rest.defaults },
      clock,
      random: seededRandom(seed),
      logger: false,
      [CREATES_UNKNOWN]: true,
    });
    return {
      module: FluxgateTestingModule,
      global: true,
      imports: [root],
      providers: [
        {
          provide: FluxgateTestKit,
          inject: [BreakerRegistry],
          useFactory: (registry: BreakerRegistry) => new FluxgateTestKit(clock, registry),
        },
      ],
      exports: [FluxgateTestKit],
    };
  }
}

const KEYS = ['clock', 'seed', 'mode', 'defaults', 'breakers', 'listeners', 'retryAfterHeader', 'redact'];

/** What is handed on to `FluxgateModule.forRoot` is checked there. */
function checked(options: FluxgateTestingOptions): FluxgateTestingOptions {
  const problems = unknownKeys(options, KEYS, 'options');
  const { clock, seed, mode, defaults = {} } = Object(options) as FluxgateTestingOptions;
  if (typeof defaults !== 'object' || defaults === null) {
    problems.push(mustBe('defaults', 'an options object', defaults));
  }
  if (clock !== undefined && !(clock instanceof ManualClock)) {
    problems.push(mustBe('clock', 'a ManualClock', clock));
  }
  if (seed !== undefined && !Number.isFinite(seed)) problems.push(mustBe('seed', 'a finite number', seed));
  if (mode !== undefined && mode !== 'permit' && mode !== 'real') {
    problems.push(mustBe('mode', "'permit' or 'real'", mode));
  }
  if (problems.length > 0) throw new FluxgateConfigError('FluxgateTestingModule.forRoot', problems);
  return options;
}
