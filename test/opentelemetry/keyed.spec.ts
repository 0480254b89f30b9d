import { afterEach, describe, expect, it } from '@jest/globals';
import { InstrumentType } from '@opentelemetry/sdk-metrics';
import { bindOpenTelemetry } from 'nestjs-fluxgate/opentelemetry';

import { bad, good } from '../support/breaker.js';
import { MeterSdk, Stage, TraceSdk, unregister } from './stage.js';

afterEach(unregister);

describe('breakers per key', () => {
  it('are measured by the name of their group, and added up', async () => {
    const sdk = new MeterSdk();
    const stage = new Stage();
    stage.breakers.remove('payments');
    const group = stage.breakers.createKeyed('gateway', { keys: {} });
    const unbind = await bindOpenTelemetry(stage.breakers, { meterProvider: sdk.provider });
    for (let i = 0; i < 5; i++) group.for(`tenant-${i}`);
    bad(group.for('tenant-0'), 3);
    expect(await sdk.states()).toEqual(['gateway closed 5', 'gateway open 1']);
    unbind();
    expect(await sdk.states()).toEqual([]);
  });

  it('leave nothing behind where no SDK has asked for them: groups come and go', async () => {
    const sdk = new MeterSdk();
    const stage = new Stage();
    await bindOpenTelemetry(stage.breakers, { meterProvider: sdk.provider });
    for (let i = 0; i < 20; i++) {
      stage.breakers.createKeyed(`group-${i}`, { keys: {} });
      stage.breakers.remove(`group-${i}`);
    }
    stage.breakers.createKeyed('gateway', { keys: {} });
    const names = (await sdk.metric('fluxgate.circuit_breaker.keys'))!.dataPoints.map(
      ({ attributes }) => attributes['circuitbreaker.name'],
    );
    expect(names).toEqual(['gateway']);
  });

  it('tell their key on the spans of the calls themselves', async () => {
    const sdk = new TraceSdk().register();
    const stage = new Stage();
    const group = stage.breakers.createKeyed('gateway', { keys: {} });
    await bindOpenTelemetry(stage.breakers);
    await sdk.inSpan('request', async () => bad(group.for('tenant-1'), 3));
    expect(sdk.events('request')).toMatchObject([
      { attributes: { 'circuitbreaker.name': 'gateway', 'fluxgate.key': 'tenant-1' } },
    ]);
  });
});

async function keyed(showKeysOf?: readonly string[]) {
  const sdk = new MeterSdk();
  const stage = new Stage();
  stage.breakers.remove('payments');
  const group = stage.breakers.createKeyed('gateway', { keys: { max: 2, idleMs: 1000 } });
  const bind = () => bindOpenTelemetry(stage.breakers, { meterProvider: sdk.provider, showKeysOf });
  return { sdk, stage, group, bind, unbind: await bind() };
}

