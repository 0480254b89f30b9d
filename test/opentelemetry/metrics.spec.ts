import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { FailureStreak, TypeOf } from 'nestjs-fluxgate';
import { bindOpenTelemetry, type FluxgateOpenTelemetryOptions } from 'nestjs-fluxgate/opentelemetry';

import { EDGES } from '../../lib/core/model/state.js';
import { STATES } from '../../lib/core/index.js';
import { ATTRIBUTE, EVENT, METRIC } from '../../lib/opentelemetry/names.js';
import { MeterSdk, Stage, unregister } from './stage.js';

async function bound(options: FluxgateOpenTelemetryOptions = {}) {
  const stage = new Stage();
  const sdk = new MeterSdk();
  const unbind = await bindOpenTelemetry(stage.breakers, { meterProvider: sdk.provider, ...options });
  return { stage, sdk, unbind };
}

describe('the status', () => {
  it('is an UpDownCounter with a series for every state, by the convention for status metrics', async () => {
    const { sdk } = await bound();
    const status = await sdk.metric('fluxgate.circuit_breaker.status');
    expect(status).toMatchObject({
      descriptor: { type: InstrumentType.OBSERVABLE_UP_DOWN_COUNTER, unit: '1' },
      dataPointType: DataPointType.SUM,
      isMonotonic: false,
    });
    expect(status?.dataPoints.map(({ attributes }) => attributes)).toEqual(
      STATES.map((state) => ({ 'circuitbreaker.name': 'payments', 'circuitbreaker.state': state })),
    );
    expect([...STATES].sort()).toEqual(Object.keys(EDGES).sort());
  });

  it('of a breaker that was never called is closed = 1 and 0 for the rest', async () => {
    const { sdk } = await bound();
    expect(await sdk.states()).toEqual(['payments closed 1']);
    const status = await sdk.metric('fluxgate.circuit_breaker.status');
    expect(status?.dataPoints.map(({ value }) => value)).toEqual([1, 0, 0, 0, 0, 0]);
  });

  it('is read when it is collected', async () => {
    const { stage, sdk } = await bound();
    stage.bad(3);
    expect(await sdk.states()).toEqual(['payments open 1']);
    stage.clock.advance(1000);
    stage.breaker.acquire().succeed();
    expect(await sdk.states()).toEqual(['payments closed 1']);
    stage.breaker.disable();
    expect(await sdk.states()).toEqual(['payments disabled 1']);
  });

  it('of a breaker that is removed is 0 in every state: an SDK would repeat the last value for ever', async () => {
    const { stage, sdk } = await bound();
    stage.breakers.create('inventory');
    stage.bad(3);
    expect(await sdk.states()).toEqual(['payments open 1', 'inventory closed 1']);
    stage.breakers.remove('payments');
    expect(await sdk.states()).toEqual(['inventory closed 1']);
    expect(await sdk.states()).toEqual(['inventory closed 1']);
    stage.breakers.remove('inventory');
    expect(await sdk.states()).toEqual([]);
    stage.breakers.create('payments');
    expect(await sdk.states()).toEqual(['payments closed 1']);
  });

  it('of one that is removed and made again, between two collections, is that of the new one', async () => {
    const { stage, sdk } = await bound();
    stage.bad(3);
    await sdk.states();
    stage.breakers.remove('payments');
    stage.breakers.create('payments');
    expect(await sdk.states()).toEqual(['payments closed 1']);
    expect(await sdk.states()).toEqual(['payments closed 1']);
  });

  it('is 0 once the binding is ended', async () => {
    const { stage, sdk, unbind } = await bound();
    await sdk.states();
    unbind();
    unbind();
    expect(await sdk.states()).toEqual([]);
    stage.breakers.create('late');
    expect(await sdk.states()).toEqual([]);
  });

  it('is the same for every reader', async () => {
    const stage = new Stage();
    const exporters = [1, 2].map(() => new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE));
    const readers = exporters.map(
      (exporter) => new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 }),
    );
    await bindOpenTelemetry(stage.breakers, { meterProvider: new MeterProvider({ readers }) });
    for (const reader of readers) await reader.forceFlush();
    stage.breakers.remove('payments');
    for (const reader of readers) await reader.forceFlush();
    for (const exporter of exporters) {
      const values = exporter
        .getMetrics()
        .map(({ scopeMetrics }) => scopeMetrics[0]!.metrics[0]!.dataPoints.map(({ value }) => value));
      expect(values).toEqual([
        [1, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
      ]);
    }
  });

  it('of breakers of one name, in two apps of a process, is added up', async () => {
    const { stage, sdk } = await bound();
    const other = new Stage();
    const unbind = await bindOpenTelemetry(other.breakers, { meterProvider: sdk.provider });
    expect(await sdk.states()).toEqual(['payments closed 2']);
    stage.bad(3);
    expect(await sdk.states()).toEqual(['payments closed 1', 'payments open 1']);
    unbind();
    expect(await sdk.states()).toEqual(['payments open 1']);
  });

  it('of breakers that are bound twice is counted once, and so are their calls', async () => {
    const { stage, sdk } = await bound();
    const unbind = await bindOpenTelemetry(stage.breakers, { meterProvider: sdk.provider });
    stage.breaker.acquire().succeed();
    expect(await sdk.states()).toEqual(['payments closed 1']);
    expect(await sdk.points('fluxgate.circuit_breaker.call.duration')).toEqual([
      [
        { 'circuitbreaker.name': 'payments', 'fluxgate.outcome': 'success' },
        expect.objectContaining({ count: 1 }),
      ],
    ]);
    unbind();
    expect(await sdk.states()).toEqual(['payments closed 1']);
  });
});

