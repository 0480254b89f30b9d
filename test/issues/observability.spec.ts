import { afterEach, describe, expect, it } from '@jest/globals';
import { HealthIndicatorService } from '@nestjs/terminus';
import { Breaker, BreakerRegistry, FailureStreak, FluxgateModule } from 'nestjs-fluxgate';
import { AlertsListener, Webhook } from 'nestjs-fluxgate/alerts';
import { FluxgateEventsModule } from 'nestjs-fluxgate/event-emitter';
import { bindOpenTelemetry, FluxgateOpenTelemetryModule } from 'nestjs-fluxgate/opentelemetry';
import { bindPrometheus, FluxgatePrometheusModule } from 'nestjs-fluxgate/prometheus';
import { FluxgateHealthIndicator, FluxgateTerminusModule } from 'nestjs-fluxgate/terminus';
import { Registry } from 'prom-client';

import { Log } from '../alerts/stage.js';
import { TraceSdk, unregister } from '../opentelemetry/stage.js';
import { rejection } from '../support/async.js';

// Found by installing the package and following the pages of its adapters.

describe('a promise in the place of options', () => {
  it.each([
    ['FluxgateModule', FluxgateModule],
    ['FluxgatePrometheusModule', FluxgatePrometheusModule],
    ['FluxgateOpenTelemetryModule', FluxgateOpenTelemetryModule],
    ['FluxgateTerminusModule', FluxgateTerminusModule],
    ['FluxgateEventsModule', FluxgateEventsModule],
  ])('is refused by %s: it would count as no options at all', (_name, module) => {
    expect(() => module.forRoot(Promise.resolve({}) as never)).toThrow(
      'options must be an options object, got an object (Promise).',
    );
  });
});

describe('a breaker that is removed while the app runs', () => {
  const options = { only: ['payments'], breakers: { payments: { failOn: ['open'] } } } as const;

  it('fails no readiness probe: the answer leaves it out, until it is there again', () => {
    const registry = new BreakerRegistry();
    registry.create('payments');
    const health = new FluxgateHealthIndicator(registry, new HealthIndicatorService(), options);
    health.onApplicationBootstrap();
    registry.remove('payments');
    expect(health.check()).toEqual({ circuit_breakers: { status: 'up', breakers: {}, failing: [] } });
    registry
      .create('payments', { tripper: FailureStreak(1) })
      .acquire()
      .fail(new Error('down'));
    expect(health.check().circuit_breakers.failing).toEqual(['payments']);
  });

  it('is known to a check with options of its own too; a name that never was is refused', () => {
    const registry = new BreakerRegistry();
    registry.create('payments');
    const health = new FluxgateHealthIndicator(registry, new HealthIndicatorService());
    health.check('strict', options);
    registry.remove('payments');
    expect(health.check('strict', options).strict.status).toBe('up');
    expect(() => health.check('strict', { only: ['inventory'] })).toThrow(
      'only: no circuit breaker is called "inventory"',
    );
  });
});

describe('a registry of prom-client that was cleared', () => {
  it('takes metrics of another shape: what was cleared away is not there already', async () => {
    const registry = new Registry();
    const [one, two] = [new BreakerRegistry(), new BreakerRegistry()];
    one.create('old');
    two.create('payments');
    const leave = await bindPrometheus(one, { registry, labels: { app: 'shop' } });
    registry.clear();
    await bindPrometheus(two, { registry, labels: { team: 'a' } });
    leave();
    const text = await registry.metrics();
    expect(text).toContain('fluxgate_state{breaker="payments",team="a",state="closed"} 1');
    expect(text).not.toContain('breaker="old"');
    await bindPrometheus(two, { registry, labels: { team: 'a' } });
  });

  it('refuses another shape as long as one of the metrics is there', async () => {
    const registry = new Registry();
    await bindPrometheus(new BreakerRegistry(), { registry, labels: { app: 'shop' } });
    registry.removeSingleMetric('fluxgate_state');
    const error = await rejection(bindPrometheus(new BreakerRegistry(), { registry }));
    expect((error as Error).message).toContain('are in this registry already with the labels (app)');
  });
});

describe('OpenTelemetry that is bound twice', () => {
  afterEach(unregister);

  it('puts each event on the span once, until the second binding ends too', async () => {
    const sdk = new TraceSdk().register();
    const breakers = new BreakerRegistry();
    const breaker: Breaker = breakers.create('payments');
    const first = await bindOpenTelemetry(breakers, { attributes: { a: 1, b: 2 } });
    const second = await bindOpenTelemetry(breakers, { attributes: { b: 2, a: 1 } });
    const other = await bindOpenTelemetry(breakers, { attributes: { a: 3 } });
    const eventsIn = async (span: string): Promise<unknown[]> => {
      await sdk.inSpan(span, async () => {
        breaker.forceOpen();
        breaker.reset();
      });
      return sdk.events(span).map(({ attributes }) => attributes?.['a']);
    };
    expect(await eventsIn('bound twice, and otherwise')).toEqual([1, 3, 1, 3]);
    first();
    other();
    expect(await eventsIn('bound once')).toEqual([1, 1]);
    second();
    second();
    expect(await eventsIn('not bound')).toEqual([]);
  });
});

it('an option that is a secret of one character is said to have one character', () => {
  expect(Webhook({ url: 'x' }).problems).toEqual([
    'Webhook: url must be an http or https URL, got a string of 1 character.',
  ]);
});

it('a target of the user that does not say what became of an alert loses it, and ends no process', async () => {
  const logger = new Log();
  const own = { name: 'own', problems: [], post: async () => undefined as never };
  const alerts = new AlertsListener({ targets: [own], logger });
  new Breaker('payments', { listeners: [alerts] }).forceOpen();
  await alerts.close();
  expect(logger.lines[0]).toContain(
    'own does not take alerts: the target did not say what became of it. The alert is lost',
  );
  expect(logger.lines[1]).toBe('warn own: 1 transition was not delivered before the shutdown.');
});
