import { describe, expect, it } from '@jest/globals';
import { MinRequests, SlowRate } from 'nestjs-fluxgate';
import { bindPrometheus } from 'nestjs-fluxgate/prometheus';
import { Registry } from 'prom-client';

import { exported, samples, Stage } from './stage.js';

/** Touches every kind of series. */
async function busy(stage: Stage): Promise<void> {
  stage.good();
  stage.bad();
  stage.breaker.metricsOnly();
  stage.breaker.forceOpen();
  stage.turnedAway();
  await stage.text();
}

describe('a breaker that is removed', () => {
  it('takes every one of its series with it', async () => {
    const stage = await Stage.of(
      { tripper: MinRequests(5).and(SlowRate(0.5, 250)) },
      { labels: { team: 'a' } },
    );
    stage.breakers.create('inventory', { tripper: MinRequests(5).and(SlowRate(0.5, 250)) });
    await busy(stage);
    const seriesOf = async (breaker: string): Promise<number> =>
      (await exported(stage.registry))
        .flatMap(({ values }) => values)
        .filter(({ labels }) => labels['breaker'] === breaker).length;
    expect(await seriesOf('payments')).toBe(await seriesOf('inventory'));
    stage.breakers.remove('payments');
    expect(await seriesOf('payments')).toBe(0);
    expect(await stage.text()).not.toContain('payments');
    expect(await seriesOf('inventory')).toBeGreaterThan(90);
    expect(await stage.value('fluxgate_breakers')).toBe(1);
  });

  it('makes no series any more, though somebody goes on using it', async () => {
    const stage = await Stage.of();
    const { breaker } = stage;
    stage.breakers.remove('payments');
    breaker.acquire().succeed();
    breaker.forceOpen();
    expect(await stage.text()).not.toContain('payments');
  });

  it('does not count for a new one of its name, which begins at 0', async () => {
    const stage = await Stage.of();
    const old = stage.breaker;
    stage.good(5);
    await stage.text();
    stage.breakers.remove('payments');
    stage.breakers.create('payments');
    old.acquire().succeed();
    stage.good();
    expect(await stage.value('fluxgate_calls_total', { outcome: 'success' })).toBe(1);
    expect(await stage.value('fluxgate_call_duration_seconds_count', { outcome: 'success' })).toBe(1);
  });

  it('leaves nothing behind, a thousand times', async () => {
    const stage = await Stage.of();
    await stage.text();
    const before = (await stage.text()).length;
    for (let i = 0; i < 1000; i++) {
      stage.breakers.create(`b${i}`);
      if (i % 100 === 0) await stage.text();
      stage.breakers.remove(`b${i}`);
    }
    expect((await stage.text()).length).toBe(before);
  });
});

describe('a binding that is ended', () => {
  it('takes all series away, and the metrics with the last one', async () => {
    const stage = new Stage();
    stage.breakers.create('payments');
    const unbind = await stage.bind();
    await busy(stage);
    unbind();
    expect(stage.registry.getMetricsAsArray()).toEqual([]);
  });

  it('hears of no breaker and of no call any more', async () => {
    const stage = new Stage();
    const other = await bindPrometheus(new Stage().breakers, { registry: stage.registry });
    const unbind = await stage.bind();
    unbind();
    stage.breakers.create('payments');
    stage.good();
    expect(await stage.text()).not.toContain('payments');
    other();
  });

  it('may be ended twice', async () => {
    const stage = await Stage.of();
    const unbind = await stage.bind();
    unbind();
    unbind();
    expect(await stage.value('fluxgate_breakers')).toBe(1);
  });

  it('may be followed by one with other labels', async () => {
    const stage = new Stage();
    stage.breakers.create('payments');
    (await stage.bind({ labels: { team: 'a' } }))();
    await stage.bind({ labels: { region: 'eu' } });
    expect(await stage.value('fluxgate_breakers', { region: 'eu' })).toBe(1);
  });

  it('leaves a metric alone that somebody else has put in the place of one of its own', async () => {
    const stage = new Stage();
    const unbind = await stage.bind();
    stage.registry.removeSingleMetric('fluxgate_state');
    const { Gauge } = await import('prom-client');
    const foreign = new Gauge({ name: 'fluxgate_state', help: 'h', registers: [stage.registry] });
    unbind();
    expect(stage.registry.getMetricsAsArray()).toEqual([foreign]);
    expect(new Registry().getMetricsAsArray()).toEqual([]);
  });
});

describe('a threshold that no rule has any more', () => {
  it('takes its series with it', async () => {
    const slowerThan = (thresholdMs: number) => ({
      tripper: MinRequests(5).and(SlowRate(0.5, thresholdMs)),
    });
    const stage = await Stage.of(slowerThan(250));
    const thresholds = async (): Promise<unknown[]> =>
      (await samples(stage.registry, 'fluxgate_slow_ratio')).map(({ labels }) => labels['threshold_seconds']);
    expect(await thresholds()).toEqual(['0.25']);
    for (const ms of [300, 400, 500]) {
      stage.breaker.reconfigure(slowerThan(ms));
      expect(await thresholds()).toEqual([String(ms / 1000)]);
    }
  });
});
