import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import {
  CountWindow,
  FailureRate,
  FailureStreak,
  MinRequests,
  SlowRate,
  TypeOf,
  type BreakerState,
} from 'nestjs-fluxgate';
import { Registry } from 'prom-client';

import { EDGES } from '../../lib/core/model/state.js';
import { METRICS } from '../../lib/prometheus/metrics.js';
import { MOVES, REASONS, STATES } from '../../lib/prometheus/words.js';
import { exported, samples, Stage } from './stage.js';

describe('a breaker that was never called', () => {
  it('is shown as closed from the start, and in no other state', async () => {
    const { registry } = await Stage.of();
    const states = await samples(registry, 'fluxgate_state', { breaker: 'payments' });
    expect(Object.fromEntries(states.map(({ labels, value }) => [labels.state, value]))).toEqual({
      closed: 1,
      open: 0,
      half_open: 0,
      metrics_only: 0,
      disabled: 0,
      forced_open: 0,
    });
  });

  it('has every counter at 0, so that the first increase is seen', async () => {
    const { registry } = await Stage.of();
    const count = async (name: string): Promise<[number, number]> => {
      const found = await samples(registry, name);
      return [found.length, found.reduce((sum, { value }) => sum + value, 0)];
    };
    expect(await count('fluxgate_calls_total')).toEqual([4, 0]);
    expect(await count('fluxgate_rejected_total')).toEqual([REASONS.length, 0]);
    expect(await count('fluxgate_transitions_total')).toEqual([MOVES.length, 0]);
    expect(await count('fluxgate_would_trip_total')).toEqual([1, 0]);
    expect(await count('fluxgate_open_seconds_total')).toEqual([1, 0]);
    expect(await count('fluxgate_call_duration_seconds_count')).toEqual([4, 0]);
    expect(await count('fluxgate_call_duration_seconds_bucket')).toEqual([4 * 12, 0]);
  });

  it('has ratios of 0, never NaN, while nothing is remembered', async () => {
    const stage = await Stage.of({ tripper: MinRequests(5).and(SlowRate(0.5, 250)) });
    expect(await stage.value('fluxgate_failure_ratio')).toBe(0);
    expect(await stage.value('fluxgate_slow_ratio')).toBe(0);
    expect(await stage.text()).not.toMatch(/nan/i);
  });

  it('is counted', async () => {
    const stage = await Stage.of();
    stage.breakers.create('inventory');
    expect(await stage.value('fluxgate_breakers')).toBe(2);
  });
});

describe('the moves that are prepared', () => {
  it('are exactly those that the engine can make', () => {
    const possible = (Object.keys(EDGES) as BreakerState[]).flatMap((from) =>
      Object.entries(EDGES[from]).flatMap(([to, causes]) => causes.map((cause) => `${from} ${to} ${cause}`)),
    );
    expect(MOVES.map((move) => move.join(' ')).sort()).toEqual(possible.sort());
    expect([...STATES].sort()).toEqual(Object.keys(EDGES).sort());
  });
});

describe('state', () => {
  it('is read at the scrape, through every state', async () => {
    const stage = await Stage.of();
    const current = async (): Promise<unknown> => {
      const states = await samples(stage.registry, 'fluxgate_state');
      return states.filter(({ value }) => value === 1).map(({ labels }) => labels.state);
    };
    stage.bad(3);
    expect(await current()).toEqual(['open']);
    stage.clock.advance(1000);
    const probe = stage.breaker.acquire();
    expect(await current()).toEqual(['half_open']);
    expect(await stage.value('fluxgate_probes_inflight')).toBe(1);
    probe.succeed();
    expect(await current()).toEqual(['closed']);
    expect(await stage.value('fluxgate_probes_inflight')).toBe(0);
    stage.breaker.metricsOnly();
    expect(await current()).toEqual(['metrics_only']);
    stage.breaker.disable();
    expect(await current()).toEqual(['disabled']);
    stage.breaker.forceOpen();
    expect(await current()).toEqual(['forced_open']);
  });

  it('is what time has made of it by now, without a call', async () => {
    const stage = await Stage.of({ maxHalfOpenMs: 500 });
    stage.breaker.forceOpen({ forMs: 1 });
    stage.clock.advance(1);
    stage.breaker.acquire();
    stage.clock.advance(500);
    expect(await stage.value('fluxgate_state', { state: 'open' })).toBe(1);
    expect(await stage.value('fluxgate_transitions_total', { to: 'open', cause: 'timeout' })).toBe(1);
  });
});

