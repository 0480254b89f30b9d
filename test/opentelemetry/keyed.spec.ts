import { afterEach, describe, expect, it } from '@jest/globals';
import { bindOpenTelemetry } from 'nestjs-fluxgate/opentelemetry';

import { bad } from '../support/breaker.js';
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
