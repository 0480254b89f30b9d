import { AsyncLocalStorage } from 'node:async_hooks';

import { describe, expect, it } from '@jest/globals';
import { seconds } from 'nestjs-fluxgate';
import { AlertsListener, Webhook, type AlertTarget } from 'nestjs-fluxgate/alerts';

import { unhandled } from '../support/async.js';
import { FakeFetch, flap, Log, Stage, trip } from './stage.js';

const NO_FLOOD = { floodLimit: 1000 };
const broken =
  (status = 503): (() => Response) =>
  () =>
    new Response('', { status });
const retryAfter = (value: string, status = 429): Response =>
  new Response('', { status, headers: { 'retry-after': value } });

describe('a delivery', () => {
  it('sends nothing in the stack of the call', async () => {
    const stage = new Stage();
    trip(stage.breaker());
    expect(stage.receiver.sent).toHaveLength(0);
    await stage.settle();
    expect(stage.receiver.sent).toHaveLength(1);
  });

  it('runs outside the async context of the call', async () => {
    const context = new AsyncLocalStorage<string>();
    const stage = new Stage();
    let seen: unknown = 'not asked';
    stage.receiver.usual = () => {
      seen = context.getStore();
      return new Response();
    };
    context.run('a request', () => trip(stage.breaker()));
    await stage.settle();
    expect(seen).toBeUndefined();
  });

  it('keeps the order, with one request in flight for a target', async () => {
    const stage = new Stage(NO_FLOOD);
    const gates: ((answer: Response) => void)[] = [];
    stage.receiver.usual = () => new Promise((resolve) => void gates.push(resolve));
    for (let i = 0; i < 5; i++) trip(stage.breaker(`b${i}`));
    for (let i = 0; i < 5; i++) {
      await stage.settle();
      expect(stage.receiver.sent).toHaveLength(i + 1);
      gates[i]!(new Response());
    }
    await stage.settle();
    expect(stage.receiver.all('breaker')).toEqual(['b0', 'b1', 'b2', 'b3', 'b4']);
    expect(stage.receiver.maxInFlight).toBe(1);
  });

  it('to one target does not wait for another', async () => {
    const stage = new Stage({
      targets: [Webhook({ url: 'https://slow.example' }), Webhook({ url: 'https://quick.example' })],
    });
    stage.receiver.replies.push('hang');
    flap(stage.breaker());
    await stage.settle();
    expect(stage.receiver.sent.map(({ url }) => url)).toEqual([
      'https://slow.example',
      'https://quick.example',
      'https://quick.example',
    ]);
  });

  it('tries again after 1, 2, 4, … seconds, up to the longest wait, with the same id', async () => {
    const stage = new Stage({ random: () => 1, maxBackoffMs: 5000 });
    stage.receiver.usual = broken();
    trip(stage.breaker());
    await stage.settle();
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      const before = stage.receiver.sent.length;
      let waited = 0;
      for (; stage.receiver.sent.length === before; waited += 500) await stage.clock.advanceAsync(500);
      waits.push(waited);
    }
    expect(waits).toEqual([1000, 2000, 4000, 5000, 5000]);
    expect(new Set(stage.receiver.all('id')).size).toBe(1);
  });

  it('draws half of the wait by chance', async () => {
    const stage = new Stage({ random: () => 0 });
    stage.receiver.usual = broken();
    trip(stage.breaker());
    await stage.clock.advanceAsync(499);
    expect(stage.receiver.sent).toHaveLength(1);
    await stage.clock.advanceAsync(1);
    expect(stage.receiver.sent).toHaveLength(2);
  });

  it.each([
    ['whole seconds', '20', 20_000],
    ['a date', 'Thu, 01 Jan 2026 00:00:15 GMT', 15_000],
    ['more than the longest one', '86400', 300_000],
    ['nothing', '0', 1000],
    ['a date that is over', 'Wed, 31 Dec 2025 00:00:00 GMT', 1000],
  ])('waits for a Retry-After of %s', async (_what, value, waitMs) => {
    const stage = new Stage({ random: () => 0 });
    stage.receiver.replies.push(retryAfter(value));
    trip(stage.breaker());
    await stage.clock.advanceAsync(waitMs - 1);
    expect(stage.receiver.sent).toHaveLength(1);
    await stage.clock.advanceAsync(1);
    expect(stage.receiver.sent).toHaveLength(2);
  });

  it('comes up to a tenth later than it is asked to, so that processes do not come together', async () => {
    const stage = new Stage({ random: () => 1 });
    stage.receiver.replies.push(retryAfter('20', 503));
    trip(stage.breaker());
    await stage.clock.advanceAsync(21_999);
    expect(stage.receiver.sent).toHaveLength(1);
    await stage.clock.advanceAsync(1);
    expect(stage.receiver.sent).toHaveLength(2);
  });

  it.each(['-5', 'soon', '1.2.3', 'Foo, bar'])(
    'backs off on its own when Retry-After is "%s"',
    async (value) => {
      const stage = new Stage({ random: () => 1 });
      stage.receiver.replies.push(retryAfter(value));
      trip(stage.breaker());
      await stage.clock.advanceAsync(1000);
      expect(stage.receiver.sent).toHaveLength(2);
    },
  );

  it.each([400, 401, 404, 410])('does not repeat what is refused with %i', async (status) => {
    const stage = new Stage();
    stage.receiver.replies.push(broken(status)());
    flap(stage.breaker());
    await stage.clock.advanceAsync(seconds(600));
    expect(stage.receiver.all('kind')).toEqual(['opened', 'recovered']);
    expect(stage.log.lines).toEqual([
      `warn webhook https://alerts.example does not take alerts: HTTP ${status}. The alert is lost; no call is affected. Told once, until it takes them again.`,
      'log webhook https://alerts.example takes alerts again, after 1 failed attempt in 0 ms, 1 transition lost.',
    ]);
  });

  it.each([408, 425, 429, 500, 502])('repeats what is answered with %i', async (status) => {
    const stage = new Stage();
    stage.receiver.replies.push(broken(status)());
    trip(stage.breaker());
    await stage.clock.advanceAsync(1000);
    expect(stage.receiver.sent).toHaveLength(2);
  });

  it('gives a request up after timeoutMs, aborts it and tries again', async () => {
    const stage = new Stage({ timeoutMs: 2000 });
    stage.receiver.replies.push('hang');
    trip(stage.breaker());
    await stage.clock.advanceAsync(1999);
    expect(stage.receiver.sent[0]!.signal.aborted).toBe(false);
    await stage.clock.advanceAsync(1);
    expect(stage.receiver.sent[0]!.signal.aborted).toBe(true);
    expect(stage.log.lines[0]).toContain('does not take alerts: no answer within 2000 ms. Trying again;');
    await stage.clock.advanceAsync(1000);
    expect(stage.receiver.sent).toHaveLength(2);
    expect(stage.clock.timerCount).toBe(0);
  });

  it('tells once that a receiver is out, and once that it is back', async () => {
    const stage = new Stage();
    const breaker = stage.breaker();
    stage.receiver.usual = broken();
    trip(breaker);
    await stage.clock.advanceAsync(seconds(120));
    breaker.reset();
    await stage.clock.advanceAsync(seconds(120));
    expect(stage.log.lines).toHaveLength(1);
    stage.receiver.usual = () => new Response();
    await stage.clock.advanceAsync(seconds(120));
    expect(stage.log.lines).toHaveLength(2);
    expect(stage.log.lines[1]).toMatch(
      /^log .* takes alerts again, after \d+ failed attempts in 4 min \d+ s\.$/,
    );
    stage.receiver.replies.push(broken()());
    trip(breaker);
    await stage.clock.advanceAsync(seconds(120));
    expect(stage.log.lines).toHaveLength(4);
  });

  it.each([
    [
      'its code',
      Object.assign(new TypeError('fetch failed: https://u:secret@x'), { cause: { code: 'ECONNREFUSED' } }),
      'no connection (ECONNREFUSED)',
    ],
    ['its name', new TypeError('Failed to parse URL from https://secret'), 'no connection (TypeError)'],
    ['nothing', Object.assign(new Error('secret'), { name: 'a secret name' }), 'no connection'],
    [
      'nothing of what cannot be read',
      new Proxy(new Error(), {
        get: () => {
          throw new Error('secret');
        },
      }),
      'no connection',
    ],
  ])('says of a failed request %s', async (_what, error, reason) => {
    const stage = new Stage();
    stage.receiver.usual = () => {
      throw error;
    };
    trip(stage.breaker());
    await stage.settle();
    expect(stage.log.lines).toEqual([
      expect.stringContaining(`does not take alerts: ${reason}. Trying again;`),
    ]);
    expect(stage.log.lines[0]).not.toContain('secret');
  });

  it('is not felt by calls: not when the receiver, the logger or the target throws', async () => {
    const target: AlertTarget = Object.assign(Webhook({ url: 'https://alerts.example' }), {});
    const poor = {
      ...target,
      post: () => {
        throw new Error('oops');
      },
    };
    const logger = new Log();
    Object.assign(logger, {
      warn: () => {
        throw new Error('no log');
      },
    });
    const stage = new Stage({ targets: [poor], logger });
    const breaker = stage.breaker();
    const errors = await unhandled(async () => {
      trip(breaker);
      await expect(breaker.execute(() => 1)).rejects.toThrow('payments');
      breaker.reset();
      await expect(breaker.execute(() => 1)).resolves.toBe(1);
      await stage.settle();
    });
    expect(errors).toEqual([]);
  });

  it('needs no logger', async () => {
    const stage = new Stage({ logger: false });
    stage.receiver.replies.push(broken()());
    trip(stage.breaker());
    await stage.clock.advanceAsync(1000);
    expect(stage.receiver.sent).toHaveLength(2);
  });
});

