import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { MinRequests, SlowRate } from 'nestjs-fluxgate';
import { AggregatorRegistry, Counter, Gauge, Histogram, type Registry } from 'prom-client';

import { exported, samples, Stage, valueOf } from './stage.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('a scrape', () => {
  it('does not fail when a breaker cannot be read; that is told once', async () => {
    const stage = await Stage.of();
    new Gauge({ name: 'other', help: 'h', registers: [stage.registry] }).set(7);
    jest.spyOn(stage.breaker, 'snapshot').mockImplementation(() => {
      throw new Error('no clock');
    });
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await stage.text();
    expect(await stage.text()).toContain('other 7');
    expect(warnings.mock.calls).toEqual([
      [
        'metrics of a breaker could not be read (told once): Error: no clock',
        { type: 'FluxgateWarning', code: 'FLUXGATE_PROMETHEUS' },
      ],
    ]);
  });

  it('reads each breaker once', async () => {
    const stage = await Stage.of();
    const read = jest.spyOn(stage.breaker, 'snapshot');
    await stage.text();
    expect(read).toHaveBeenCalledTimes(1);
    await stage.text();
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('of one metric alone is up to date too', async () => {
    const stage = await Stage.of();
    stage.good(2);
    const one = (name: string) => stage.registry.getSingleMetricAsString(name);
    expect(await one('fluxgate_calls_total')).toContain('outcome="success"} 2');
    stage.good();
    expect(await one('fluxgate_call_duration_seconds')).toContain('outcome="success"} 3');
    stage.breaker.forceOpen();
    expect(await one('fluxgate_transitions_total')).toContain('to="forced_open",cause="operator"} 1');
  });

  it('may be made by a listener, in the middle of one', async () => {
    const stage = await Stage.of({ maxHalfOpenMs: 500 });
    const texts: Promise<string>[] = [];
    stage.breakers.subscribe({ onTransition: () => void texts.push(stage.text()) });
    stage.breaker.forceOpen({ forMs: 1 });
    stage.clock.advance(1);
    stage.breaker.acquire();
    stage.clock.advance(500);
    await stage.text();
    expect(texts).toHaveLength(3);
    expect((await Promise.all(texts)).every((text) => text.includes('fluxgate_state'))).toBe(true);
  });
});

describe('a call', () => {
  it('runs nothing of prom-client: it only counts', async () => {
    const stage = await Stage.of();
    const spies = [
      jest.spyOn(Counter.prototype, 'labels'),
      jest.spyOn(Gauge.prototype, 'set'),
      jest.spyOn(Gauge.prototype, 'labels'),
      jest.spyOn(Histogram.prototype, 'labels'),
    ];
    const metrics = stage.registry.getMetricsAsArray() as unknown as { inc?: () => void }[];
    for (const metric of metrics) if (metric.inc) spies.push(jest.spyOn(metric as any, 'inc') as never);
    stage.good(100);
    stage.bad(3);
    stage.turnedAway();
    expect(spies.length).toBeGreaterThan(8);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    await stage.text();
    expect(await stage.value('fluxgate_calls_total', { outcome: 'success' })).toBe(100);
  });
});

describe('under node:cluster', () => {
  /** What the primary makes of what its workers send. */
  const together = async (...workers: Stage[]): Promise<Registry> =>
    AggregatorRegistry.aggregate(
      JSON.parse(JSON.stringify(await Promise.all(workers.map(({ registry }) => exported(registry))))),
    );

  it('state says how many workers are in it, and ratios are averages', async () => {
    const rule = { tripper: MinRequests(50).and(SlowRate(0.5, 250)) };
    const workers = [await Stage.of(rule), await Stage.of(rule), await Stage.of(rule)];
    for (const worker of workers) {
      worker.good();
      worker.bad();
    }
    workers[0]!.breaker.forceOpen();
    const all = await together(...workers);
    expect(await valueOf(all, 'fluxgate_state', { state: 'closed' })).toBe(2);
    expect(await valueOf(all, 'fluxgate_state', { state: 'forced_open' })).toBe(1);
    expect(await valueOf(all, 'fluxgate_failure_ratio')).toBeCloseTo(1 / 3);
    expect(await valueOf(all, 'fluxgate_slow_ratio')).toBe(0);
    expect(await valueOf(all, 'fluxgate_breakers')).toBe(3);
  });

  it('counters and histograms are sums', async () => {
    const workers = [await Stage.of(), await Stage.of()];
    for (const worker of workers) {
      worker.good(2, 30);
      worker.breaker.forceOpen();
      worker.turnedAway();
    }
    const all = await together(...workers);
    expect(await valueOf(all, 'fluxgate_calls_total', { outcome: 'success' })).toBe(4);
    expect(await valueOf(all, 'fluxgate_rejected_total', { reason: 'forced_open' })).toBe(2);
    expect(await valueOf(all, 'fluxgate_transitions_total', { from: 'closed', to: 'forced_open' })).toBe(2);
    expect(await valueOf(all, 'fluxgate_call_duration_seconds_count', { outcome: 'success' })).toBe(4);
    expect(await valueOf(all, 'fluxgate_call_duration_seconds_sum', { outcome: 'success' })).toBeCloseTo(
      0.12,
    );
    expect(
      await samples(all, 'fluxgate_call_duration_seconds_bucket', { le: 0.05, outcome: 'success' }),
    ).toEqual([expect.objectContaining({ value: 4 })]);
  });
});
