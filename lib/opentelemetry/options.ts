import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { Attributes, MeterProvider } from '@opentelemetry/api';

import { mustBe, unknownKeys } from '../core/index.js';
import { groupNamesProblems } from '../nest/index.js';

/** What is told, and to whom. */
export interface FluxgateOpenTelemetryOptions {
  /** Who makes the metrics. Default: the global one, which an SDK sets when it starts. */
  readonly meterProvider?: MeterProvider;
  /** Tell metrics. Default true. */
  readonly metrics?: boolean;
  /** Put events on the caller's active span. Default true. */
  readonly spanEvents?: boolean;
  /** Attributes that every metric and event carries. Default: none. */
  readonly attributes?: Attributes;
  /**
   * The groups of breakers per key whose metrics carry the key, as the attribute `fluxgate.key`: `['gateway']`.
   * Default: none; a group is added up.
   *
   * **An SDK forgets no attribute set**: a key whose breaker was dropped keeps its series, up to the SDK's cardinality
   * limit (2000 a metric), and what comes later is counted as overflow. Ask for it where keys are few and known.
   */
  readonly showKeysOf?: readonly string[];
}

/** The same, made by a function that may await or inject. */
export interface FluxgateOpenTelemetryAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (
    ...args: never[]
  ) => FluxgateOpenTelemetryOptions | Promise<FluxgateOpenTelemetryOptions>;
}

export const KEYS = ['meterProvider', 'metrics', 'spanEvents', 'attributes', 'showKeysOf'];

/** Everything that is wrong with the options. */
export function openTelemetryProblems(options: FluxgateOpenTelemetryOptions): string[] {
  const problems = unknownKeys(options, KEYS, 'options');
  const given = Object(options) as FluxgateOpenTelemetryOptions;
  const { meterProvider, attributes, showKeysOf } = given;
  const { getMeter } = Object(meterProvider) as Partial<MeterProvider>;
  if (meterProvider !== undefined && typeof getMeter !== 'function') {
    problems.push(mustBe('meterProvider', 'a MeterProvider of OpenTelemetry', meterProvider));
  }
  for (const key of ['metrics', 'spanEvents'] as const) {
    const value = given[key];
    if (value !== undefined && typeof value !== 'boolean') problems.push(mustBe(key, 'true or false', value));
  }
  const isObject = typeof attributes === 'object' && attributes !== null && !Array.isArray(attributes);
  if (attributes !== undefined && !isObject) {
    problems.push(mustBe('attributes', 'an object of values by attribute name', attributes));
  }
  problems.push(...groupNamesProblems('showKeysOf', showKeysOf));
  return problems;
}