describe('calls', () => {
  it('are a histogram of seconds by outcome, with the bounds of the HTTP metrics', async () => {
    const { stage, sdk } = await bound();
    const breaker = stage.breakers.create('search', { tracker: TypeOf(RangeError) });
    const call = () => {
      const ticket = breaker.acquire();
      stage.clock.advance(30);
      return ticket;
    };
    call().succeed();
    call().succeed();
    call().fail(new RangeError('counts'));
    call().fail(new Error('is ignored'));
    call().release();
    const duration = await sdk.metric('fluxgate.circuit_breaker.call.duration');
    expect(duration).toMatchObject({ descriptor: { unit: 's' }, dataPointType: DataPointType.HISTOGRAM });
    const points = await sdk.points('fluxgate.circuit_breaker.call.duration');
    expect(points.map(([attributes, value]) => [attributes, (value as { count: number }).count])).toEqual(
      [
        ['success', 2],
        ['failure', 1],
        ['ignored', 1],
        ['cancelled', 1],
      ].map(([outcome, count]) => [{ 'circuitbreaker.name': 'search', 'fluxgate.outcome': outcome }, count]),
    );
    const value = points[0]![1] as { sum: number; buckets: { boundaries: number[]; counts: number[] } };
    expect(value.sum).toBeCloseTo(0.06);
    expect(value.buckets.boundaries.slice(0, 4)).toEqual([0.005, 0.01, 0.025, 0.05]);
    expect(value.buckets.counts.slice(0, 4)).toEqual([0, 0, 0, 2]);
  });

  it('of a clock gone astray take no time', async () => {
    const { stage, sdk } = await bound();
    const ticket = stage.breaker.acquire();
    const now = stage.clock.now.bind(stage.clock);
    stage.clock.now = () => NaN;
    ticket.succeed();
    stage.clock.now = now;
    const [[, value]] = (await sdk.points('fluxgate.circuit_breaker.call.duration')) as never as [
      [object, object],
    ];
    expect(value).toMatchObject({ count: 1, sum: 0 });
  });

  it('that are not let in are counted by the reason', async () => {
    const { stage, sdk } = await bound();
    stage.breaker.forceOpen();
    stage.turnedAway();
    stage.turnedAway();
    expect(await sdk.points('fluxgate.circuit_breaker.rejections')).toEqual([
      [{ 'circuitbreaker.name': 'payments', 'fluxgate.reason': 'forced_open' }, 2],
    ]);
  });
});

describe('transitions', () => {
  it('are counted with where from, where to and why', async () => {
    const { stage, sdk } = await bound();
    stage.bad(3);
    stage.breaker.reset();
    stage.bad(3);
    const name = { 'circuitbreaker.name': 'payments' };
    expect(await sdk.points('fluxgate.circuit_breaker.transitions')).toEqual([
      [{ ...name, 'fluxgate.from': 'closed', 'fluxgate.to': 'open', 'fluxgate.cause': 'tripper' }, 2],
      [{ ...name, 'fluxgate.from': 'open', 'fluxgate.to': 'closed', 'fluxgate.cause': 'operator' }, 1],
    ]);
  });

  it('that only would have come are counted in metrics_only', async () => {
    const { stage, sdk } = await bound();
    const trial = stage.breakers.create('trial', { tripper: FailureStreak(1), initialState: 'metrics_only' });
    trial.acquire().fail(new Error('down'));
    trial.acquire().succeed();
    expect(await sdk.points('fluxgate.circuit_breaker.would_trip')).toEqual([
      [{ 'circuitbreaker.name': 'trial' }, 1],
    ]);
  });
});

describe('what is told', () => {
  it('carries the static attributes, but the name stays the name', async () => {
    const { stage, sdk } = await bound({ attributes: { team: 'a', 'circuitbreaker.name': 'mine' } });
    stage.bad(3);
    stage.turnedAway();
    for (const { descriptor, dataPoints } of await sdk.read()) {
      expect(dataPoints.length).toBeGreaterThan(0);
      for (const { attributes } of dataPoints) {
        expect([descriptor.name, attributes]).toEqual([
          descriptor.name,
          expect.objectContaining({ team: 'a', 'circuitbreaker.name': 'payments' }),
        ]);
      }
    }
  });

  it('goes to the global provider by default', async () => {
    const sdk = new MeterSdk();
    metrics.setGlobalMeterProvider(sdk.provider);
    try {
      const unbind = await bindOpenTelemetry(new Stage().breakers);
      expect(await sdk.states()).toEqual(['payments closed 1']);
      unbind();
    } finally {
      unregister();
    }
  });

  it('stops for a breaker that is removed, though somebody goes on using it', async () => {
    const { stage, sdk } = await bound();
    const { breaker } = stage;
    stage.breakers.remove('payments');
    breaker.acquire().succeed();
    breaker.forceOpen();
    expect(await sdk.points('fluxgate.circuit_breaker.call.duration')).toEqual([]);
    expect(await sdk.points('fluxgate.circuit_breaker.transitions')).toEqual([]);
  });
});

describe('the page docs/observability/opentelemetry.md', () => {
  it('has every metric, attribute and event', () => {
    const page = readFileSync(new URL('../../docs/observability/opentelemetry.md', import.meta.url), 'utf8');
    const names = [METRIC, ATTRIBUTE, EVENT].flatMap((all) => Object.values(all));
    const inTables = [...page.matchAll(/`((?:fluxgate|circuit_breaker|circuitbreaker)\.[\w.]+)`/g)];
    expect(new Set(inTables.map(([, name]) => name))).toEqual(new Set<string>(names));
  });
});
