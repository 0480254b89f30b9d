import { describe, expect, it } from '@jest/globals';
import { BreakerRegistry, FluxgateConfigError } from 'nestjs-fluxgate';
import { bindPrometheus, FluxgatePrometheusModule } from 'nestjs-fluxgate/prometheus';
import { Registry } from 'prom-client';

import { rejection, thrown } from '../support/async.js';

const WRONG: readonly (readonly [options: unknown, problem: string])[] = [
  [null, 'options must be an options object, got null.'],
  [{ prefixx: 'a' }, 'options.prefixx is not an option. Did you mean prefix?'],
  [{ registry: {} }, 'registry must be a Registry of prom-client, got an object (Object).'],
  [{ registry: null }, 'registry must be a Registry of prom-client, got null.'],
  [{ prefix: 'my-app_' }, 'prefix must be letters, digits, _ and :, not a digit first, got "my-app_".'],
  [{ prefix: 3 }, 'prefix must be letters, digits, _ and :, not a digit first, got 3.'],
  [{ labels: ['a'] }, 'labels must be an object of texts by label name, got an array of 1.'],
  [{ labels: null }, 'labels must be an object of texts by label name, got null.'],
  [
    { labels: { 'my-team': 'a' } },
    'the name of a label must be letters, digits and _, not a digit or __ first, got "my-team".',
  ],
  [
    { labels: { __team: 'a' } },
    'the name of a label must be letters, digits and _, not a digit or __ first, got "__team".',
  ],
  [
    { labels: { breaker: 'a' } },
    'labels.breaker is a label that the metrics have themselves. Choose another name.',
  ],
  [{ labels: { le: 'a' } }, 'labels.le is a label that the metrics have themselves. Choose another name.'],
  [{ labels: { team: '' } }, 'labels.team must be a text that is not empty, got "".'],
  [{ labels: { team: 3 } }, 'labels.team must be a text that is not empty, got 3.'],
  ...[[], [0, 1], [1, 1], [2, 1], [1, NaN], [1, Infinity], ['1']].map(
    (buckets) =>
      [
        { buckets },
        `buckets must be an array of seconds, each above 0 and above the one before, got an array of ${buckets.length}.`,
      ] as const,
  ),
  [{ buckets: 5 }, 'buckets must be an array of seconds, each above 0 and above the one before, got 5.'],
  [{ labels: { key: 'a' } }, 'labels.key is a label that the metrics have themselves. Choose another name.'],
  [{ showKeysOf: 'gateway' }, 'showKeysOf must be an array of the names of groups, got "gateway".'],
  [{ showKeysOf: true }, 'showKeysOf must be an array of the names of groups, got true.'],
  [{ showKeysOf: [''] }, 'showKeysOf must be an array of the names of groups, got an array of 1.'],
  [{ exemplar: 'x' }, 'exemplar must be a function that gives labels or undefined, got "x".'],
];

describe('options', () => {
  it.each(WRONG)('%j are refused', async (options, problem) => {
    const error = thrown(() => FluxgatePrometheusModule.forRoot(options as never));
    expect(error).toBeInstanceOf(FluxgateConfigError);
    expect((error as FluxgateConfigError).message).toBe(`FluxgatePrometheusModule.forRoot: ${problem}`);
    const registry = new Registry();
    const rejected = await rejection(bindPrometheus(new BreakerRegistry(), options as never));
    expect(String(rejected)).toContain(`bindPrometheus: ${problem}`);
    expect(registry.getMetricsAsArray()).toEqual([]);
  });

  it('that are wrong in several ways are told of all together', () => {
    const error = thrown(() =>
      FluxgatePrometheusModule.forRoot({ prefix: '-', buckets: [], labels: { to: '' } }),
    );
    expect((error as FluxgateConfigError).problems).toHaveLength(4);
  });

  it('may be left out, or be empty', async () => {
    expect(FluxgatePrometheusModule.forRoot().module).toBe(FluxgatePrometheusModule);
    const unbind = await bindPrometheus(new BreakerRegistry(), {
      registry: new Registry(),
      prefix: '',
      labels: {},
    });
    expect(unbind).toBeInstanceOf(Function);
  });

  it('of forRootAsync need a factory', () => {
    expect(() => FluxgatePrometheusModule.forRootAsync({ useFactori: 1 } as never)).toThrow(
      /2 problems:[^]*options.useFactori is not an option. Did you mean useFactory\?[^]*useFactory must be a function/,
    );
    expect(() => FluxgatePrometheusModule.forRootAsync(undefined as never)).toThrow(
      'options must be an options object, got undefined.',
    );
  });

  it('come after a BreakerRegistry', async () => {
    expect(String(await rejection(bindPrometheus({} as never)))).toContain(
      'bindPrometheus: breakers must be a BreakerRegistry, got an object (Object).',
    );
  });
});
