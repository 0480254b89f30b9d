import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { TestShop } from './shop.js';

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.start();
});

afterAll(() => shop.close());

const answer = async (response: Promise<Response>): Promise<{ status: number; body: any }> => {
  const { status, ...rest } = await response.then(async (r) => ({ status: r.status, body: await r.json() }));
  return { status, ...rest };
};

describe('the admin endpoints of the sample', () => {
  it('list the breakers', async () => {
    const { status, body } = await answer(shop.get('/breakers'));
    expect(status).toBe(200);
    expect(body.map(({ name, state }: any) => [name, state])).toEqual([
      ['acquirer', 'closed'],
      ['rates', 'closed'],
      ['settlements', 'closed'],
    ]);
  });

  it('force one open for a time, with a reason, and reset it', async () => {
    const forced = await answer(
      shop.post('/breakers/acquirer/force-open', { reason: 'maintenance', forMs: 10_000 }),
    );
    expect(forced).toMatchObject({
      status: 200,
      body: { hasMoved: true, breaker: { state: 'forced_open', operatorReason: 'maintenance' } },
    });
    const rejected = await shop.pay();
    expect([rejected.status, rejected.headers.get('retry-after')]).toEqual([503, '10']);
    const again = await answer(shop.post('/breakers/acquirer/force-open'));
    expect(again).toMatchObject({ status: 200, body: { hasMoved: false } });
    const reset = await answer(shop.post('/breakers/acquirer/reset'));
    expect(reset).toMatchObject({ status: 200, body: { hasMoved: true, breaker: { state: 'closed' } } });
    expect((await shop.pay()).status).toBe(201);
  });

  it('let one only measure', async () => {
    await answer(shop.post('/breakers/acquirer/metrics-only'));
    await shop.acquirer.setFault('500');
    for (let i = 0; i < 6; i++) expect((await shop.pay()).status).toBe(502);
    expect(await answer(shop.get('/breakers/acquirer'))).toMatchObject({
      status: 200,
      body: { state: 'metrics_only', wouldTrip: true, failureStreak: 6 },
    });
  });

  it.each(['/breakers/paymets/reset', '/breakers/paymets/force-open', '/breakers/paymets/metrics-only'])(
    'answer 404 to %s, with the names that there are',
    async (path) => {
      const { status, body } = await answer(shop.post(path));
      expect(status).toBe(404);
      expect(body.message).toContain('acquirer, rates, settlements');
    },
  );

  it.each([{ forMs: 'soon' }, { forMs: -5 }, { forMs: 0 }, { forMs: 1.5 }, { forMs: {} }, { reason: 7 }])(
    'answer 400 to %j',
    async (body) => {
      expect((await answer(shop.post('/breakers/rates/force-open', body))).status).toBe(400);
      expect(shop.breaker('rates').state).toBe('closed');
    },
  );
});
