import { describe, expect, it } from '@jest/globals';
import { BreakerRegistry, FluxgateConfigError } from 'nestjs-fluxgate';
import { bindOpenTelemetry, FluxgateOpenTelemetryModule } from 'nestjs-fluxgate/opentelemetry';

import { rejection, thrown } from '../support/async.js';

const WRONG: readonly (readonly [options: unknown, problem: string])[] = [
  [null, 'options must be an options object, got null.'],
  [{ meterprovider: 1 }, 'options.meterprovider is not an option. Did you mean meterProvider?'],
  [{ meterProvider: {} }, 'meterProvider must be a MeterProvider of OpenTelemetry, got an object (Object).'],
  [{ meterProvider: null }, 'meterProvider must be a MeterProvider of OpenTelemetry, got null.'],
  [{ metrics: 1 }, 'metrics must be true or false, got 1.'],
  [{ spanEvents: 'no' }, 'spanEvents must be true or false, got "no".'],
  [{ showKeysOf: 'gateway' }, 'showKeysOf must be an array of the names of groups, got "gateway".'],
  [{ showKeysOf: [7] }, 'showKeysOf must be an array of the names of groups, got an array of 1.'],
  [{ attributes: 'a' }, 'attributes must be an object of values by attribute name, got "a".'],
  [{ attributes: null }, 'attributes must be an object of values by attribute name, got null.'],
  [{ attributes: [] }, 'attributes must be an object of values by attribute name, got an array of 0.'],
];

describe('options', () => {
  it.each(WRONG)('%j are refused', async (options, problem) => {
    const error = thrown(() => FluxgateOpenTelemetryModule.forRoot(options as never));
    expect(error).toBeInstanceOf(FluxgateConfigError);
    expect((error as FluxgateConfigError).message).toBe(`FluxgateOpenTelemetryModule.forRoot: ${problem}`);
    const rejected = await rejection(bindOpenTelemetry(new BreakerRegistry(), options as never));
    expect(String(rejected)).toContain(`bindOpenTelemetry: ${problem}`);
  });

  it('that are wrong in several ways are told of all together', () => {
    const error = thrown(() =>
      FluxgateOpenTelemetryModule.forRoot({ metrics: 1, spanEvents: 2, attributes: 3 } as never),
    );
    expect((error as FluxgateConfigError).problems).toHaveLength(3);
  });

  it('may be left out', async () => {
    expect(FluxgateOpenTelemetryModule.forRoot().module).toBe(FluxgateOpenTelemetryModule);
    expect(await bindOpenTelemetry(new BreakerRegistry())).toBeInstanceOf(Function);
  });

  it('of forRootAsync need a factory', () => {
    expect(() => FluxgateOpenTelemetryModule.forRootAsync({} as never)).toThrow(
      'FluxgateOpenTelemetryModule.forRootAsync: useFactory must be a function that gives the options, got undefined.',
    );
    expect(() => FluxgateOpenTelemetryModule.forRootAsync(undefined as never)).toThrow(
      'options must be an options object, got undefined.',
    );
  });

  it('come after a BreakerRegistry', async () => {
    expect(String(await rejection(bindOpenTelemetry(undefined as never)))).toContain(
      'bindOpenTelemetry: breakers must be a BreakerRegistry, got undefined.',
    );
  });
});