describe('a flood', () => {
  it('is folded into one message, posted when it is over', async () => {
    const stage = new Stage({ floodLimit: 3 });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'd']) trip(stage.breaker(name));
    await stage.settle();
    expect(stage.receiver.all('breaker')).toEqual(['a', 'b', 'c']);
    await stage.clock.advanceAsync(29_999);
    expect(stage.receiver.sent).toHaveLength(3);
    await stage.clock.advanceAsync(1);
    expect(stage.receiver.sent).toHaveLength(4);
    const { kind, title, count, breakers, otherCount, text } = stage.receiver.sent[3]!.body;
    expect([kind, title, count, otherCount]).toEqual(['flood', '🌊 3 more transitions of d, e', 3, 0]);
    expect(breakers).toEqual([
      { breaker: 'd', count: 2, state: 'open' },
      { breaker: 'e', count: 1, state: 'open' },
    ]);
    expect(text.split('\n')).toEqual([
      '🌊 3 more transitions of d, e',
      'd: 2, now open',
      'e: 1, now open',
      'Since: 2026-01-01T00:00:00.000Z',
      'pod-1 · 2026-01-01T00:00:00.000Z',
    ]);
  });

  it('says where the last transition of each breaker led', async () => {
    const stage = new Stage({ floodLimit: 1 });
    trip(stage.breaker('a'));
    const late = stage.breaker('late');
    trip(late);
    stage.clock.advance(1000);
    late.reset();
    await stage.clock.advanceAsync(30_000);
    const { breakers, at, firstAt } = stage.receiver.sent[1]!.body;
    expect(breakers).toEqual([{ breaker: 'late', count: 2, state: 'closed' }]);
    expect(at - firstAt).toBe(1000);
  });

  it('of one is a message like any other', async () => {
    const stage = new Stage({ floodLimit: 1 });
    trip(stage.breaker('a'));
    trip(stage.breaker('b'));
    await stage.clock.advanceAsync(30_000);
    expect(stage.receiver.all('title')).toEqual(['🔴 a opened', '🔴 b opened']);
  });

  it('does not swallow the end of an outage whose beginning was posted', async () => {
    const stage = new Stage({ floodLimit: 2 });
    const first = stage.breaker('first');
    trip(first);
    trip(stage.breaker('second'));
    trip(stage.breaker('third'));
    first.reset();
    trip(stage.breaker('fourth'));
    await stage.clock.advanceAsync(30_000);
    expect(stage.receiver.all('title')).toEqual([
      '🔴 first opened',
      '🔴 second opened',
      '🔴 third opened',
      '🟢 first was closed by an operator after 0 ms',
      '🔴 fourth opened',
    ]);
  });

  it('is over when its window is: then messages are posted one by one again', async () => {
    const stage = new Stage({ floodLimit: 1, floodWindowMs: 1000 });
    for (let i = 0; i < 3; i++) {
      trip(stage.breaker(`b${i}`));
      await stage.clock.advanceAsync(1000);
    }
    expect(stage.receiver.all('kind')).toEqual(['opened', 'opened', 'opened']);
    expect(stage.clock.timerCount).toBe(0);
  });

  it('takes in what comes after its window, while it still waits for the receiver', async () => {
    const stage = new Stage({ floodLimit: 1, floodWindowMs: 1000, timeoutMs: 5000 });
    stage.receiver.replies.push('hang');
    trip(stage.breaker('a'));
    trip(stage.breaker('b'));
    await stage.clock.advanceAsync(2000);
    trip(stage.breaker('c'));
    await stage.clock.advanceAsync(10_000);
    expect(stage.receiver.all('title').slice(1)).toEqual(['🔴 a opened', '🌊 2 more transitions of b, c']);
  });

  it('names twenty breakers and counts the others; the title names five', async () => {
    const stage = new Stage({ floodLimit: 1 });
    for (let i = 0; i < 31; i++) trip(stage.breaker(`b${i}`));
    await stage.clock.advanceAsync(30_000);
    const { title, breakers, otherCount, text } = stage.receiver.sent[1]!.body;
    expect(title).toBe('🌊 30 more transitions of b1, b2, b3, b4, b5, …');
    expect(breakers).toHaveLength(20);
    expect(otherCount).toBe(10);
    expect(text).toContain('\nOthers: 10\n');
  });
});