describe('calls', () => {
  it('are counted by their outcome', async () => {
    const stage = await Stage.of({ tracker: TypeOf(RangeError) });
    stage.good(3);
    stage.breaker.acquire().fail(new RangeError('counts'));
    stage.breaker.acquire().fail(new Error('is ignored'));
    stage.breaker.acquire().release();
    const calls = (outcome: string) => stage.value('fluxgate_calls_total', { breaker: 'payments', outcome });
    expect(await calls('success')).toBe(3);
    expect(await calls('failure')).toBe(1);
    expect(await calls('ignored')).toBe(1);
    expect(await calls('cancelled')).toBe(1);
    stage.good();
    expect(await calls('success')).toBe(4);
    expect(await calls('success')).toBe(4);
  });

  it('are counted while the breaker is disabled too', async () => {
    const stage = await Stage.of({ initialState: 'disabled' });
    stage.good(2);
    expect(await stage.value('fluxgate_calls_total', { outcome: 'success' })).toBe(2);
  });

  it('that are not let in are counted by the reason', async () => {
    const stage = await Stage.of({ maxHalfOpenCalls: 1 });
    stage.breaker.forceOpen({ forMs: 1 });
    stage.turnedAway();
    stage.turnedAway();
    stage.clock.advance(1);
    stage.breaker.acquire();
    stage.turnedAway();
    expect(await stage.value('fluxgate_rejected_total', { reason: 'forced_open' })).toBe(2);
    expect(await stage.value('fluxgate_rejected_total', { reason: 'half_open' })).toBe(1);
    expect(await stage.value('fluxgate_rejected_total', { reason: 'open' })).toBe(0);
  });
});

describe('durations', () => {
  it('are in seconds, in the buckets they belong to', async () => {
    const stage = await Stage.of({}, { buckets: [0.1, 1] });
    stage.good(1, 40);
    stage.good(1, 100);
    stage.good(1, 101);
    stage.good(1, 1001);
    const bucket = (le: number | string) =>
      stage.value('fluxgate_call_duration_seconds_bucket', { le, outcome: 'success' });
    expect(await bucket(0.1)).toBe(2);
    expect(await bucket(1)).toBe(3);
    expect(await bucket('+Inf')).toBe(4);
    expect(await stage.value('fluxgate_call_duration_seconds_count', { outcome: 'success' })).toBe(4);
    expect(await stage.value('fluxgate_call_duration_seconds_sum', { outcome: 'success' })).toBeCloseTo(
      1.242,
    );
    expect(await stage.value('fluxgate_call_duration_seconds_count', { outcome: 'failure' })).toBe(0);
  });

  it('of a clock gone astray count as 0: one NaN would spoil the sum for ever', async () => {
    const stage = await Stage.of();
    const ticket = stage.breaker.acquire();
    const now = stage.clock.now.bind(stage.clock);
    stage.clock.now = () => NaN;
    ticket.succeed();
    stage.clock.now = now;
    stage.good(1, 10);
    expect(await stage.value('fluxgate_call_duration_seconds_sum', { outcome: 'success' })).toBeCloseTo(0.01);
    expect(await stage.value('fluxgate_call_duration_seconds_count', { outcome: 'success' })).toBe(2);
  });

  it('are printed as prom-client prints a histogram of its own', async () => {
    const stage = await Stage.of({}, { buckets: [0.1, 1], labels: { service: 'shop' } });
    stage.good(1, 40);
    const { Histogram } = await import('prom-client');
    const other = new Registry();
    const own = new Histogram({
      name: 'fluxgate_call_duration_seconds',
      help: METRICS.duration.help,
      labelNames: ['breaker', 'service', 'outcome'],
      buckets: [0.1, 1],
      registers: [other],
    });
    for (const outcome of ['success', 'failure', 'ignored', 'cancelled']) {
      own.zero({ breaker: 'payments', service: 'shop', outcome });
    }
    own.observe({ breaker: 'payments', service: 'shop', outcome: 'success' }, 0.04);
    const text = await stage.registry.getSingleMetricAsString('fluxgate_call_duration_seconds');
    expect(text).toBe(await other.getSingleMetricAsString('fluxgate_call_duration_seconds'));
  });
});

