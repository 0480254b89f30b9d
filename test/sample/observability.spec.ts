import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import {
  changes,
  lastOutage,
  probeHealth,
  readNotice,
  scrape,
  spanLines,
} from '../../sample-app/src/demo/watch.js';
import { AlertReceiver } from '../../sample-app/src/observability/alert-receiver.js';
import { SpanReceiver } from '../../sample-app/src/observability/tracing.js';
import { TestShop } from './shop.js';

const WITHIN_MS = 5000;

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.start();
});

afterAll(() => shop.close());

beforeEach(() => {
  shop.breaker('acquirer').reset();
});

describe('what others see of the sample', () => {
  it('is on /metrics, in the format of Prometheus', async () => {
    const response = await shop.get('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain('fluxgate_state{breaker="rates",state="closed"} 1');
  });

  it('shows as changed lines', async () => {
    const before = await scrape(shop);
    shop.breaker('acquirer').forceOpen();
    expect(changes(before, await scrape(shop))).toEqual([
      'fluxgate_state{breaker="acquirer",state="closed"} 1 → 0',
      'fluxgate_state{breaker="acquirer",state="forced_open"} 0 → 1',
      expect.stringMatching(/^fluxgate_transitions_total\{.*to="forced_open".*\} (none|0) → 1$/),
    ]);
  });

  it('is on /health: ready, whatever the circuits, and told', async () => {
    expect(await probeHealth(shop)).toMatchObject({ status: 200, acquirer: { state: 'closed' } });
    shop.breaker('acquirer').forceOpen();
    expect(await probeHealth(shop)).toMatchObject({ status: 200, acquirer: { state: 'forced_open' } });
  });

  it('is posted to a webhook, from the outage to its end', async () => {
    shop.breaker('rates').forceOpen({ reason: 'maintenance' });
    const forced = await shop.alerts.received('forced', WITHIN_MS, 'rates');
    expect(forced.title).toBe('⛔ rates is forced open');
    expect(forced.text).toContain('maintenance');
    shop.breaker('rates').reset();
    const { title } = await shop.alerts.received('recovered', WITHIN_MS, 'rates');
    expect(title).toMatch(/^🟢 rates was closed by an operator/);
  });
});

describe('a request to the sample', () => {
  it('has a span, named by its route, on which the breaker tells what it did', async () => {
    await shop.acquirer.setFault('500');
    const { events } = shop.spans;
    while (shop.breaker('acquirer').state === 'closed') await shop.pay();
    await shop.pay();
    await shop.get('/payments/p-1');
    for (let i = 0; i < 100 && events.length < 3; i++) await sleep(10);
    expect(spanLines(events)).toEqual([
      'POST /payments    circuit_breaker.transition closed → open',
      'POST /payments    circuit_breaker.rejected   open',
      expect.stringMatching(/^GET \/payments\/:id +circuit_breaker\.fallback +open$/),
    ]);
    await shop.acquirer.setFault('healthy');
  });
});

describe('what the sample hears itself', () => {
  it('puts a notice up and takes it down, by @OnBreaker', async () => {
    expect(await readNotice(shop)).toBeNull();
    shop.breaker('acquirer').forceOpen();
    expect(await readNotice(shop)).toContain('Card payments are down');
    shop.breaker('acquirer').reset();
    expect(await readNotice(shop)).toBeNull();
  });

  it('is in a diary of outages, by @OnEvent', async () => {
    await shop.acquirer.setFault('500');
    while (shop.breaker('acquirer').state === 'closed') await shop.pay();
    await shop.acquirer.setFault('healthy');
    expect(await lastOutage(shop)).toMatchObject({ breaker: 'acquirer', closedAt: null });
    shop.breaker('acquirer').reset();
    const outage = await lastOutage(shop);
    expect(outage!.rule).toContain('FailureStreak(5)');
    expect(Date.parse(outage!.closedAt!)).toBeGreaterThanOrEqual(Date.parse(outage!.openedAt));
  });
});

describe('who takes the spans of the sample', () => {
  it('keeps the last 500 events', () => {
    const receiver = new SpanReceiver();
    const events = Array.from({ length: 501 }, (_, i) => ({ name: `e${i}`, time: [0, 0] }));
    receiver.export([{ name: 'GET /', events }] as never, () => undefined);
    expect(receiver.events).toHaveLength(500);
    expect(receiver.events[0]).toEqual({ span: 'GET /', name: 'e1', attributes: {} });
  });
});

describe('who takes the alerts of the sample', () => {
  const receiver = new AlertReceiver();

  beforeAll(() => receiver.listen());

  afterAll(() => receiver.close());

  it.each(['', 'no JSON', 'null', '7', '{"kind":"opened"}'])('refuses %j', async (body) => {
    expect((await fetch(receiver.url, { method: 'POST', body })).status).toBe(400);
    expect(receiver.alerts).toEqual([]);
  });

  it('says so when an alert does not come', async () => {
    await expect(receiver.received('probing', 20, 'rates')).rejects.toThrow(
      'no alert "probing" of rates within 20 ms',
    );
  });
});
