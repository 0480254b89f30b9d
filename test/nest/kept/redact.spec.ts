import { afterEach, describe, expect, it } from '@jest/globals';
import { HealthIndicatorService } from '@nestjs/terminus';
import {
  BreakerRegistry,
  FailureStreak,
  FluxgateModule,
  KeyedBreakers,
  LoggerListener,
  TripWhen,
  type FaultSignal,
  type FluxgateModuleOptions,
  type Redact,
} from 'nestjs-fluxgate';
import { AlertsListener, FluxgateAlertsModule, Webhook } from 'nestjs-fluxgate/alerts';
import { bindEventEmitter } from 'nestjs-fluxgate/event-emitter';
import { FluxgateHealthIndicator } from 'nestjs-fluxgate/terminus';
import { FluxgateTestingModule, FluxgateTestKit } from 'nestjs-fluxgate/testing';

import { FakeFetch, Log as AlertsLog } from '../../alerts/stage.js';
import { breakerOf, BRITTLE, closeAll, messageOf, startBare } from '../apps.js';
import { Log } from '../handlers/apps.js';

const SECRET = 'tok_live_42';
const leak = (): Error => Object.assign(new Error(`401 for ${SECRET}`), { code: 'E_AUTH' });
const redact: Redact = (text) => text.replaceAll(/tok_\w+/g, '***');
const broken: Redact = () => {
  throw new Error(`cannot redact ${SECRET}`);
};

afterEach(closeAll);

/** An app that logs, and posts alerts; one call of it fails by a secret. */
async function stage(options: FluxgateModuleOptions, way: 'forRoot' | 'forRootAsync' = 'forRoot') {
  const log = new Log();
  const receiver = new FakeFetch();
  const faults: FaultSignal[] = [];
  const given: FluxgateModuleOptions = {
    defaults: { ...BRITTLE, tripper: FailureStreak(1) },
    breakers: { shop: {} },
    logger: log,
    listeners: [{ onFault: (fault) => faults.push(fault) }],
    ...options,
  };
  const app = await startBare({
    imports: [
      way === 'forRoot'
        ? FluxgateModule.forRoot(given)
        : FluxgateModule.forRootAsync({ useFactory: async () => given }),
      FluxgateAlertsModule.forRoot({
        targets: [Webhook({ url: 'https://alerts.example/hook' })],
        fetch: receiver.fetch,
        logger: false,
      }),
    ],
  });
  await breakerOf(app)
    .execute(() => Promise.reject(leak()))
    .catch(() => 0);
  await app.get(AlertsListener).close();
  return { app, log, receiver, faults };
}

describe('redact of FluxgateModule', () => {
  it.each(['forRoot', 'forRootAsync'] as const)(
    'given to %s holds for log, snapshots, warm starts, alerts, health and explanations',
    async (way) => {
      const { app, log, receiver } = await stage({ redact }, way);
      const shown = [
        ...log.lines,
        receiver.sent[0]!.text,
        JSON.stringify(breakerOf(app).snapshot({ window: true })),
        JSON.stringify(breakerOf(app).explain()),
        JSON.stringify(
          new FluxgateHealthIndicator(app.get(BreakerRegistry), new HealthIndicatorService()).check(),
        ),
      ];
      expect(shown.filter((text) => text.includes(SECRET))).toEqual([]);
      expect(log.lines[0]).toContain('last error: Error: 401 for *** (E_AUTH); ');
      expect(receiver.sent[0]!.body.lastError).toBe('Error: 401 for *** (E_AUTH)');
      expect(breakerOf(app).snapshot().lastError).toBe('Error: 401 for *** (E_AUTH)');
    },
  );

  it('shows everything where there is none (the test above can fail)', async () => {
    const { app, log, receiver } = await stage({});
    for (const text of [log.lines[0], receiver.sent[0]!.text, breakerOf(app).snapshot().lastError]) {
      expect(text).toContain(SECRET);
    }
  });

  it('hides secrets in faults that are logged, and in rules that quote them', async () => {
    const tripper = FailureStreak(1).and(
      TripWhen(() => {
        throw leak();
      }).not(),
    );
    const { log } = await stage({ redact, defaults: { ...BRITTLE, tripper } });
    expect(log.lines.join('\n')).toContain('its tripper failed');
    expect(log.lines.join('\n')).not.toContain(SECRET);
  });

  it('that fails shows name and code alone, and onFault hears of it', async () => {
    const { app, log, receiver, faults } = await stage({ redact: broken });
    expect(log.lines[0]).toContain('last error: Error (E_AUTH); ');
    expect(receiver.sent[0]!.body.lastError).toBe('Error (E_AUTH)');
    expect(breakerOf(app).snapshot().lastError).toBe('Error (E_AUTH)');
    expect(faults.map(({ source }) => source)).toEqual(['redact', 'redact', 'redact']);
    expect([...log.lines, receiver.sent[0]!.text].join('\n')).not.toContain(SECRET);
    expect(log.lines[1]).toBe(
      'warn [undefined] shop: its redact failed (calls go on; told once a minute): Error',
    );
    expect(log.lines).toHaveLength(2);
  });

  it('holds for groups, and for features', async () => {
    const { app } = await stage({ redact, breakers: { shop: {}, gateway: { keys: {} } } });
    const group = app.get(BreakerRegistry).keyed('gateway');
    expect(group).toBeInstanceOf(KeyedBreakers);
    group.for('a').acquire().fail(leak());
    expect(group.for('a').snapshot().lastError).toBe('Error: 401 for *** (E_AUTH)');
  });

  it('is refused when it is no function', async () => {
    const text = 'redact must be a function (text, { name, code }) => string, got "yes".';
    expect(() => FluxgateModule.forRoot({ redact: 'yes' as never })).toThrow(text);
    const awaited = FluxgateModule.forRootAsync({ useFactory: () => ({ redact: 'yes' as never }) });
    expect(await messageOf(startBare({ imports: [awaited] }))).toContain(text);
  });

  it('is taken by the testing module too', async () => {
    const app = await startBare({ imports: [FluxgateTestingModule.forRoot({ redact })] });
    const breaker = app.get(FluxgateTestKit).breaker('shop');
    breaker.acquire().fail(leak());
    expect(breaker.snapshot().lastError).toBe('Error: 401 for *** (E_AUTH)');
  });
});