describe('transitions', () => {
  it('are counted with where from, where to and why', async () => {
    const stage = await Stage.of();
    stage.bad(3);
    stage.clock.advance(1000);
    stage.bad(3);
    stage.breaker.reset();
    const moved = await samples(stage.registry, 'fluxgate_transitions_total');
    expect(moved.filter(({ value }) => value > 0).map(({ labels }) => labels)).toEqual([
      { breaker: 'payments', from: 'closed', to: 'open', cause: 'tripper' },
      { breaker: 'payments', from: 'open', to: 'half_open', cause: 'retry' },
      { breaker: 'payments', from: 'half_open', to: 'open', cause: 'tripper' },
      { breaker: 'payments', from: 'open', to: 'closed', cause: 'operator' },
    ]);
  });

  it('that only would have come are counted in metrics_only, when the rule is met, not when it ends', async () => {
    const stage = await Stage.of({
      tripper: FailureStreak(1),
      window: CountWindow(10),
      initialState: 'metrics_only',
    });
    stage.bad();
    stage.good();
    stage.bad();
    expect(await stage.value('fluxgate_would_trip_total')).toBe(2);
  });
});

describe('ratios', () => {
  it('are those of the window, read at the scrape', async () => {
    const stage = await Stage.of({ tripper: MinRequests(50).and(FailureRate(0.5)) });
    stage.good(3);
    stage.bad(1);
    expect(await stage.value('fluxgate_failure_ratio', { breaker: 'payments' })).toBe(0.25);
  });

  it('of slow calls have a series for every threshold of the rule, in seconds', async () => {
    const stage = await Stage.of({
      tripper: MinRequests(50).and(SlowRate(0.5, 250).or(SlowRate(0.1, 2000))),
    });
    stage.good(3);
    stage.good(1, 250);
    expect(await stage.value('fluxgate_slow_ratio', { threshold_seconds: '0.25' })).toBe(0.25);
    expect(await stage.value('fluxgate_slow_ratio', { threshold_seconds: '2' })).toBe(0);
  });

  it('of slow calls are not there when no rule looks at slowness', async () => {
    const { registry } = await Stage.of({ tripper: FailureStreak(3) });
    expect(await samples(registry, 'fluxgate_slow_ratio')).toEqual([]);
  });
});

describe('open seconds', () => {
  it('grow while the circuit is open, without any call', async () => {
    const stage = await Stage.of();
    stage.bad(3);
    stage.clock.advance(4000);
    expect(await stage.value('fluxgate_open_seconds_total')).toBeCloseTo(4);
    stage.clock.advance(1500);
    expect(await stage.value('fluxgate_open_seconds_total')).toBeCloseTo(5.5);
  });

  it('stand still while it is half-open or closed', async () => {
    const stage = await Stage.of();
    stage.bad(3);
    stage.clock.advance(1000);
    const probe = stage.breaker.acquire();
    stage.clock.advance(500);
    expect(await stage.value('fluxgate_open_seconds_total')).toBeCloseTo(1);
    probe.succeed();
    stage.clock.advance(5000);
    expect(await stage.value('fluxgate_open_seconds_total')).toBeCloseTo(1);
  });

  it('count a circuit that an operator holds open, also right after it had opened itself', async () => {
    const stage = await Stage.of();
    stage.bad(3);
    stage.clock.advance(1000);
    stage.breaker.forceOpen();
    stage.clock.advance(2000);
    expect(await stage.value('fluxgate_open_seconds_total')).toBeCloseTo(3);
  });

  it('count from when it opened, if that was before the metrics were bound', async () => {
    const stage = new Stage();
    stage.breakers.create('payments');
    stage.bad(3);
    stage.clock.advance(3000);
    await stage.bind();
    expect(await stage.value('fluxgate_open_seconds_total')).toBeCloseTo(3);
  });

  it('do not follow a wall clock that is set back or forth', async () => {
    const stage = await Stage.of();
    stage.bad(3);
    stage.clock.stepWallClock(-3_600_000);
    stage.clock.advance(1000);
    expect(await stage.value('fluxgate_open_seconds_total')).toBeCloseTo(1);
    stage.clock.stepWallClock(7_200_000);
    stage.clock.advance(1000);
    expect(await stage.value('fluxgate_open_seconds_total')).toBeCloseTo(2);
  });
});