describe('a receiver that is out for long', () => {
  it('lets queueSize messages wait and folds the rest into one more', async () => {
    const stage = new Stage({ ...NO_FLOOD, queueSize: 3, foldAfterAttempts: 100 });
    stage.receiver.replies.push(broken()());
    trip(stage.breaker('sent'));
    await stage.settle();
    for (let i = 0; i < 50; i++) trip(stage.breaker(`b${i}`));
    await stage.clock.advanceAsync(1000);
    expect(stage.receiver.all('title')).toEqual([
      '🔴 sent opened',
      '🔴 sent opened',
      '🔴 b0 opened',
      '🔴 b1 opened',
      '🔴 b2 opened',
      '🌊 47 more transitions of b3, b4, b5, b6, b7, …',
    ]);
  });

  it('gets all that waited in one message when it is back', async () => {
    const stage = new Stage({ ...NO_FLOOD, foldAfterAttempts: 2 });
    stage.receiver.usual = broken();
    trip(stage.breaker('a'));
    await stage.settle();
    const b = stage.breaker('b');
    trip(b);
    await stage.clock.advanceAsync(seconds(60));
    b.reset();
    await stage.clock.advanceAsync(seconds(60));
    const ids = stage.receiver.all('id');
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    stage.receiver.sent.length = 0;
    stage.receiver.usual = () => new Response();
    await stage.clock.advanceAsync(seconds(60));
    expect(stage.receiver.all('title')).toEqual(['🌊 3 more transitions of a, b']);
    expect(stage.receiver.sent[0]!.body.breakers).toEqual([
      { breaker: 'a', count: 1, state: 'open' },
      { breaker: 'b', count: 2, state: 'closed' },
    ]);
  });

  it('costs no more memory, however long it is out and however many breakers move', async () => {
    const stage = new Stage({ queueSize: 5, foldAfterAttempts: 1 });
    stage.receiver.usual = broken();
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 100; i++) trip(stage.breaker(`r${round}b${i}`));
      await stage.clock.advanceAsync(seconds(60));
    }
    stage.receiver.sent.length = 0;
    stage.receiver.usual = () => new Response();
    await stage.clock.advanceAsync(seconds(120));
    expect(stage.receiver.sent).toHaveLength(1);
    const { count, breakers, otherCount } = stage.receiver.sent[0]!.body;
    expect([count, breakers.length, otherCount]).toEqual([1000, 20, 980]);
  });
});

