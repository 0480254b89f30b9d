import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  BreakerRegistry,
  CircuitBreaker,
  FailureStreak,
  FluxgateConfigError,
  FluxgateModule,
} from 'nestjs-fluxgate';
import { AlertsListener, FluxgateAlertsModule, Webhook, type AlertsOptions } from 'nestjs-fluxgate/alerts';

import { rejection } from '../support/async.js';
import { fails, hangs, Receiver } from './receiver.js';
import { Log } from './stage.js';

@Injectable()
class Payments {
  @CircuitBreaker('payments')
  async status(): Promise<string> {
    throw new Error('down');
  }
}

@Injectable()
class Settings {
  url = '';
}

let receiver: Receiver;
let log: Log;
let app: TestingModule | undefined;

beforeEach(async () => {
  receiver = await new Receiver().start();
  log = new Log();
});

afterEach(async () => {
  await app?.close();
  app = undefined;
  await receiver.stop();
});

const fluxgate = (): NonNullable<ModuleMetadata['imports']>[number] =>
  FluxgateModule.forRoot({ breakers: { payments: { tripper: FailureStreak(1) } }, logger: false });

const options = (more: Partial<AlertsOptions> = {}): AlertsOptions => ({
  app: 'shop',
  targets: [Webhook({ url: receiver.url })],
  logger: log,
  ...more,
});

async function start(imports: ModuleMetadata['imports']): Promise<TestingModule> {
  app = await Test.createTestingModule({ imports, providers: [Payments] }).compile();
  return app.init();
}

describe('FluxgateAlertsModule', () => {
  it.each(['before', 'after'] as const)(
    'tells the transitions of decorated methods, imported %s',
    async (when) => {
      const alerts = FluxgateAlertsModule.forRoot(options());
      await start(when === 'before' ? [alerts, fluxgate()] : [fluxgate(), alerts]);
      const error = await rejection(app!.get(Payments).status());
      expect((error as Error).message).toBe('down');
      await receiver.until(1);
      expect(receiver.received[0]!.body).toMatchObject({
        app: 'shop',
        breaker: 'payments',
        kind: 'opened',
        lastError: 'Error: down',
      });
    },
  );

  it('posts what waits when the app shuts down, also what happens while it does', async () => {
    @Injectable()
    class Goodbye {
      constructor(private readonly breakers: BreakerRegistry) {}
      onModuleDestroy(): void {
        this.breakers.get('payments').disable();
      }
    }
    @Module({ providers: [Goodbye] })
    class GoodbyeModule {}
    await start([fluxgate(), FluxgateAlertsModule.forRoot(options()), GoodbyeModule]);
    app!.get(BreakerRegistry).get('payments').forceOpen();
    await app!.close();
    expect(receiver.received.map(({ body }) => body.kind)).toEqual(['forced', 'ended']);
  });

  it('does not hold the shutdown for longer than shutdownMs', async () => {
    receiver.usual = hangs;
    await start([fluxgate(), FluxgateAlertsModule.forRoot(options({ shutdownMs: 100 }))]);
    app!.get(BreakerRegistry).get('payments').forceOpen();
    const before = performance.now();
    await app!.close();
    expect(performance.now() - before).toBeLessThan(2000);
    expect(log.lines.at(-1)).toContain('1 transition was not delivered before the shutdown.');
  });

  it('lets a call fail as it would, when the receiver is broken', async () => {
    receiver.usual = fails(500);
    await start([fluxgate(), FluxgateAlertsModule.forRoot(options())]);
    for (const message of ['down', 'payments']) {
      expect(((await rejection(app!.get(Payments).status())) as Error).message).toContain(message);
    }
    await receiver.until(1);
  });

  it('takes options that are injected and awaited', async () => {
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    await start([
      fluxgate(),
      FluxgateAlertsModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async (settings: Settings) => {
          settings.url = receiver.url;
          return options({ targets: [Webhook({ url: settings.url })] });
        },
      }),
    ]);
    app!.get(BreakerRegistry).get('payments').forceOpen();
    await app!.close();
    expect(receiver.received).toHaveLength(1);
  });

  it('exports its listener, for breakers outside of the registry', async () => {
    await start([fluxgate(), FluxgateAlertsModule.forRoot(options())]);
    expect(app!.get(AlertsListener)).toBeInstanceOf(AlertsListener);
  });

  it('may be imported more than once, for targets of different teams', async () => {
    const [a, b] = ['a', 'b'].map((app) => FluxgateAlertsModule.forRoot(options({ app })));
    await start([fluxgate(), a!, b!]);
    app!.get(BreakerRegistry).get('payments').forceOpen();
    await app!.close();
    expect(new Set(receiver.received.map(({ body }) => body.app))).toEqual(new Set(['a', 'b']));
  });

  it('refuses forRootAsync without a factory', () => {
    expect(() => FluxgateAlertsModule.forRootAsync({ useFactori: 1 } as never)).toThrow(
      /^FluxgateAlertsModule.forRootAsync: 2 problems:[^]*Did you mean useFactory\?[^]*useFactory must be a function/,
    );
  });

  it('fails bootstrap with everything that is wrong, also without FluxgateModule', async () => {
    const useFactory = (): AlertsOptions => ({ targets: [Webhook({ url: 'very-secret' })], queueSize: 0 });
    const imports = [FluxgateAlertsModule.forRootAsync({ useFactory })];
    const error = await rejection(Test.createTestingModule({ imports }).compile());
    expect(error).toBeInstanceOf(FluxgateConfigError);
    expect((error as FluxgateConfigError).message).toBe(
      [
        'FluxgateAlertsModule.forRootAsync: 3 problems:',
        '  - targets[0]: Webhook: url must be an http or https URL, got a string of 11 characters.',
        '  - queueSize must be a whole number ≥ 1, got 0.',
        '  - there are no breakers. Add FluxgateModule.forRoot() to the imports of your root module.',
      ].join('\n'),
    );
  });
});
