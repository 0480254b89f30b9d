import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { OpenMetricsContentType, Registry } from 'prom-client';

import { mustBe, unknownKeys } from '../core/index.js';
import { groupNamesProblems } from '../nest/index.js';
import { KEY_LABEL, METRICS } from './metrics.js';

/** A registry of prom-client, in either of its two formats. */
export type PromRegistry = Registry | Registry<OpenMetricsContentType>;

/** Where the metrics go and what they look like. */
export interface FluxgatePrometheusOptions {
  /** Where they are registered. Default: prom-client's global `register`. */
  readonly registry?: PromRegistry;
  /** Put before every name: `shop_` makes `shop_fluxgate_state`. Default: nothing. */
  readonly prefix?: string;
  /** Labels that every series carries, such as `{ service: 'shop' }`. Default: none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Upper bounds of the duration histogram, in **seconds**, rising. Default: 0.005 to 10, those of prom-client. */
  readonly buckets?: readonly number[];
  /**
   * Asked after every call: labels of a trace to show beside the duration, such as
   * `{ trace_id: '…' }`. They appear in a registry of the OpenMetrics format only. Default: none.
   */
  readonly exemplar?: () => Readonly<Record<string, string>> | undefined;
  /**
   * The groups of breakers per key whose keys are shown, as the label `key`: `['gateway']`. Default: none; a group is
   * added up.
   *
   * **Each key is some 110 series**, so a group of `keys: { max: 1000 }` may have 110 000. Ask for it where keys are few
   * and known, such as hosts, never where a client chooses them. The series of a key go when its breaker is dropped.
   */
  readonly showKeysOf?: readonly string[];
}

/** The same, made by a function that may await or inject. */
export interface FluxgatePrometheusAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...args: never[]) => FluxgatePrometheusOptions | Promise<FluxgatePrometheusOptions>;
}

export const DEFAULT_BUCKETS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const KEYS = ['registry', 'prefix', 'labels', 'buckets', 'exemplar', 'showKeysOf'];
const PREFIX = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
/** What the metrics themselves, or Prometheus in a histogram, use. */
const TAKEN = new Set(['le', KEY_LABEL, ...Object.values(METRICS).flatMap(({ labels }) => labels)]);

/** Everything that is wrong with the options. */
export function prometheusProblems(options: FluxgatePrometheusOptions): string[] {
  const problems = unknownKeys(options, KEYS, 'options');
  const given = Object(options) as FluxgatePrometheusOptions;
  const { registry, prefix, labels, buckets, exemplar, showKeysOf } = given;
  if (registry !== undefined && !isRegistry(registry)) {
    problems.push(mustBe('registry', 'a Registry of prom-client', registry));
  }
  if (prefix !== undefined && !(typeof prefix === 'string' && (prefix === '' || PREFIX.test(prefix)))) {
    problems.push(mustBe('prefix', 'letters, digits, _ and :, not a digit first', prefix));
  }
  if (labels !== undefined) problems.push(...labelProblems(labels));
  if (buckets !== undefined && !isRising(buckets)) {
    problems.push(mustBe('buckets', 'an array of seconds, each above 0 and above the one before', buckets));
  }
  if (exemplar !== undefined && typeof exemplar !== 'function') {
    problems.push(mustBe('exemplar', 'a function that gives labels or undefined', exemplar));
  }
  problems.push(...groupNamesProblems('showKeysOf', showKeysOf));
  return problems;
}

function isRegistry(given: unknown): boolean {
  const methods = ['getSingleMetric', 'registerMetric', 'removeSingleMetric'] as const;
  return methods.every((name) => typeof (Object(given) as Partial<Registry>)[name] === 'function');
}

function isRising(buckets: unknown): boolean {
  if (!Array.isArray(buckets) || buckets.length === 0) return false;
  return buckets.every((bound, i) => Number.isFinite(bound) && bound > (i === 0 ? 0 : buckets[i - 1]));
}

function labelProblems(labels: unknown): string[] {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) {
    return [mustBe('labels', 'an object of texts by label name', labels)];
  }
  return Object.entries(labels).flatMap(([name, value]: [string, unknown]) => {
    const problems: string[] = [];
    if (!LABEL.test(name)) {
      problems.push(mustBe('the name of a label', 'letters, digits and _, not a digit or __ first', name));
    }
    if (TAKEN.has(name)) {
      problems.push(`labels.${name} is a label that the metrics have themselves. Choose another name.`);
    }
    if (typeof value !== 'string' || value === '') {
      problems.push(mustBe(`labels.${name}`, 'a text that is not empty', value));
    }
    return problems;
  });
}
