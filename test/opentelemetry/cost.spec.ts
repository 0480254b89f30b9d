import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { metrics, trace } from '@opentelemetry/api';
import type { BreakerRegistry } from 'nestjs-fluxgate';
import { bindOpenTelemetry, type FluxgateOpenTelemetryOptions } from 'nestjs-fluxgate/opentelemetry';

import { MeterSdk, Stage, TraceSdk, unregister } from './stage.js';

afterEach(unregister);

/** What a binding listens to: the fewer, the less a call costs. */
async function listening(options: FluxgateOpenTelemetryOptions = {}) {
  const { breakers } = new Stage();
  const spies = {
    watch: jest.spyOn(breakers, 'watch'),
    subscribe: jest.spyOn(breakers, 'subscribe'),
    breaker: jest.spyOn((breakers as BreakerRegistry).get('payments'), 'subscribe'),
  };
  (await bindOpenTelemetry(breakers, options))();
  return Object.entries(spies)
    .filter(([, spy]) => spy.mock.calls.length > 0)
    .map(([name]) => name);
}

describe('a call costs', () => {
  it('nothing when no SDK is registered: nobody listens', async () => {
    expect(await listening()).toEqual([]);
  });

  it('nothing but span events when only the SDK of traces is', async () => {
    new TraceSdk().register();
    expect(await listening()).toEqual(['subscribe']);
  });

  it('nothing but metrics when only the SDK of metrics is', async () => {
    metrics.setGlobalMeterProvider(new MeterSdk().provider);
    expect(await listening()).toEqual(['watch', 'breaker']);
  });

  it('what was asked for, when both are', async () => {
    new TraceSdk().register();
    metrics.setGlobalMeterProvider(new MeterSdk().provider);
    expect(await listening()).toEqual(['watch', 'subscribe', 'breaker']);
    expect(await listening({ metrics: false })).toEqual(['subscribe']);
    expect(await listening({ spanEvents: false })).toEqual(['watch', 'breaker']);
    expect(await listening({ metrics: false, spanEvents: false })).toEqual([]);
  });

  it('as with an SDK where a provider of another kind is registered', async () => {
    const { provider } = new TraceSdk();
    jest.spyOn(trace, 'getTracerProvider').mockReturnValue(provider);
    expect(await listening()).toEqual(['subscribe']);
    jest.restoreAllMocks();
  });
});
