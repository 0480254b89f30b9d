import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  Backoff,
  BreakerRegistry,
  CircuitBreaker,
  FailureStreak,
  FluxgateConfigError,
  FluxgateModule,
  getBreakerToken,
  InjectBreaker,
  OnBreaker,
  seconds,
  TypeOf,
  type Breaker,
} from 'nestjs-fluxgate';
import {
  FluxgateTestingModule,
  FluxgateTestKit,
  ManualClock,
  RecordingListener,
  type FluxgateTestingOptions,
} from 'nestjs-fluxgate/testing';

@Injectable()
class Payments {
  constructor(@InjectBreaker('bank') readonly bank: Breaker) {}
  @CircuitBreaker('payments', { fallback: () => 'unknown', fallbackWhen: 'rejected' })
  async status(fails = false): Promise<string> {
    if (fails) throw new Error('down');
    return 'paid';
  }
  @CircuitBreaker()
  async refund(): Promise<string> {
    return 'refunded';
  }
}

let app: TestingModule;
afterEach(() => app.close());

async function compile(options?: FluxgateTestingOptions): Promise<FluxgateTestKit> {
  app = await Test.createTestingModule({
    imports: [FluxgateTestingModule.forRoot(options)],
    providers: [Payments],
  }).compile();
  return app.get(FluxgateTestKit);
}

describe('FluxgateTestingModule', () => {
  it('has a breaker for every name, and lets every call through', async () => {
    const kit = await compile();
    await app.init();
    expect(kit.registry.names().toString()).toBe('bank,payments,Payments.refund');
    for (let i = 0; i < 200; i++)
      await app
        .get(Payments)
        .status(true)
        .catch(() => 0);
    expect(await app.get(Payments).status()).toBe('paid');
    expect(kit.breaker('payments').snapshot()).toMatchObject({
      state: 'metrics_only',
      wouldTrip: true,
      calls: { failure: 200, success: 1, rejected: 0 },
    });
    expect(app.get(Payments).bank).toBe(kit.breaker('bank'));
  });

  it('needs no init(): the kit makes the breakers it is asked for', async () => {
    const kit = await compile();
    kit.forceOpen('payments', { reason: 'test' });
    expect(await app.get(Payments).status()).toBe('unknown');
    expect(await app.get(Payments).refund()).toBe('refunded');
    expect(app.get(BreakerRegistry)).toBe(kit.registry);
  });

  it('takes options as forRoot does', async () => {
    const signals = new RecordingListener();
    const kit = await compile({
      breakers: { payments: { tripper: FailureStreak(1), initialState: 'closed' } },
      listeners: [signals],
    });
    await expect(app.get(Payments).status(true)).rejects.toThrow('down');
    expect(await app.get(Payments).status()).toBe('unknown');
    expect(signals.moves()).toEqual(['closed → open (tripper)']);
    expect(app.get(getBreakerToken('payments'))).toBe(kit.breaker('payments'));
  });

  it("breaks as in production with mode: 'real', on its own clock and seed", async () => {
    const retry = Backoff({ initialMs: seconds(10), jitter: 0.5 });
    const waits: unknown[] = [];
    for (const seed of [7, 7, 8]) {
      const clock = new ManualClock();
      const defaults = { tripper: FailureStreak(1), retry };
      const kit = await compile({ mode: 'real', defaults, clock, seed });
      expect(kit.clock).toBe(clock);
      await app
        .get(Payments)
        .status(true)
        .catch(() => 0);
      expect(await app.get(Payments).status()).toBe('unknown');
      waits.push(kit.breaker('payments').snapshot().retryAfterMs);
      clock.advance(seconds(15));
      expect(kit.breaker('payments').snapshot().retryAfterMs).toBe(0);
      await app.close();
    }
    expect(waits[0]).toBe(waits[1]);
    expect(waits[0]).not.toBe(waits[2]);
    await compile();
  });

  it('lets defaults say in which state breakers start', async () => {
    const kit = await compile({ defaults: { initialState: 'disabled' } });
    expect(kit.breaker('payments').state).toBe('disabled');
  });

  it('has a breaker, and no group, for names that only @OnBreaker or forFeature give', async () => {
    @Injectable()
    class Pager {
      @OnBreaker('heard', 'open')
      opened(): void {}
    }
    @Module({ imports: [FluxgateModule.forFeature({ trackers: { tracked: TypeOf(RangeError) } })] })
    class FeatureModule {}
    app = await Test.createTestingModule({
      imports: [FluxgateTestingModule.forRoot(), FeatureModule],
      providers: [Pager],
    }).compile();
    await app.init();
    const kit = app.get(FluxgateTestKit);
    expect(kit.registry.names().sort()).toEqual(['heard', 'tracked']);
    expect(kit.registry.groups()).toEqual([]);
  });

  it('logs nothing', async () => {
    const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    const kit = await compile();
    kit.forceOpen();
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
  });
});

describe('FluxgateTestKit', () => {
  it('moves one breaker or all, and has what they told', async () => {
    const kit = await compile({ mode: 'real' });
    await app.init();
    const states = (): string[] => kit.registry.list().map(({ state }) => state);
    kit.forceOpen('payments');
    expect(states()).toEqual(['closed', 'forced_open', 'closed']);
    kit.forceOpen();
    expect(states()).toEqual(['forced_open', 'forced_open', 'forced_open']);
    kit.reset('bank');
    expect(states()).toEqual(['closed', 'forced_open', 'forced_open']);
    kit.alwaysPermit();
    expect(states()).toEqual(['metrics_only', 'metrics_only', 'metrics_only']);
    kit.reset();
    kit.alwaysPermit('bank');
    expect(states()).toEqual(['metrics_only', 'closed', 'closed']);
    expect(kit.signals.of('transition').filter(({ breaker }) => breaker === 'payments')).toHaveLength(3);
    await app.get(Payments).refund();
    expect(kit.signals.of('call')).toHaveLength(1);
  });
});

describe('FluxgateTestingModule.forRoot refuses', () => {
  it.each<[string, unknown, string]>([
    ['null', null, 'options must be an options object, got null.'],
    ['a mistyped option', { mod: 'real' }, 'options.mod is not an option. Did you mean mode?'],
    ['a mistyped mode', { mode: 'reel' }, "mode must be 'permit' or 'real', got \"reel\"."],
    ['no defaults', { defaults: null }, 'defaults must be an options object, got null.'],
    ['a seed that is none', { seed: NaN }, 'seed must be a finite number, got NaN.'],
    [
      'a clock that nobody can move',
      { clock: { now: () => 0 } },
      'clock must be a ManualClock, got an object (Object).',
    ],
  ])('%s', async (_what, options, text) => {
    await compile();
    expect(() => FluxgateTestingModule.forRoot(options as never)).toThrow(
      new FluxgateConfigError('FluxgateTestingModule.forRoot', [text]),
    );
  });

  it('what forRoot refuses', async () => {
    await compile();
    expect(() => FluxgateTestingModule.forRoot({ defaults: { timeoutMs: 0 } })).toThrow(
      'FluxgateModule.forRoot: defaults.timeoutMs must be a finite number of milliseconds > 0, got 0.',
    );
  });
});
