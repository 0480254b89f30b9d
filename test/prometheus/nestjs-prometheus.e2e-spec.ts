import { afterEach, describe, expect, it } from '@jest/globals';
import { FluxgatePrometheusModule } from 'nestjs-fluxgate/prometheus';
import { register } from 'prom-client';
import request from 'supertest';

import { ADAPTERS, fluxgate, Payments, Shop, start, stopAll } from './app.js';

/**
 * A CommonJS package; jest on Node 20 cannot require the ES modules of Nest 12 for it. There the same is proved
 * outside jest: by the page docs/observability/prometheus.md and by test/package.
 */
const { makeCounterProvider, PrometheusModule } = await import('@willsoto/nestjs-prometheus').catch(
  (error: Error) => {
    if (!error.message.startsWith('Must use import to load ES Module')) throw error;
    return {} as Partial<typeof import('@willsoto/nestjs-prometheus')> as never;
  },
);
const describeIfLoaded = PrometheusModule === undefined ? describe.skip : describe;

afterEach(stopAll);

describeIfLoaded.each(ADAPTERS)('@willsoto/nestjs-prometheus on %s', (_name, adapter) => {
  it('shows the breakers at its endpoint, from the start', async () => {
    const app = await start(adapter, {
      imports: [
        PrometheusModule.register({ defaultMetrics: { enabled: false } }),
        fluxgate(),
        FluxgatePrometheusModule.forRoot(),
      ],
      controllers: [Shop],
    });
    const scrape = async (): Promise<string> =>
      (await request(app.getHttpServer()).get('/metrics').expect(200)).text;
    const first = await scrape();
    expect(first).toContain('fluxgate_state{breaker="payments",state="closed"} 1');
    expect(first).toContain('fluxgate_state{breaker="inventory",state="closed"} 1');
    for (const status of [502, 502, 503]) await request(app.getHttpServer()).get('/payments').expect(status);
    const later = await scrape();
    expect(later).toContain('fluxgate_state{breaker="payments",state="open"} 1');
    expect(later).toContain('fluxgate_calls_total{breaker="payments",outcome="failure"} 2');
    expect(later).toContain('fluxgate_call_duration_seconds_count{breaker="payments",outcome="failure"} 2');
    expect(later).toContain('fluxgate_rejected_total{breaker="payments",reason="open"} 1');
    expect(later).toContain(
      'fluxgate_transitions_total{breaker="payments",from="closed",to="open",cause="tripper"} 1',
    );
  });

  it('shows them beside the metrics of the app, whatever the order of the modules', async () => {
    const app = await start(adapter, {
      imports: [
        FluxgatePrometheusModule.forRoot(),
        fluxgate(),
        PrometheusModule.register({ defaultMetrics: { enabled: false }, defaultLabels: { pod: 'p1' } }),
      ],
      providers: [Payments, makeCounterProvider({ name: 'orders_total', help: 'Orders' })],
    });
    const { text } = await request(app.getHttpServer()).get('/metrics').expect(200);
    expect(text).toContain('orders_total{pod="p1"} 0');
    expect(text).toContain('fluxgate_state{breaker="payments",state="closed",pod="p1"} 1');
    register.setDefaultLabels({});
  });
});