describe('what is exported', () => {
  it('has the names, kinds, labels and aggregators of the table', async () => {
    const stage = await Stage.of({ tripper: MinRequests(5).and(SlowRate(0.5, 250)) });
    stage.breakers.createKeyed('gateway', { keys: {} });
    stage.good();
    const found = (await exported(stage.registry)).map(({ name, type, aggregator, values }) => ({
      name,
      type,
      aggregator,
      labels: [...new Set(values.flatMap(({ labels }) => Object.keys(labels)))].filter((key) => key !== 'le'),
    }));
    const wanted = Object.values(METRICS).map(({ name, type, aggregator, labels }) => ({
      name,
      type,
      aggregator,
      labels: [...labels],
    }));
    expect(sorted(found)).toEqual(sorted(wanted));
  });

  it('keeps a name with quotes, backslashes and commas in its own series', async () => {
    const stage = await Stage.of();
    const name = 'a"b\\c,state:open';
    stage.breakers.create(name);
    stage.breakers.get(name).forceOpen();
    expect(await stage.value('fluxgate_state', { breaker: name, state: 'forced_open' })).toBe(1);
    expect(await stage.text()).toContain('fluxgate_state{breaker="a\\"b\\\\c,state:open",state="open"} 0');
  });

  it('carries the prefix and the static labels everywhere', async () => {
    const stage = await Stage.of(
      { tripper: SlowRate(0.5, 1000) },
      { prefix: 'shop_', labels: { team: 'a', region: 'eu' }, showKeysOf: ['gateway'] },
    );
    stage.breakers.createKeyed('gateway', { keys: {} }).for('a');
    const all = await exported(stage.registry);
    for (const { name, values } of all) {
      expect(name).toMatch(/^shop_fluxgate_/);
      expect(values.length).toBeGreaterThan(0);
      for (const { labels } of values) expect(labels).toMatchObject({ team: 'a', region: 'eu' });
    }
  });

  it('shows one instant: a scrape that moves the circuit tells of the move as well', async () => {
    const stage = await Stage.of({ maxHalfOpenMs: 500 });
    stage.breaker.forceOpen({ forMs: 1 });
    stage.clock.advance(1);
    stage.breaker.acquire();
    stage.clock.advance(500);
    const text = await stage.text();
    expect(text).toContain('fluxgate_state{breaker="payments",state="open"} 1');
    expect(text).toContain(
      'fluxgate_transitions_total{breaker="payments",from="half_open",to="open",cause="timeout"} 1',
    );
  });
});

describe('an exemplar', () => {
  it('shows a trace beside the bucket of its call, in the OpenMetrics format', async () => {
    const registry = new Registry<'application/openmetrics-text; version=1.0.0; charset=utf-8'>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    let trace: string | undefined = 'abc';
    const stage = new Stage();
    stage.breakers.create('payments');
    await stage.bind({
      registry,
      buckets: [0.1],
      exemplar: () => (trace === undefined ? undefined : { trace_id: trace }),
    });
    stage.good(1, 40);
    const bucket = /duration_seconds_bucket\{le="0.1",breaker="payments",outcome="success"\} (\d.*)/;
    expect(bucket.exec(await registry.metrics())?.[1]).toBe(
      `1 # {trace_id="abc"} 0.04 ${stage.clock.wallNow() / 1000}`,
    );
    trace = 'x'.repeat(129);
    stage.good(1, 40);
    trace = undefined;
    stage.good(1, 40);
    expect(bucket.exec(await registry.metrics())?.[1]).toMatch(/^3 # \{trace_id="abc"\}/);
    expect(await registry.metrics()).toContain(
      'fluxgate_calls_total{breaker="payments",outcome="success"} 3',
    );
  });
});

const sorted = <T extends { readonly name: string }>(all: T[]): T[] =>
  [...all].sort((a, b) => (a.name < b.name ? -1 : 1));

describe('the page docs/observability/prometheus.md', () => {
  it('has every metric in its table, with its kind, labels and aggregator', () => {
    const page = readFileSync(new URL('../../docs/observability/prometheus.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| `fluxgate_'));
    const cells = rows.map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(cells).toEqual(
      Object.values(METRICS).map(({ name, type, labels, aggregator }) => [
        `\`${name}\``,
        type,
        labels.join(', '),
        aggregator,
      ]),
    );
  });
});
