import { afterEach, describe, expect, it } from '@jest/globals';
import { HealthIndicatorService } from '@nestjs/terminus';
import {
  BreakerRegistry,
  FailureStreak,
  FluxgateModule,
  TypeOf,
  CircuitBreaker,
  type BreakerOptions,
  type FluxgateModuleOptions,
  type Listener,
  type Tracker,
} from 'nestjs-fluxgate';
import { AlertsListener, FluxgateAlertsModule, Webhook, type AlertsOptions } from 'nestjs-fluxgate/alerts';
import { FluxgateEventsModule, type FluxgateEventsOptions } from 'nestjs-fluxgate/event-emitter';
import { FluxgateOpenTelemetryModule } from 'nestjs-fluxgate/opentelemetry';
import { bindPrometheus, FluxgatePrometheusModule } from 'nestjs-fluxgate/prometheus';
import { FluxgateHealthIndicator, FluxgateTerminusModule } from 'nestjs-fluxgate/terminus';
import { RecordingListener } from 'nestjs-fluxgate/testing';
import { Registry } from 'prom-client';

import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { FakeFetch } from '../../alerts/stage.js';
import { breakerOf, BRITTLE, closeAll, start, startBare } from '../apps.js';

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] };

afterEach(closeAll);

/** Options that say the opposite a moment later. */
function fickle() {
  const heard = new RecordingListener();
  const own: Listener[] = [];
  const shop: Changeable<BreakerOptions> = { tripper: FailureStreak(1), listeners: own };
  const keys = { max: 1 };
  const defaults: Changeable<BreakerOptions> = { tripper: FailureStreak(1) };
  const breakers: Record<string, BreakerOptions> = { shop, gateway: { keys } as BreakerOptions };
  const listeners: Listener[] = [];
  const options: FluxgateModuleOptions = { defaults, breakers, listeners, logger: false };
  const change = (): void => {
    shop.tripper = FailureStreak(100);
    own.push(heard);
    keys.max = 100;
    defaults.tripper = FailureStreak(100);
    defaults.initialState = 'disabled';
    breakers['other'] = {};
    listeners.push(heard);
  };
  return { options, change, heard };
}