describe('a listener', () => {
  it('of one’s own gets the error itself, and asks the same function', () => {
    const told: unknown[] = [];
    const registry = new BreakerRegistry({
      redact,
      listeners: [
        { onTransition: ({ lastError }) => told.push(redact((lastError as Error).message, about)) },
      ],
    });
    const about = { name: 'Error', code: 'E_AUTH' };
    const breaker = registry.create('shop', { tripper: FailureStreak(1) });
    const emitted: unknown[] = [];
    bindEventEmitter(registry, { emitAsync: async (_topic, signal) => emitted.push(signal) });
    breaker.acquire().fail(leak());
    expect(told).toEqual(['401 for ***']);
    expect((emitted[0] as { lastError: Error }).lastError.message).toContain(SECRET);
  });

  it('LoggerListener by hand takes it as its second argument', () => {
    const log = new Log();
    const registry = new BreakerRegistry({ listeners: [new LoggerListener(log, redact)] });
    registry
      .create('shop', { tripper: FailureStreak(1) })
      .acquire()
      .fail(leak());
    expect(log.lines[0]).toContain('last error: Error: 401 for *** (E_AUTH)');
  });
});

describe('alerts', () => {
  const post = async (options: { redact?: Redact; errorText?: (error: unknown) => string }) => {
    const receiver = new FakeFetch();
    const log = new AlertsLog();
    const faults: FaultSignal[] = [];
    const alerts = new AlertsListener({
      targets: [Webhook({ url: 'https://alerts.example/hook' })],
      fetch: receiver.fetch,
      logger: log,
      ...options,
    });
    const registry = new BreakerRegistry({ listeners: [alerts, { onFault: (one) => faults.push(one) }] });
    registry
      .create('shop', { tripper: FailureStreak(1) })
      .acquire()
      .fail(leak());
    await alerts.close();
    return { lastError: receiver.sent[0]!.body.lastError as string, lines: log.lines, faults };
  };
  const errorText = (error: unknown): string => `I saw ${(error as Error).message}`;

  it('have a redact of their own', async () => {
    expect((await post({ redact })).lastError).toBe('Error: 401 for *** (E_AUTH)');
  });

  it('show what errorText makes of it, as far as redact lets through', async () => {
    expect((await post({ errorText })).lastError).toBe(`I saw 401 for ${SECRET}`);
    expect((await post({ errorText, redact })).lastError).toBe('I saw 401 for ***');
  });

  it.each([undefined, errorText])(
    'say name and code alone when redact fails, and tell it (errorText: %p)',
    async (own) => {
      const { lastError, lines, faults } = await post({ redact: broken, ...(own && { errorText: own }) });
      expect(lastError).toBe('Error (E_AUTH)');
      expect(lines).toEqual(['warn redact failed, so alerts say name and code alone (told once): Error']);
      expect(faults.map(({ source }) => source)).toEqual(['redact']);
    },
  );

  it('hide secrets in what is logged of an errorText that fails', async () => {
    const fails = (error: unknown): string => {
      throw error;
    };
    const { lines } = await post({ errorText: fails, redact });
    expect(lines).toEqual([
      'warn errorText failed, so alerts say nothing of the error (told once): Error: 401 for *** (E_AUTH)',
    ]);
  });
});
