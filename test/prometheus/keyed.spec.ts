import { describe, expect, it } from '@jest/globals';
import type { FluxgatePrometheusOptions } from 'nestjs-fluxgate/prometheus';

import { bad, good } from '../support/breaker.js';

import { exported, samples, Stage } from './stage.js';

async function keyed(keys = 20, options: FluxgatePrometheusOptions = {}) {
  const stage = new Stage();
  const group = stage.breakers.createKeyed('gateway', { keys: { max: 100, idleMs: 1000 } });
  const unbind = await stage.bind(options);
  for (let i = 0; i < keys; i++) good(group.for(`tenant-${i}`));
  return { stage, group, unbind };
}

const seriesOf = async (stage: Stage): Promise<number> =>
  (await exported(stage.registry)).reduce((sum, { values }) => sum + values.length, 0);

describe('breakers per key', () => {
  it('are labelled by their group and added up: as many series for 20 keys as for none', async () => {
    const { stage, group } = await keyed();
    bad(group.for('tenant-0'), 3);
    expect(await seriesOf(stage)).toBe(await seriesOf((await keyed(0)).stage));
    expect(await stage.text()).not.toContain('tenant');
    const gateway = { breaker: 'gateway' };
    expect(await stage.value('fluxgate_state', { ...gateway, state: 'open' })).toBe(1);
    expect(await stage.value('fluxgate_state', { ...gateway, state: 'closed' })).toBe(20);
    expect(await stage.value('fluxgate_calls_total', { ...gateway, outcome: 'success' })).toBe(20);
    expect(await stage.value('fluxgate_breakers')).toBe(21);
  });

  it('have their series before the first key comes', async () => {
    const { stage } = await keyed(0);
    expect(await stage.value('fluxgate_state', { breaker: 'gateway', state: 'closed' })).toBe(1);
  });

  it('keep what they counted when a key is dropped, and are watched no longer', async () => {
    const { stage, group } = await keyed(4);
    stage.clock.advance(1000);
    good(group.for('tenant-3'));
    expect(group.size).toBe(1);
    expect(await stage.value('fluxgate_breakers')).toBe(2);
    expect(await stage.value('fluxgate_calls_total', { breaker: 'gateway', outcome: 'success' })).toBe(5);
  });

  it('take all their series with them when the group is removed, or the binding ends', async () => {
    const { stage, unbind } = await keyed();
    stage.breakers.remove('gateway');
    expect(await stage.text()).not.toContain('gateway');
    stage.breakers.createKeyed('hosts', { keys: {} }).for('a');
    unbind();
    expect(await stage.text()).not.toContain('hosts');
  });

  it('are rejected for want of room under a reason of its own', async () => {
    const stage = new Stage();
    const group = stage.breakers.createKeyed('gateway', { keys: { max: 1, whenFull: 'reject' } });
    await stage.bind();
    bad(group.for('busy'), 3);
    expect(() => group.for('new').acquire()).toThrow('as many keys');
    expect(await stage.value('fluxgate_rejected_total', { breaker: 'gateway', reason: 'keys_full' })).toBe(1);
  });
});

const shown = { showKeysOf: ['gateway'] };