describe('options are copied when they are taken', () => {
  it.each(['forRoot', 'forRootAsync'] as const)('by %s, in depth', async (way) => {
    const { options, change, heard } = fickle();
    const names = ['shop'];
    const root =
      way === 'forRoot'
        ? FluxgateModule.forRoot(options)
        : FluxgateModule.forRootAsync({ useFactory: () => options, names, inject: [] });
    if (way === 'forRoot') change();
    names.push('never there');
    const app = await startBare({ imports: [root] });
    if (way === 'forRootAsync') change();
    const registry = app.get(BreakerRegistry);
    expect([...registry.names(), ...registry.groups().map(({ name }) => name)]).toEqual(['shop', 'gateway']);
    expect(registry.keyed('gateway').snapshot().max).toBe(1);
    registry.create('later').acquire().fail(new Error('down'));
    registry.get('shop').acquire().fail(new Error('down'));
    expect([registry.get('later').state, registry.get('shop').state]).toEqual(['open', 'open']);
    expect(heard.signals).toEqual([]);
  });

  it('by forFeature', async () => {
    class Payments {
      @CircuitBreaker('shop')
      async pay(): Promise<never> {
        throw new RangeError('no');
      }
    }
    const trackers: Record<string, Tracker> = { shop: TypeOf(RangeError) };
    const breakers: Record<string, BreakerOptions> = { own: { tripper: FailureStreak(1) } };
    const Feature = class {};
    const feature = {
      module: Feature,
      imports: [FluxgateModule.forFeature({ trackers, breakers })],
      providers: [Payments],
    };
    trackers['shop'] = TypeOf(TypeError);
    breakers['own'] = { initialState: 'disabled' };
    breakers['other'] = {};
    const app = await start({ imports: [feature] });
    await app
      .get(Payments, { strict: false })
      .pay()
      .catch(() => 0);
    expect(breakerOf(app).state).toBe('open');
    expect(breakerOf(app, 'own').state).toBe('closed');
    expect(app.get(BreakerRegistry).find('other')).toBeUndefined();
  });

  it('by the alerts, and by a webhook', async () => {
    const receiver = new FakeFetch();
    const headers: Record<string, string> = { authorization: 'first' };
    const templates: AlertsOptions['templates'] & object = { opened: () => ({ title: 'as given' }) };
    const targets = [Webhook({ url: 'https://alerts.example/hook', headers })];
    const given = { targets, templates, fetch: receiver.fetch, app: 'shop' };
    const module = FluxgateAlertsModule.forRoot(given);
    headers['authorization'] = 'second';
    Object.assign(templates, { opened: () => ({ title: 'changed' }) });
    targets.length = 0;
    given.app = 'changed';
    const app = await start({ imports: [module] });
    breakerOf(app).acquire().fail(new Error('down'));
    await app.get(AlertsListener).close();
    expect(receiver.sent).toHaveLength(1);
    expect(receiver.sent[0]!.headers.get('authorization')).toBe('first');
    expect(receiver.sent[0]!.body).toMatchObject({ app: 'shop', title: 'as given' });
  });

  it('by prometheus, as a module and by hand', async () => {
    const registry = new Registry();
    const options = { registry, labels: { service: 'shop' }, prefix: 'a_', buckets: [1, 2] };
    const module = FluxgatePrometheusModule.forRoot(options);
    options.labels.service = 'changed';
    options.buckets.push(3);
    await start({ imports: [module] });
    expect(await registry.metrics()).toContain('service="shop"');
    const breakers = new BreakerRegistry();
    breakers.create('shop');
    options.prefix = 'b_';
    const bound = bindPrometheus(breakers, options);
    options.labels.service = 'again';
    await bound;
    expect(await registry.metrics()).toContain('service="changed"');
    expect(await registry.metrics()).not.toContain('service="again"');
  });

  it('by opentelemetry: what is no data stays itself', async () => {
    const asked: string[] = [];
    const meterProvider = {
      getMeter(scope: string): never {
        asked.push(scope);
        throw new Error('stop here');
      },
    };
    await expect(
      start({ imports: [FluxgateOpenTelemetryModule.forRoot({ meterProvider })] }),
    ).rejects.toThrow('stop here');
    expect(asked).toEqual(['nestjs-fluxgate']);
  });

  it('by terminus, as a module and by hand', async () => {
    const options = { only: ['shop'], breakers: { shop: { failOn: ['open' as const] } } };
    const module = FluxgateTerminusModule.forRoot(options);
    const registry = new BreakerRegistry({ defaults: BRITTLE });
    registry.create('shop').acquire().fail(new Error('down'));
    const byHand = new FluxgateHealthIndicator(registry, new HealthIndicatorService(), options);
    options.only.push('never there');
    options.breakers.shop.failOn.pop();
    const app = await start({ imports: [module] });
    expect(app.get(FluxgateHealthIndicator).check().circuit_breakers.status).toBe('up');
    expect(byHand.check().circuit_breakers.status).toBe('down');
  });

  it('by the topics', async () => {
    const events: FluxgateEventsOptions['events'] & unknown[] = ['open'];
    const module = FluxgateEventsModule.forRoot({ events });
    events.push('closed');
    const app = await start({ imports: [EventEmitterModule.forRoot(), module] });
    const told: string[] = [];
    app.get(EventEmitter2).onAny((topic) => told.push(String(topic)));
    breakerOf(app).acquire().fail(new Error('down'));
    breakerOf(app).reset();
    expect(told).toEqual(['fluxgate.shop.open']);
  });
});

describe('alerts are frozen in depth', () => {
  it('what templates, bodies and only get', async () => {
    const got: unknown[] = [];
    const receiver = new FakeFetch();
    const alerts = new AlertsListener({
      targets: [
        Webhook({
          url: 'https://alerts.example/hook',
          only: (alert) => got.push(alert) > 0,
          body: (alert, message) => {
            got.push(alert, message);
            return {};
          },
        }),
      ],
      templates: {
        flood: (alert, standard) => {
          got.push(alert, standard);
          return {};
        },
      },
      floodLimit: 1,
      fetch: receiver.fetch,
    });
    const breaker = new BreakerRegistry({ listeners: [alerts] }).create('shop', BRITTLE);
    for (let i = 0; i < 3; i++) {
      breaker.acquire().fail(new Error('down'));
      breaker.reset();
    }
    await alerts.close();
    expect(got.length).toBeGreaterThan(8);
    const unfrozen = (value: unknown): unknown[] =>
      typeof value !== 'object' || value === null
        ? []
        : [...(Object.isFrozen(value) ? [] : [value]), ...Object.values(value).flatMap(unfrozen)];
    expect(got.flatMap(unfrozen)).toEqual([]);
  });
});
