import { createHmac } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AllowAll, Breaker, BreakerRegistry, Cooldown, FailureStreak } from 'nestjs-fluxgate';
import {
  AlertsListener,
  Slack,
  SlackWebhook,
  Webhook,
  type AlertsOptions,
  type AlertTarget,
} from 'nestjs-fluxgate/alerts';
import { ManualClock } from 'nestjs-fluxgate/testing';

import {
  fails,
  hangs,
  hangsInTheBody,
  hangsUp,
  isSlow,
  limits,
  Receiver,
  takes,
  takesAsSlack,
} from './receiver.js';
import { flap, Log, trip } from './stage.js';

let receiver: Receiver;
let log: Log;
let alerts: AlertsListener | undefined;

beforeEach(async () => {
  receiver = await new Receiver().start();
  log = new Log();
});

afterEach(async () => {
  await alerts?.close();
  await receiver.stop();
});

/** Real sockets, real time, short waits. */
function listen(target: AlertTarget, options: Partial<AlertsOptions> = {}): Breaker {
  alerts = new AlertsListener({
    targets: [target],
    logger: log,
    timeoutMs: 3000,
    initialBackoffMs: 10,
    maxBackoffMs: 40,
    shutdownMs: 4000,
    ...options,
  });
  const circuit = { tripper: FailureStreak(1), retry: Cooldown(1000), permit: AllowAll() };
  return new Breaker('payments', { ...circuit, listeners: [alerts] }, { clock: new ManualClock() });
}

const webhook = (): AlertTarget => Webhook({ url: `${receiver.url}/hook?key=very-secret` });
const slack = (): AlertTarget =>
  Slack({ token: 'xoxb-very-secret', channel: 'C1', apiUrl: `${receiver.url}/api/chat.postMessage` });

const kinds = (): unknown[] => receiver.received.map(({ body }) => body.kind);
const gaps = (): number[] =>
  receiver.received.slice(1).map(({ atMs }, i) => Math.round(atMs - receiver.received[i]!.atMs));