describe('breakers per key whose keys are asked for', () => {
  it('have series of their own, with the key; what has no key has none', async () => {
    const { stage, group } = await keyed(2, shown);
    const payments = stage.breakers.create('payments');
    bad(group.for('tenant-0'), 3);
    bad(payments, 3);
    const open = await samples(stage.registry, 'fluxgate_state', { state: 'open' });
    expect(open.map(({ labels, value }) => [labels, value])).toEqual([
      [{ breaker: 'gateway', state: 'open' }, 0],
      [{ breaker: 'gateway', key: 'tenant-0', state: 'open' }, 1],
      [{ breaker: 'gateway', key: 'tenant-1', state: 'open' }, 0],
      [{ breaker: 'payments', state: 'open' }, 1],
    ]);
    const text = await stage.text();
    expect(text).toContain('fluxgate_calls_total{breaker="gateway",key="tenant-0",outcome="failure"} 3');
    expect(text).toContain(
      'fluxgate_call_duration_seconds_count{breaker="gateway",key="tenant-1",outcome="success"} 1',
    );
  });

  it('are those of the groups that were named, and of no others', async () => {
    const { stage } = await keyed(1, { showKeysOf: ['hosts'] });
    good(stage.breakers.createKeyed('hosts', { keys: {} }).for('a.example'));
    const text = await stage.text();
    expect(text).not.toContain('tenant');
    expect(text).toContain('key="a.example"');
  });

  it('take all their series with them when they are dropped', async () => {
    const { stage, group } = await keyed(4, shown);
    bad(group.for('tenant-1'), 3);
    await stage.text();
    stage.clock.advance(1000);
    good(group.for('tenant-3'));
    good(group.for('tenant-3'));
    const keys = (await samples(stage.registry, 'fluxgate_state', { state: 'open' })).map(
      ({ labels }) => labels['key'],
    );
    expect(keys).toEqual([undefined, 'tenant-1', 'tenant-3']);
    expect(await stage.text()).not.toMatch(/tenant-[02]/);
  });

  it('never leave more series than there are keys, however many come and go', async () => {
    const stage = new Stage();
    const group = stage.breakers.createKeyed('gateway', { keys: { max: 3, idleMs: 1000 } });
    await stage.bind(shown);
    const counts: number[] = [];
    for (let i = 0; i < 50; i++) {
      stage.clock.advance(400);
      good(group.for(`host-${i}`));
      counts.push(await seriesOf(stage));
    }
    expect(group.snapshot()).toMatchObject({ size: 3, createdCount: 50, overflowCount: 0 });
    expect(Math.max(...counts)).toBe(counts[2]);
    stage.breakers.remove('gateway');
    expect(await stage.text()).not.toMatch(/gateway|host/);
  });

  it('come back from 0 with a key that comes back', async () => {
    const { stage, group } = await keyed(1, shown);
    good(group.for('tenant-0'), 4);
    await stage.text();
    stage.clock.advance(1000);
    good(group.for('other'));
    good(group.for('tenant-0'));
    const calls = { breaker: 'gateway', key: 'tenant-0', outcome: 'success' };
    expect(await stage.value('fluxgate_calls_total', calls)).toBe(1);
  });

  it('go with the binding', async () => {
    const { stage, unbind } = await keyed(3, shown);
    await stage.text();
    unbind();
    expect(stage.registry.getMetricsAsArray()).toEqual([]);
  });

  it('count with the rest of the group where the key is empty, which is no label to Prometheus', async () => {
    const { stage, group } = await keyed(0, shown);
    good(group.for(''));
    expect(await stage.text()).not.toContain('key=');
    expect(await stage.value('fluxgate_state', { breaker: 'gateway', state: 'closed' })).toBe(2);
    expect(await stage.value('fluxgate_calls_total', { breaker: 'gateway', outcome: 'success' })).toBe(1);
  });

  it('stay apart, or together, as they read: hostile keys make no line twice', async () => {
    const { stage, group } = await keyed(0, shown);
    const keys = ['a"} 1\n# EOF', 'a\\', 'a,state:open', 'a', '\ud800', '\udc00', '__proto__'];
    for (const key of keys) good(group.for(key));
    const lines = Buffer.from(await stage.text())
      .toString()
      .split('\n');
    expect(lines.filter((line) => line === '# EOF')).toEqual([]);
    const series = lines
      .filter((line) => line.startsWith('fluxgate_'))
      .map((line) => line.replace(/ \S+$/, ''));
    expect(new Set(series).size).toBe(series.length);
    expect(series.filter((line) => /^fluxgate_state.*key=.*state="closed"/.test(line))).toEqual([
      String.raw`fluxgate_state{breaker="gateway",key="a\"} 1\n# EOF",state="closed"}`,
      String.raw`fluxgate_state{breaker="gateway",key="a\\",state="closed"}`,
      'fluxgate_state{breaker="gateway",key="a,state:open",state="closed"}',
      'fluxgate_state{breaker="gateway",key="a",state="closed"}',
      'fluxgate_state{breaker="gateway",key="\ufffd",state="closed"}',
      'fluxgate_state{breaker="gateway",key="__proto__",state="closed"}',
    ]);
  });

  it('may be asked for by one binding and not by another of the same metrics', async () => {
    const { stage } = await keyed(1, shown);
    const other = new Stage(stage.registry);
    good(other.breakers.createKeyed('gateway', { keys: {} }).for('secret'));
    await other.bind();
    expect(await stage.text()).not.toContain('secret');
    expect(await stage.value('fluxgate_calls_total', { key: 'tenant-0', outcome: 'success' })).toBe(1);
  });
});

