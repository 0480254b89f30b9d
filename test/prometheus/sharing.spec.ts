import { describe, expect, it } from '@jest/globals';
import { FluxgateConfigError } from 'nestjs-fluxgate';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import { METRICS } from '../../lib/prometheus/metrics.js';
import { rejection } from '../support/async.js';
import { Stage, valueOf } from './stage.js';

const NAMES = Object.values(METRICS).map(({ name }) => name);

describe('a second binding to the same prom-client registry', () => {
  it('uses the metrics that are there, and adds up breakers of one name', async () => {
    const registry = new Registry();
    const one = new Stage(registry);
    const two = new Stage(registry);
    for (const stage of [one, two]) {
      stage.breakers.create('payments');
      await stage.bind();
    }
    one.good(2);
    two.good(3);
    two.breaker.forceOpen();
    expect(await valueOf(registry, 'fluxgate_state', { state: 'closed' })).toBe(1);
    expect(await valueOf(registry, 'fluxgate_state', { state: 'forced_open' })).toBe(1);
    expect(await valueOf(registry, 'fluxgate_calls_total', { outcome: 'success' })).toBe(5);
    expect(await valueOf(registry, 'fluxgate_breakers')).toBe(2);
    const gone = one.breaker;
    one.breakers.remove('payments');
    gone.acquire().succeed();
    expect(await valueOf(registry, 'fluxgate_state', { state: 'closed' })).toBe(0);
    expect(await valueOf(registry, 'fluxgate_calls_total', { outcome: 'success' })).toBe(5);
  });

  it('of the same breakers counts every call once', async () => {
    const stage = await Stage.of();
    const unbind = await stage.bind();
    stage.good();
    expect(await stage.value('fluxgate_calls_total', { outcome: 'success' })).toBe(1);
    expect(await stage.value('fluxgate_breakers')).toBe(1);
    unbind();
    stage.good();
    expect(await stage.value('fluxgate_calls_total', { outcome: 'success' })).toBe(2);
  });

  it('may carry other values of the same labels', async () => {
    const registry = new Registry();
    const one = new Stage(registry);
    const two = new Stage(registry);
    one.breakers.create('payments');
    two.breakers.create('payments');
    await one.bind({ labels: { app: 'one', team: 'a' } });
    const unbind = await two.bind({ labels: { team: 'a', app: 'two' } });
    one.good();
    expect(await valueOf(registry, 'fluxgate_calls_total', { outcome: 'success', app: 'one' })).toBe(1);
    expect(await valueOf(registry, 'fluxgate_calls_total', { outcome: 'success', app: 'two' })).toBe(0);
    unbind();
    expect(await valueOf(registry, 'fluxgate_breakers', { app: 'two' })).toBeUndefined();
    expect(await valueOf(registry, 'fluxgate_breakers', { app: 'one' })).toBe(1);
  });

  it('with another prefix has metrics of its own', async () => {
    const stage = await Stage.of();
    await stage.bind({ prefix: 'again_' });
    stage.good();
    expect(await stage.value('fluxgate_calls_total', { outcome: 'success' })).toBe(1);
    expect(await stage.value('again_fluxgate_calls_total', { outcome: 'success' })).toBe(1);
  });

  it('with other labels or buckets is refused, with both and the cure', async () => {
    const stage = await Stage.of({}, { labels: { team: 'a' }, buckets: [0.1, 1] });
    const error = await rejection(stage.bind({ labels: { region: 'eu', zone: '1' }, buckets: [2] }));
    expect(error).toBeInstanceOf(FluxgateConfigError);
    expect((error as FluxgateConfigError).problems).toEqual([
      'labels: the metrics fluxgate_… are in this registry already with the labels (team), got (region, zone). ' +
        'Give the same, another prefix or another registry.',
      'buckets: the metrics fluxgate_… are in this registry already with the buckets (0.1, 1), got (2). ' +
        'Give the same, another prefix or another registry.',
    ]);
    expect(await stage.value('fluxgate_breakers')).toBe(1);
  });
});

