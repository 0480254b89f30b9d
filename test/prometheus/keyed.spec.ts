import { describe, expect, it } from '@jest/globals';

import { bad, good } from '../support/breaker.js';
import { exported, Stage } from './stage.js';

async function keyed(keys = 20) {
  const stage = new Stage();
  const group = stage.breakers.createKeyed('gateway', { keys: { max: 100, idleMs: 1000 } });
  const unbind = await stage.bind();
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