describe('the keys of a group', () => {
  const value = (stage: Stage, name: string) => stage.value(`fluxgate_${name}`, { breaker: 'gateway' });

  it('are counted as they come, go, find no room and are none', async () => {
    const stage = new Stage();
    const group = stage.breakers.createKeyed('gateway', { keys: { max: 2, idleMs: 1000 } });
    good(group.for('before'));
    await stage.bind();
    stage.clock.advance(1000);
    bad(group.for('ill'), 3);
    bad(group.for('worse'), 3);
    group.for('new');
    group.for(undefined as never);
    expect(await value(stage, 'keys')).toBe(2);
    expect(await value(stage, 'creations_total')).toBe(3);
    expect(await value(stage, 'evictions_total')).toBe(1);
    expect(await value(stage, 'overflows_total')).toBe(1);
    expect(await value(stage, 'bad_keys_total')).toBe(1);
  });

  it('have every counter at 0 before the first one comes; breakers without keys have none', async () => {
    const { stage } = await keyed(0);
    stage.breakers.create('payments');
    const names = ['keys', 'creations_total', 'evictions_total', 'overflows_total', 'bad_keys_total'];
    for (const name of names) {
      const all = await samples(stage.registry, `fluxgate_${name}`);
      expect(all).toMatchObject([{ labels: { breaker: 'gateway' }, value: 0 }]);
    }
  });

  it('are added up over two apps, and keep their sums when one of them ends', async () => {
    const { stage } = await keyed(3);
    const other = new Stage(stage.registry);
    const group = other.breakers.createKeyed('gateway', { keys: {} });
    const unbind = await other.bind();
    const again = await other.bind();
    good(group.for('a'));
    expect(await value(stage, 'keys')).toBe(4);
    again();
    expect(await value(stage, 'creations_total')).toBe(4);
    unbind();
    expect(await value(stage, 'keys')).toBe(3);
    expect(await value(stage, 'creations_total')).toBe(4);
  });

  it('take their series with the group', async () => {
    const { stage } = await keyed(3);
    await stage.text();
    stage.breakers.remove('gateway');
    expect(await samples(stage.registry, 'fluxgate_creations_total')).toEqual([]);
    stage.breakers.createKeyed('gateway', { keys: {} });
    expect(await value(stage, 'creations_total')).toBe(0);
  });

  it('begin at 0 when the registry is reset', async () => {
    const { stage, group } = await keyed(3);
    stage.registry.resetMetrics();
    expect(await value(stage, 'creations_total')).toBe(0);
    group.for('one more');
    expect(await value(stage, 'creations_total')).toBe(1);
    expect(await value(stage, 'keys')).toBe(4);
  });

  it('lose no time in open when the circuit of a key is dropped while it is open', async () => {
    const stage = new Stage();
    const group = stage.breakers.createKeyed('gateway', { keys: { idleMs: 1000 } });
    await stage.bind();
    bad(group.for('gone'), 3);
    stage.clock.advance(60_000);
    good(group.for('other'));
    expect(group.size).toBe(1);
    expect(await value(stage, 'open_seconds_total')).toBe(60);
  });

  it('are counted when the group keeps a breaker for the overflow beside the shared one', async () => {
    const stage = new Stage();
    const group = stage.breakers.createKeyed('gateway', { keys: { max: 1, whenFull: 'passthrough' } });
    await stage.bind();
    bad(group.for('busy'), 3);
    good(group.for('new'));
    expect(await value(stage, 'overflows_total')).toBe(1);
    expect(await value(stage, 'keys')).toBe(1);
    expect(await stage.value('fluxgate_breakers')).toBe(3);
  });
});