describe('a name that something else has in the registry', () => {
  it.each(NAMES)('%s: is refused, and nothing is half-registered', async (name) => {
    const stage = new Stage();
    stage.breakers.create('payments');
    const foreign = new Counter({
      name,
      help: 'h',
      labelNames: ['service', 'path'],
      registers: [stage.registry],
    });
    const error = await rejection(stage.bind());
    expect(String(error)).toContain(
      `bindPrometheus: the name ${name} is taken in this registry, by a counter with the labels (service, path)`,
    );
    expect(stage.registry.getMetricsAsArray()).toEqual([foreign]);
    stage.good();
    expect(await stage.text()).not.toContain('payments');
  });

  it('is refused although kind and labels are the same: its maker may write to it as well', async () => {
    const stage = new Stage();
    new Gauge({
      name: 'fluxgate_state',
      help: 'h',
      labelNames: ['breaker', 'state'],
      registers: [stage.registry],
    });
    expect(String(await rejection(stage.bind()))).toContain(
      'by a gauge with the labels (breaker, state) that is not from here. Give another prefix',
    );
  });

  it('is refused whatever it is: the registry takes anything', async () => {
    const stage = new Stage();
    stage.registry.registerMetric({ name: 'fluxgate_state' } as never);
    expect(String(await rejection(stage.bind()))).toContain('by a undefined with the labels ()');
  });

  it('is told together with all others', async () => {
    const stage = new Stage();
    new Gauge({ name: 'fluxgate_state', help: 'h', registers: [stage.registry] });
    new Histogram({ name: 'fluxgate_call_duration_seconds', help: 'h', registers: [stage.registry] });
    const error = await rejection(stage.bind());
    expect((error as FluxgateConfigError).problems).toHaveLength(2);
  });

  it('does no harm under a prefix', async () => {
    const stage = new Stage();
    new Gauge({ name: 'fluxgate_state', help: 'h', registers: [stage.registry] });
    await stage.bind({ prefix: 'my_' });
    expect(await stage.value('my_fluxgate_breakers')).toBe(0);
  });
});

describe("prom-client's registry", () => {
  it('that was cleared gets the metrics again with the next binding', async () => {
    const registry = new Registry();
    const one = new Stage(registry);
    one.breakers.create('payments');
    await one.bind();
    registry.clear();
    const two = new Stage(registry);
    two.breakers.create('inventory');
    await two.bind();
    expect(await valueOf(registry, 'fluxgate_breakers')).toBe(2);
  });

  it('that is reset begins at 0 with all series', async () => {
    const stage = await Stage.of();
    stage.good(2);
    await stage.text();
    stage.good(3);
    stage.registry.resetMetrics();
    expect(await stage.value('fluxgate_calls_total', { outcome: 'success' })).toBe(0);
    expect(await stage.value('fluxgate_call_duration_seconds_count', { outcome: 'success' })).toBe(0);
    expect(await stage.value('fluxgate_state', { state: 'closed' })).toBe(1);
    stage.good();
    expect(await stage.value('fluxgate_calls_total', { outcome: 'success' })).toBe(1);
    expect(await stage.value('fluxgate_call_duration_seconds_sum', { outcome: 'success' })).toBe(0);
  });

  it('can be merged with another', async () => {
    const stage = await Stage.of();
    const other = new Registry();
    new Gauge({ name: 'other', help: 'h', registers: [other] });
    const merged = Registry.merge([stage.registry, other]);
    stage.good();
    expect(await valueOf(merged, 'fluxgate_calls_total', { outcome: 'success' })).toBe(1);
    expect(await valueOf(merged, 'other')).toBe(0);
  });

  it('of the OpenMetrics format can be scraped, bound again and left', async () => {
    const registry = new Registry<'application/openmetrics-text; version=1.0.0; charset=utf-8'>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const stage = new Stage();
    stage.breakers.create('payments');
    const unbind = await stage.bind({ registry });
    stage.good();
    expect(await registry.metrics()).toContain(
      'fluxgate_calls_total{breaker="payments",outcome="success"} 1',
    );
    const again = await stage.bind({ registry });
    again();
    expect(await registry.metrics()).toMatch(/# TYPE fluxgate_calls counter[^]*# EOF\n$/);
    unbind();
    expect(registry.getMetricsAsArray()).toEqual([]);
  });

  it('puts its default labels beside ours', async () => {
    const stage = await Stage.of();
    stage.registry.setDefaultLabels({ pod: 'p1', state: 'ours wins' });
    expect(await stage.value('fluxgate_state', { pod: 'p1', state: 'closed' })).toBe(1);
    expect(await stage.value('fluxgate_call_duration_seconds_count', { pod: 'p1', outcome: 'success' })).toBe(
      0,
    );
    expect(await stage.value('fluxgate_state', { pod: 'p1', state: 'closed' })).toBe(1);
  });

  it('is the global one by default', async () => {
    const { register } = await import('prom-client');
    const stage = new Stage(register);
    stage.breakers.create('payments');
    const unbind = await stage.bind({ registry: undefined });
    expect(await valueOf(register, 'fluxgate_breakers')).toBe(1);
    unbind();
    expect(register.getMetricsAsArray()).toEqual([]);
  });
});