describe('a receiver on a real socket', () => {
  it('gets each transition of a registry, signed, in order', async () => {
    const secret = 'sixteen-or-more-characters';
    alerts = new AlertsListener({ targets: [Webhook({ url: receiver.url, secret })], logger: log });
    const registry = new BreakerRegistry();
    registry.subscribe(alerts);
    registry.create('a').forceOpen();
    registry.create('b').forceOpen();
    registry.get('a').reset();
    registry.remove('b');
    await alerts.close();
    expect(receiver.received.map(({ body }) => `${body.breaker} ${body.kind}`)).toEqual([
      'a forced',
      'b forced',
      'a recovered',
    ]);
    const { headers, body } = receiver.received[0]!;
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${JSON.stringify(body)}`;
    expect(headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`,
    );
    expect(log.lines).toEqual([]);
  });

  it('that is slow delays no call, and gets one request at a time', async () => {
    receiver.usual = isSlow(50, takes);
    const breaker = listen(webhook());
    for (let i = 0; i < 3; i++) flap(breaker);
    expect(receiver.received).toHaveLength(0);
    await alerts!.close();
    expect(kinds()).toEqual(['opened', 'recovered', 'opened', 'recovered', 'opened', 'recovered']);
    expect(receiver.maxInFlight).toBe(1);
    for (const gap of gaps()) expect(gap).toBeGreaterThanOrEqual(45);
  });

  it('that fails gets it again, until it takes it; told once', async () => {
    receiver.plan.push(fails(500), fails(503), hangsUp);
    flap(listen(webhook()));
    await receiver.until(5);
    await alerts!.close();
    expect(kinds()).toEqual(['opened', 'opened', 'opened', 'opened', 'recovered']);
    expect(new Set(receiver.received.slice(0, 4).map(({ body }) => body.id)).size).toBe(1);
    expect(log.lines).toEqual([
      `warn webhook ${receiver.url} does not take alerts: HTTP 500. Trying again; no call is affected. Told once, until it takes them again.`,
      expect.stringMatching(/^log webhook .* takes alerts again, after 3 failed attempts in \d+ ms\.$/),
    ]);
  });

  it('that hangs is given up after timeoutMs and asked again', async () => {
    receiver.plan.push(hangs);
    trip(listen(webhook(), { timeoutMs: 60 }));
    await receiver.until(2);
    expect(kinds()).toEqual(['opened', 'opened']);
    expect(log.lines[0]).toContain('does not take alerts: no answer within 60 ms. Trying again;');
  });

  it('that hangs in the body is asked again by Slack, which must read it, and not by a webhook', async () => {
    receiver.plan.push(hangsInTheBody);
    receiver.usual = takesAsSlack;
    trip(listen(slack(), { timeoutMs: 60 }));
    await receiver.until(2);
    await alerts!.close();
    receiver.received.length = 0;
    receiver.plan.push(hangsInTheBody);
    flap(listen(webhook()));
    await alerts!.close();
    expect(kinds()).toEqual(['opened', 'recovered']);
  });

  it('that limits the rate is left alone for as long as it says', async () => {
    receiver.plan.push(limits('1'));
    trip(listen(webhook()));
    await receiver.until(2);
    expect(gaps()[0]).toBeGreaterThanOrEqual(995);
    expect(log.lines[0]).toContain('HTTP 429. Trying again;');
  });

  it('that limits the rate until a date is left alone until then', async () => {
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
    receiver.plan.push(limits(until.toUTCString()));
    trip(listen(webhook()));
    await receiver.until(2);
    expect(Date.now()).toBeGreaterThanOrEqual(until.getTime() - 5);
  });

  it('that wants to be left alone for an hour is asked after maxRetryAfterMs', async () => {
    receiver.plan.push(limits('3600'));
    trip(listen(webhook(), { maxRetryAfterMs: 100 }));
    await receiver.until(2);
    expect(gaps()[0]).toBeGreaterThanOrEqual(95);
    expect(gaps()[0]).toBeLessThan(2000);
  });

  it('that is not there is told of by its code alone', async () => {
    await receiver.stop();
    trip(listen(webhook()));
    await alerts!.close();
    expect(log.lines[0]).toContain('does not take alerts: no connection (ECONNREFUSED).');
    expect(log.lines.join()).not.toContain('very-secret');
    await receiver.start();
  });

  it('that redirects does not make us follow', async () => {
    const other = await new Receiver().start();
    receiver.usual = (response) => response.writeHead(307, { location: other.url }).end();
    trip(listen(webhook()));
    await alerts!.close();
    await other.stop();
    expect([receiver.received.length, other.received.length]).toEqual([1, 0]);
  });

  it('that hangs at the shutdown holds it for shutdownMs and no longer', async () => {
    receiver.usual = hangs;
    flap(listen(webhook(), { timeoutMs: 60_000, shutdownMs: 100 }));
    await receiver.until(1);
    const before = performance.now();
    await alerts!.close();
    const tookMs = performance.now() - before;
    expect(tookMs).toBeGreaterThanOrEqual(99);
    expect(tookMs).toBeLessThan(2000);
    expect(log.lines.at(-1)).toContain('2 transitions were not delivered before the shutdown.');
  });
});

describe('Slack on a real socket', () => {
  it('gets one thread per outage, over failures and rate limits', async () => {
    receiver.usual = takesAsSlack;
    receiver.plan.push(limits('0'), takesAsSlack, fails(502), hangsUp);
    flap(listen(slack()));
    await receiver.until(5);
    await alerts!.close();
    const posted = receiver.received.map(({ body }) => [body.text, body.thread_ts, body.reply_broadcast]);
    const opened = ['*🔴 payments opened*', undefined, undefined];
    const thread = `${receiver.received[1]!.atMs}`;
    const recovered = ['*🟢 payments was closed by an operator after 0 ms*', thread, true];
    expect(posted).toEqual([opened, opened, recovered, recovered, recovered]);
    expect(receiver.received[0]!.headers.authorization).toBe('Bearer xoxb-very-secret');
    expect(log.lines).toHaveLength(4);
    expect(log.lines.join()).not.toContain('very-secret');
  });

  it('that knows the token no more is asked once for each alert, and told of once', async () => {
    receiver.usual = (response) => response.end('{"ok":false,"error":"invalid_auth"}');
    flap(listen(slack()));
    await alerts!.close();
    expect(receiver.received).toHaveLength(2);
    expect(log.lines[0]).toContain('Slack C1 does not take alerts: invalid_auth. The alert is lost;');
  });

  it('refuses a webhook in its own word', async () => {
    receiver.usual = fails(403, 'action_prohibited');
    trip(listen(SlackWebhook({ url: `${receiver.url}/services/very-secret` })));
    await alerts!.close();
    expect(receiver.received[0]!.path).toBe('/services/very-secret');
    expect(log.lines[0]).toContain('HTTP 403 action_prohibited. The alert is lost;');
    expect(log.lines.join()).not.toContain('very-secret');
  });
});
