import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import { Webhook, type WebhookOptions } from 'nestjs-fluxgate/alerts';

import { Stage, trip } from './stage.js';

const URL_ = 'https://alerts.example/hook?key=very-secret';

const webhook = (
  options: Partial<WebhookOptions> = {},
  alerts: ConstructorParameters<typeof Stage>[0] = {},
): Stage => new Stage({ targets: [Webhook({ url: URL_, ...options })], ...alerts });

describe('Webhook', () => {
  it('posts the alert, with version, title and text', async () => {
    const stage = webhook({}, { app: 'shop' });
    trip(stage.breaker());
    await stage.settle();
    const { url, body, headers } = stage.receiver.sent[0]!;
    expect(url).toBe(URL_);
    expect(body).toEqual({
      version: 1,
      kind: 'opened',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      at: Date.UTC(2026, 0, 1),
      app: 'shop',
      host: 'pod-1',
      breaker: 'payments',
      from: 'closed',
      to: 'open',
      cause: 'tripper',
      rule: 'FailureStreak(1)',
      metric: {
        totalCount: 1,
        failureCount: 1,
        failureRate: 1,
        totalDurationMs: 0,
        avgDurationMs: 0,
        slow: [],
      },
      lastError: 'Error: connect ECONNREFUSED',
      reopens: 0,
      retryAt: Date.UTC(2026, 0, 1, 0, 0, 10),
      operatorReason: null,
      outage: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        startedAt: Date.UTC(2026, 0, 1),
        durationMs: 0,
        isOver: false,
      },
      title: '🔴 payments opened',
      text: expect.stringContaining('🔴 payments opened\nTransition: closed → open (tripper)\n'),
    });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('user-agent')).toBe('nestjs-fluxgate');
    expect(headers.get('webhook-id')).toBe(body.id);
    expect(headers.get('webhook-timestamp')).toBe(String(Date.UTC(2026, 0, 1) / 1000));
    expect(headers.has('webhook-signature')).toBe(false);
  });

  it('posts a flood as one alert', async () => {
    const stage = webhook({}, { floodLimit: 1 });
    for (const name of ['a', 'b', 'c']) trip(stage.breaker(name));
    await stage.clock.advanceAsync(30_000);
    expect(stage.receiver.sent[1]!.body).toEqual({
      version: 1,
      kind: 'flood',
      id: stage.receiver.sent[1]!.headers.get('webhook-id'),
      at: Date.UTC(2026, 0, 1),
      app: null,
      host: 'pod-1',
      count: 2,
      firstAt: Date.UTC(2026, 0, 1),
      breakers: [
        { breaker: 'b', count: 1, state: 'open' },
        { breaker: 'c', count: 1, state: 'open' },
      ],
      otherCount: 0,
      title: '🌊 2 more transitions of b, c',
      text: expect.any(String),
    });
  });

  it('sends your headers, which replace its own but not the marks', async () => {
    const stage = webhook({
      headers: { Authorization: 'Bearer x', 'User-Agent': 'shop', 'Webhook-Id': 'mine' },
    });
    trip(stage.breaker());
    await stage.settle();
    const { headers, body } = stage.receiver.sent[0]!;
    expect(headers.get('authorization')).toBe('Bearer x');
    expect(headers.get('user-agent')).toBe('shop');
    expect(headers.get('webhook-id')).toBe(body.id);
  });

  it.each([
    ['text', 'a secret of enough length', Buffer.from('a secret of enough length')],
    [
      'base64 after whsec_',
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'),
    ],
  ])('signs what it sends with a secret that is %s', async (_what, secret, key) => {
    const stage = webhook({ secret: secret.replaceAll(' ', '_') });
    const usedKey = secret.includes(' ') ? Buffer.from(secret.replaceAll(' ', '_')) : key;
    trip(stage.breaker());
    await stage.settle();
    const { headers, text } = stage.receiver.sent[0]!;
    const signed = `${headers.get('webhook-id')}.${headers.get('webhook-timestamp')}.${text}`;
    const mac = createHmac('sha256', usedKey).update(signed).digest('base64');
    expect(headers.get('webhook-signature')).toBe(`v1,${mac}`);
  });

  it('signs each attempt with its own time', async () => {
    const stage = webhook({ secret: 'sixteen-or-more-characters' }, { random: () => 1 });
    stage.receiver.replies.push(new Response('', { status: 500 }));
    trip(stage.breaker());
    await stage.clock.advanceAsync(1000);
    const [first, second] = stage.receiver.sent.map(({ headers }) => headers);
    expect(second!.get('webhook-id')).toBe(first!.get('webhook-id'));
    expect(Number(second!.get('webhook-timestamp')) - Number(first!.get('webhook-timestamp'))).toBe(1);
    expect(second!.get('webhook-signature')).not.toBe(first!.get('webhook-signature'));
  });

  it('posts a body of your own, and signs it', async () => {
    const stage = webhook({ body: (alert, { title }) => ({ content: title, alert_id: alert.id }) });
    trip(stage.breaker());
    await stage.settle();
    const { body, headers } = stage.receiver.sent[0]!;
    expect(body).toEqual({ content: '🔴 payments opened', alert_id: headers.get('webhook-id') });
  });

  it('follows no redirect', async () => {
    const stage = webhook();
    stage.receiver.usual = () =>
      new Response(null, { status: 302, headers: { location: 'https://evil.example' } });
    trip(stage.breaker());
    await stage.settle();
    expect(stage.receiver.sent).toHaveLength(1);
    expect(stage.log.lines[0]).toContain(
      'webhook https://alerts.example does not take alerts: HTTP 302; redirects are not followed. The alert is lost;',
    );
  });

  it('does not read what a receiver answers', async () => {
    const stage = webhook();
    let isCancelled = false;
    const endless = new ReadableStream({
      cancel() {
        isCancelled = true;
        throw new Error('no');
      },
    });
    stage.receiver.replies.push(new Response(endless));
    trip(stage.breaker());
    await stage.settle();
    expect(isCancelled).toBe(true);
    expect([stage.clock.timerCount, stage.log.lines]).toEqual([0, []]);
  });

  it('goes by the name you give it', async () => {
    const stage = webhook({ name: 'pager\nduty' });
    stage.receiver.replies.push(new Error('no'));
    trip(stage.breaker());
    await stage.settle();
    expect(stage.log.lines[0]).toContain('warn pager duty does not take alerts: no connection (Error).');
  });

  it('says nothing of its secrets', () => {
    const stage = webhook({ secret: 'very-secret-very-secret', headers: { authorization: 'very-secret' } });
    expect(inspect(stage.alerts, { depth: 20, showHidden: true })).not.toContain('very-secret');
  });
});