describe('the keys of groups that were asked for', () => {
  it('are an attribute of their metrics; what has no key has none', async () => {
    const { sdk, stage, group } = await keyed(['gateway']);
    good(group.for('eu'));
    bad(group.for('us'), 3);
    good(stage.breakers.createKeyed('tenants', { keys: {} }).for('secret'));
    const gateway = { 'circuitbreaker.name': 'gateway' };
    const closed = { 'circuitbreaker.state': 'closed' };
    expect(await sdk.points('fluxgate.circuit_breaker.status')).toEqual([
      [{ ...gateway, ...closed }, 1],
      [{ ...gateway, ...closed, 'fluxgate.key': 'eu' }, 1],
      [{ ...gateway, 'circuitbreaker.state': 'open', 'fluxgate.key': 'us' }, 1],
      [{ 'circuitbreaker.name': 'tenants', ...closed }, 2],
    ]);
    const calls = await sdk.points('fluxgate.circuit_breaker.call.duration');
    expect(calls.map(([attributes]) => (attributes as Record<string, unknown>)['fluxgate.key'])).toEqual([
      'eu',
      'us',
      undefined,
    ]);
  });

  it('are in no state any more when their breakers are dropped', async () => {
    const { sdk, stage, group } = await keyed(['gateway']);
    good(group.for('eu'));
    expect(await sdk.states()).toEqual(['gateway closed 1', 'gateway closed 1']);
    stage.clock.advance(1000);
    good(group.for('us'));
    good(group.for('us'));
    const status = await sdk.points('fluxgate.circuit_breaker.status');
    expect(status.map(([attributes]) => attributes)).toEqual([
      { 'circuitbreaker.name': 'gateway', 'circuitbreaker.state': 'closed' },
      { 'circuitbreaker.name': 'gateway', 'circuitbreaker.state': 'closed', 'fluxgate.key': 'us' },
    ]);
  });

  it('are not remembered when they come and go between two collections', async () => {
    const { sdk, stage, group } = await keyed(['gateway']);
    for (let i = 0; i < 20; i++) {
      stage.clock.advance(1000);
      group.for(`host-${i}`);
    }
    const status = await sdk.metric('fluxgate.circuit_breaker.status');
    const keys = status!.dataPoints.map(({ attributes }) => attributes['fluxgate.key']);
    expect(new Set(keys)).toEqual(new Set([undefined, 'host-18', 'host-19']));
  });
});

const NAMES = ['keys', 'creations', 'evictions', 'overflows', 'bad_keys'];

describe('the keys of a group', () => {
  const read = async (sdk: MeterSdk): Promise<unknown[]> => {
    const all = await sdk.read();
    return NAMES.map((name) => {
      const found = all.find(({ descriptor }) => descriptor.name === `fluxgate.circuit_breaker.${name}`);
      return found?.dataPoints[0]?.value;
    });
  };

  it('are counted as they come, go, find no room and are none', async () => {
    const { sdk, stage, group } = await keyed();
    expect(await read(sdk)).toEqual([0, 0, 0, 0, 0]);
    good(group.for('before'));
    stage.clock.advance(1000);
    bad(group.for('ill'), 3);
    bad(group.for('worse'), 3);
    group.for('new');
    group.for(undefined as never);
    expect(await read(sdk)).toEqual([2, 3, 1, 1, 1]);
    const evictions = await sdk.metric('fluxgate.circuit_breaker.evictions');
    expect(evictions).toMatchObject({
      descriptor: { type: InstrumentType.OBSERVABLE_COUNTER, unit: '{breaker}' },
      isMonotonic: true,
      dataPoints: [{ attributes: { 'circuitbreaker.name': 'gateway' } }],
    });
  });

  it('are told of groups alone', async () => {
    const sdk = new MeterSdk();
    await bindOpenTelemetry(new Stage().breakers, { meterProvider: sdk.provider });
    expect(await read(sdk)).toEqual(NAMES.map(() => undefined));
  });

  it('are added up over two apps, and their sums stay when one of them ends', async () => {
    const { sdk, group, bind, unbind } = await keyed();
    const other = new Stage();
    const more = other.breakers.createKeyed('gateway', { keys: {} });
    const unbindOther = await bindOpenTelemetry(other.breakers, { meterProvider: sdk.provider });
    const again = await bind();
    good(group.for('a'));
    good(more.for('b'));
    again();
    expect(await read(sdk)).toEqual([2, 2, 0, 0, 0]);
    unbindOther();
    expect(await read(sdk)).toEqual([1, 2, 0, 0, 0]);
    unbind();
    expect(await read(sdk)).toEqual([0, 2, 0, 0, 0]);
  });

  it('are none once the group is removed, and those of a new one afterwards', async () => {
    const { sdk, stage, group } = await keyed();
    good(group.for('a'));
    expect(await read(sdk)).toEqual([1, 1, 0, 0, 0]);
    stage.breakers.remove('gateway');
    expect((await read(sdk))[0]).toBe(0);
    good(stage.breakers.createKeyed('gateway', { keys: {} }).for('b'));
    expect((await read(sdk))[0]).toBe(1);
    stage.breakers.remove('gateway');
    expect((await read(sdk))[0]).toBe(0);
  });
});
