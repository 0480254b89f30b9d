import { describe, expect, it } from '@jest/globals';
import { FailureStreak, KeyedBreakers } from 'nestjs-fluxgate';
import { AlertsListener, Webhook } from 'nestjs-fluxgate/alerts';

describe('breakers per key', () => {
  it('alert by key, each in an outage of its own', async () => {
    const posted: { breaker: string; outage: { id: string } }[] = [];
    const alerts = new AlertsListener({
      targets: [Webhook({ url: 'https://alerts.example/hook' })],
      fetch: async (_url, init) => {
        posted.push(JSON.parse(init?.body as string));
        return new Response();
      },
    });
    const group = new KeyedBreakers('gateway', { tripper: FailureStreak(1), keys: {}, listeners: [alerts] });
    for (const key of ['a', 'b']) group.for(key).acquire().fail(new Error('down'));
    await alerts.close();
    expect(posted.map(({ breaker }) => breaker)).toEqual(['gateway[a]', 'gateway[b]']);
    expect(new Set(posted.map(({ outage }) => outage.id)).size).toBe(2);
  });
});