describe('close', () => {
  it('posts what waits, a held flood too, and takes nothing more', async () => {
    const stage = new Stage({ floodLimit: 1 });
    for (const name of ['a', 'b', 'c']) trip(stage.breaker(name));
    const closed = stage.alerts.close();
    trip(stage.breaker('late'));
    await closed;
    expect(stage.receiver.all('title')).toEqual(['🔴 a opened', '🌊 2 more transitions of b, c']);
    expect(stage.clock.timerCount).toBe(0);
    expect(stage.alerts.close()).toBe(closed);
  });

  it('asks a receiver that is out once more for each message, and counts what is lost', async () => {
    const stage = new Stage();
    stage.receiver.usual = broken();
    flap(stage.breaker());
    await stage.settle();
    await stage.alerts.close();
    expect(stage.receiver.all('kind')).toEqual(['opened', 'opened', 'recovered']);
    expect(stage.log.lines).toEqual([
      expect.stringContaining('HTTP 503. Trying again;'),
      'warn webhook https://alerts.example: 2 transitions were not delivered before the shutdown.',
    ]);
    expect(stage.clock.timerCount).toBe(0);
  });

  it('is over after shutdownMs, whatever the receiver does', async () => {
    const stage = new Stage({ ...NO_FLOOD, shutdownMs: 700 });
    stage.receiver.replies.push('hang');
    for (const name of ['a', 'b', 'c']) trip(stage.breaker(name));
    await stage.settle();
    let isClosed = false;
    const closed = stage.alerts.close().then(() => (isClosed = true));
    await stage.clock.advanceAsync(699);
    expect(isClosed).toBe(false);
    await stage.clock.advanceAsync(1);
    expect(isClosed).toBe(true);
    await closed;
    expect(stage.receiver.sent).toHaveLength(1);
    expect(stage.receiver.sent[0]!.signal.aborted).toBe(true);
    expect(stage.log.lines.at(-1)).toBe(
      'warn webhook https://alerts.example: 3 transitions were not delivered before the shutdown.',
    );
    expect(stage.clock.timerCount).toBe(0);
  });

  it('is over at once when nothing waits', async () => {
    const { alerts, clock, log } = new Stage();
    await alerts.close();
    expect([clock.timerCount, log.lines]).toEqual([0, []]);
  });

  it('keeps the process alive only while it posts', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
    const before = timers();
    const posts = new FakeFetch();
    posts.usual = broken();
    const alerts = new AlertsListener({
      targets: [Webhook({ url: 'https://alerts.example' })],
      fetch: posts.fetch,
      logger: false,
      floodLimit: 1,
    });
    const { clock } = new Stage();
    expect(clock.timerCount).toBe(0);
    const stage = new Stage();
    trip(stage.breaker('payments', { listeners: [alerts] }));
    await stage.settle();
    expect(posts.sent).toHaveLength(1);
    expect(timers()).toBe(before);
    const closed = alerts.close();
    expect(timers()).toBe(before + 1);
    await closed;
    expect(timers()).toBe(before);
  });
});
