import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { TestShop } from './shop.js';

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.start();
});

afterAll(() => shop.close());

afterEach(async () => {
  await shop.acquirer.setFault('healthy');
  for (const name of ['acquirer', 'rates', 'settlements']) {
    // A closed one is reset by way of another state.
    shop.breaker(name).disable();
    shop.breaker(name).reset();
  }
});

const json = async (response: Promise<Response>): Promise<any> => (await response).json();

describe('the sample under each fault of its acquirer', () => {
  it.each([
    ['healthy', 201, 'success'],
    ['slow', 201, 'success'],
    ['404', 404, 'ignored'],
    ['500', 502, 'failure'],
    ['hang', 504, 'failure'],
    ['reset', 502, 'failure'],
    ['refused', 502, 'failure'],
  ] as const)('%s: a payment gets %i and counts as %s', async (fault, status, outcome) => {
    await shop.acquirer.setFault(fault);
    const before = shop.breaker('acquirer').snapshot().calls[outcome];
    expect((await shop.pay()).status).toBe(status);
    expect(shop.breaker('acquirer').snapshot().calls[outcome]).toBe(before + 1);
  });

  it.each([
    ['404', 404, 'ignored'],
    ['500', 502, 'failure'],
    ['hang', 504, 'failure'],
    ['refused', 502, 'failure'],
  ] as const)('%s: a rate gets %i and counts as %s', async (fault, status, outcome) => {
    await shop.acquirer.setFault(fault);
    const before = shop.breaker('rates').snapshot().calls[outcome];
    expect((await shop.get('/rates/CHF')).status).toBe(status);
    expect(shop.breaker('rates').snapshot().calls[outcome]).toBe(before + 1);
  });

  it('opens after five failures: 503 with Retry-After, and the acquirer is left alone', async () => {
    await shop.acquirer.setFault('500');
    for (let i = 0; i < 5; i++) expect((await shop.pay()).status).toBe(502);
    const before = shop.acquirer.requests;
    const rejected = await shop.pay();
    expect(rejected.status).toBe(503);
    expect(rejected.headers.get('retry-after')).toBe('2');
    expect(shop.acquirer.requests).toBe(before);
    expect(await json(shop.get('/payments/availability'))).toMatchObject({ isAvailable: false });
  });

  it('opens after ten slow payments', async () => {
    await shop.acquirer.setFault('slow');
    await Promise.all(Array.from({ length: 10 }, () => shop.pay()));
    expect(shop.breaker('acquirer').state).toBe('open');
  });

  it('falls back to the last known status and rate', async () => {
    await Promise.all([shop.get('/payments/p-1'), shop.get('/rates/EUR')]);
    await shop.acquirer.setFault('reset');
    expect(await json(shop.get('/payments/p-1'))).toMatchObject({ amount: 42, isStale: true });
    expect(await json(shop.get('/rates/EUR'))).toMatchObject({ currency: 'EUR', isStale: true });
    expect((await shop.get('/payments/p-99')).status).toBe(502);
  });

  it('does not hide what the client did wrong', async () => {
    expect((await shop.post('/payments', { amount: 'much' })).status).toBe(400);
    expect((await shop.post('/payments')).status).toBe(400);
    expect((await shop.post('/payments', { amount: -1 })).status).toBe(422);
    expect((await shop.get('/payments/p-99')).status).toBe(404);
    expect(shop.breaker('acquirer').snapshot().failureStreak).toBe(0);
  });
});

describe('the stream of the sample', () => {
  it('is one call, which succeeds when it ends', async () => {
    const before = shop.breaker('settlements').snapshot().calls;
    const events = await (await shop.get('/settlements')).text();
    expect(events.match(/^data: \{"batch":\d,/gm)).toHaveLength(8);
    const { calls } = shop.breaker('settlements').snapshot();
    expect(calls).toEqual({ ...before, admitted: before.admitted + 1, success: before.success + 1 });
  });

  it('is a success, and the acquirer left, when its reader goes after an event', async () => {
    const gone = new AbortController();
    const { body } = await shop.get('/settlements', { signal: gone.signal });
    await body!.getReader().read();
    const { success } = shop.breaker('settlements').snapshot().calls;
    gone.abort();
    for (let i = 0; i < 100 && shop.breaker('settlements').snapshot().calls.inFlight > 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(shop.breaker('settlements').snapshot().calls).toMatchObject({ inFlight: 0, success: success + 1 });
  });

  it('is refused before it starts while the circuit is open', async () => {
    shop.breaker('settlements').forceOpen({ forMs: 9500 });
    const response = await shop.get('/settlements');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('10');
  });

  it('breaks off with an event when the acquirer does', async () => {
    const response = await shop.get('/settlements');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += part.value;
      if (text.includes('data:')) await shop.acquirer.setFault('reset');
    }
    expect(text).toContain('event: error');
    expect(shop.breaker('settlements').snapshot().failureStreak).toBe(1);
  });
});
