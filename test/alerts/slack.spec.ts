import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import { seconds } from 'nestjs-fluxgate';
import { escapeSlack, Slack, SlackWebhook, type SlackOptions } from 'nestjs-fluxgate/alerts';

import { flap, Stage, trip } from './stage.js';

const TOKEN = 'xoxb-very-secret';
const HOOK = 'https://hooks.slack.example/services/T0/B0/very-secret';

const ok = (ts: string): Response => Response.json({ ok: true, channel: 'C1', ts });
const refused = (error: string, init: ResponseInit = {}): Response =>
  Response.json({ ok: false, error }, init);

/** A listener with one Slack target; each message gets the next number as its ts. */
function slack(
  options: Partial<SlackOptions> = {},
  alerts: ConstructorParameters<typeof Stage>[0] = {},
): Stage {
  const stage = new Stage({ targets: [Slack({ token: TOKEN, channel: 'C1', ...options })], ...alerts });
  let count = 0;
  stage.receiver.usual = () => ok(`${++count}.000`);
  return stage;
}

const threads = ({ receiver }: Stage): unknown[] => receiver.all('thread_ts');

describe('Slack', () => {
  it('posts to chat.postMessage, with the token in a header', async () => {
    const stage = slack();
    trip(stage.breaker());
    await stage.settle();
    const { url, headers, body, text } = stage.receiver.sent[0]!;
    expect(url).toBe('https://slack.com/api/chat.postMessage');
    expect(headers.get('authorization')).toBe(`Bearer ${TOKEN}`);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(body).toMatchObject({
      channel: 'C1',
      text: '*🔴 payments opened*',
      unfurl_links: false,
      unfurl_media: false,
      attachments: [
        {
          color: '#d92d20',
          fallback: expect.stringContaining('🔴 payments opened\nTransition: closed → open (tripper)'),
          blocks: [
            {
              type: 'section',
              text: {
                type: 'mrkdwn',
                verbatim: true,
                text: [
                  '*Transition:* closed → open (tripper)',
                  '*Rule:* `FailureStreak(1)`',
                  '*Figures:* 1/1 failed (100 %), avg 0 ms',
                  '*Last error:* `Error: connect ECONNREFUSED`',
                  '*Probes from:* 2026-01-01T00:00:10.000Z',
                ].join('\n'),
              },
            },
            {
              type: 'context',
              elements: [{ type: 'mrkdwn', verbatim: true, text: 'pod-1 · 2026-01-01T00:00:00.000Z' }],
            },
          ],
        },
      ],
    });
    expect(text).not.toContain(TOKEN);
  });

  it('keeps one thread per outage, and shows the recovery in the channel too', async () => {
    const stage = slack();
    const payments = stage.breaker('payments');
    const inventory = stage.breaker('inventory');
    trip(payments);
    trip(inventory);
    stage.clock.advance(seconds(10));
    trip(payments);
    stage.clock.advance(seconds(10));
    payments.acquire().succeed();
    inventory.disable();
    trip(payments);
    await stage.settle();
    expect(stage.receiver.sent.map(({ body }) => [body.text, body.thread_ts, body.reply_broadcast])).toEqual([
      ['*🔴 payments opened*', undefined, undefined],
      ['*🔴 inventory opened*', undefined, undefined],
      ['*🟡 payments is being probed after 10 s*', '1.000', undefined],
      ['*🔴 payments opened again (1×)*', '1.000', undefined],
      ['*🟡 payments is being probed after 20 s*', '1.000', undefined],
      ['*🟢 payments recovered after 20 s*', '1.000', true],
      ['*⚪ inventory is no longer guarded (disabled) after 20 s*', '2.000', true],
      ['*🔴 payments opened*', undefined, undefined],
    ]);
  });

  it('shows the recovery in the thread alone when asked to', async () => {
    const stage = slack({ broadcast: false });
    flap(stage.breaker());
    await stage.settle();
    expect(threads(stage)).toEqual([undefined, '1.000']);
    expect(stage.receiver.sent[1]!.text).not.toContain('reply_broadcast');
  });

  it('posts what belongs to no outage outside of threads', async () => {
    const stage = slack();
    const breaker = stage.breaker();
    breaker.disable();
    breaker.reset();
    await stage.settle();
    expect(threads(stage)).toEqual([undefined, undefined]);
  });

  it('folds a flood of one outage into its thread, a flood of several into the channel', async () => {
    const stage = slack({}, { floodLimit: 1 });
    const breaker = stage.breaker();
    const probe = (): void => {
      stage.clock.advance(seconds(10));
      trip(breaker);
    };
    trip(breaker);
    probe();
    probe();
    await stage.clock.advanceAsync(seconds(30));
    breaker.reset();
    trip(stage.breaker('a'));
    trip(stage.breaker('b'));
    await stage.clock.advanceAsync(seconds(30));
    expect(stage.receiver.sent.map(({ body }) => [body.text, body.thread_ts])).toEqual([
      ['*🔴 payments opened*', undefined],
      ['*🌊 4 more transitions of payments*', '1.000'],
      ['*🟢 payments was closed by an operator after 50 s*', '1.000'],
      ['*🌊 2 more transitions of a, b*', undefined],
    ]);
  });

  it('folds a flood that only begins with an outage that has a thread into the channel', async () => {
    const stage = slack({}, { floodLimit: 1 });
    const breaker = stage.breaker();
    trip(breaker);
    stage.clock.advance(seconds(10));
    trip(breaker);
    trip(stage.breaker('a'));
    await stage.clock.advanceAsync(seconds(30));
    expect(threads(stage)).toEqual([undefined, undefined]);
    expect(stage.receiver.sent[1]!.text).not.toContain('reply_broadcast');
  });

  it('lets the next message begin the thread when the first one was refused', async () => {
    const stage = slack();
    stage.receiver.replies.push(refused('msg_too_long'));
    const breaker = stage.breaker();
    trip(breaker);
    breaker.forceOpen();
    breaker.reset();
    await stage.settle();
    expect(threads(stage)).toEqual([undefined, undefined, '1.000']);
  });

  it.each(['cannot_reply_to_message', 'thread_not_found'])(
    'begins a new thread when the old one is gone (%s)',
    async (error) => {
      const stage = slack();
      const breaker = stage.breaker();
      trip(breaker);
      await stage.settle();
      stage.receiver.replies.push(refused(error));
      breaker.forceOpen();
      breaker.reset();
      await stage.settle();
      expect(threads(stage)).toEqual([undefined, '1.000', undefined, '2.000']);
      expect(stage.log.lines).toEqual([]);
    },
  );

  it.each(['ratelimited', 'service_unavailable', 'internal_error'])(
    'repeats what Slack answers with %s',
    async (error) => {
      const stage = slack();
      stage.receiver.replies.push(refused(error));
      trip(stage.breaker());
      await stage.clock.advanceAsync(1000);
      expect(stage.receiver.sent).toHaveLength(2);
      expect(stage.log.lines[0]).toContain(`Slack C1 does not take alerts: ${error}. Trying again;`);
    },
  );

  it('waits as long as Slack says, with status 429 or 200', async () => {
    for (const status of [429, 200]) {
      const stage = slack({}, { random: () => 0 });
      stage.receiver.replies.push(refused('ratelimited', { status, headers: { 'retry-after': '30' } }));
      trip(stage.breaker());
      await stage.clock.advanceAsync(29_999);
      expect(stage.receiver.sent).toHaveLength(1);
      await stage.clock.advanceAsync(1);
      expect(stage.receiver.sent).toHaveLength(2);
    }
  });

  it('gives up when Slack says so, logs it once, and tries the next alert', async () => {
    const stage = slack();
    stage.receiver.usual = () => refused('invalid_auth');
    flap(stage.breaker());
    await stage.clock.advanceAsync(seconds(600));
    expect(stage.receiver.sent).toHaveLength(2);
    expect(stage.log.lines).toEqual([
      'warn Slack C1 does not take alerts: invalid_auth. The alert is lost; no call is affected. Told once, until it takes them again.',
    ]);
  });

  it.each([
    ['is no JSON', 'a login page', 'an answer not of Slack'],
    ['is null', 'null', 'an answer not of Slack'],
    ['is of another API', '{"status":"fine"}', 'an answer not of Slack'],
    ['is longer than anybody reads', `{"ok":true,"x":"${'x'.repeat(300_000)}"}`, 'an answer not of Slack'],
    ['has an error that is no code', '{"ok":false,"error":"token xoxb-very-secret is bad"}', 'ok: false'],
  ])('says what is wrong when the answer %s, without quoting it', async (_how, text, reason) => {
    const stage = slack();
    stage.receiver.replies.push(new Response(text));
    trip(stage.breaker());
    await stage.settle();
    expect(stage.log.lines[0]).toContain(`does not take alerts: ${reason}.`);
  });

  it('tries again when the answer breaks off', async () => {
    const stage = slack();
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"ok":'));
        controller.error(new Error('reset'));
      },
    });
    stage.receiver.replies.push(new Response(body), new Response(null));
    trip(stage.breaker());
    await stage.clock.advanceAsync(5000);
    expect(stage.receiver.sent).toHaveLength(3);
  });

  it('takes a message without ts for posted', async () => {
    const stage = slack();
    stage.receiver.usual = () => Response.json({ ok: true });
    flap(stage.breaker());
    await stage.settle();
    expect(threads(stage)).toEqual([undefined, undefined]);
    expect(stage.log.lines).toEqual([]);
  });

  it('lets nothing of an error, a name or a reason become markup, a mention or a link', async () => {
    const stage = slack();
    const evil = '<!channel> `a` & <https://evil.example|click> @here *b*';
    const breaker = stage.breaker(evil);
    trip(breaker, new Error(evil));
    breaker.forceOpen({ reason: evil });
    await stage.settle();
    for (const { text } of stage.receiver.sent) expect(text).not.toMatch(/<|@here[^ ]/);
    const section = stage.receiver.sent[0]!.body.attachments[0].blocks[0].text;
    expect(section.verbatim).toBe(true);
    expect(section.text).toContain(
      "*Last error:* `Error: &lt;!channel&gt; 'a' &amp; &lt;https://evil.example|click&gt; @here *b*`",
    );
  });

  it('keeps the limits of Slack, and cuts no entity in two', async () => {
    const fields = Array.from({ length: 12 }, (_, i) => ({
      name: '<'.repeat(500),
      value: `${'&'.repeat(500 + i)}`,
    }));
    const stage = slack({}, { templates: { opened: () => ({ title: '>'.repeat(5000), fields }) } });
    trip(stage.breaker());
    await stage.settle();
    const { text, attachments } = stage.receiver.sent[0]!.body;
    expect(text.length).toBeLessThanOrEqual(1002);
    expect(text).toMatch(/^\*(&gt;)+…\*$/);
    const { blocks, fallback } = attachments[0];
    expect(fallback.length).toBeLessThanOrEqual(1000);
    expect(blocks).toHaveLength(5);
    for (const block of blocks.slice(0, -1)) {
      expect(block.text.text.length).toBeLessThanOrEqual(3000);
      expect(block.text.text).toMatch(/^(\*(&lt;)+…:\* (&amp;)+…\n?)+$/);
    }
  });

  it('posts a body of your own, to its channel and thread', async () => {
    const stage = slack({
      body: ({ kind }, { title }) => ({ channel: 'C2', text: `<!here> ${kind} ${escapeSlack(title)}` }),
    });
    flap(stage.breaker('a<b'));
    await stage.settle();
    expect(stage.receiver.sent.map(({ body }) => body)).toEqual([
      { channel: 'C1', text: '<!here> opened 🔴 a&lt;b opened' },
      {
        channel: 'C1',
        text: '<!here> recovered 🟢 a&lt;b was closed by an operator after 0 ms',
        thread_ts: '1.000',
        reply_broadcast: true,
      },
    ]);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['gives no object', () => 'text'],
    ['gives what is no JSON', () => ({ n: 1n })],
    ['gives a promise', async () => ({})],
  ])('posts the standard body when yours %s, and tells it once', async (_how, body) => {
    const stage = slack({ body: body as SlackOptions['body'] });
    flap(stage.breaker());
    await stage.settle();
    expect(stage.receiver.all('text')[0]).toBe('*🔴 payments opened*');
    expect(stage.log.lines).toEqual([
      expect.stringMatching(/^warn Slack C1: body failed, so the standard one is posted \(told once\): /),
    ]);
  });
});

describe('SlackWebhook', () => {
  const hook = (): Stage => new Stage({ targets: [SlackWebhook({ url: HOOK })] });

  it('posts the same message to the URL, without channel and thread', async () => {
    const stage = hook();
    flap(stage.breaker());
    await stage.settle();
    expect(stage.receiver.sent.map(({ url }) => url)).toEqual([HOOK, HOOK]);
    expect(stage.receiver.sent[1]!.headers.has('authorization')).toBe(false);
    expect(Object.keys(stage.receiver.sent[1]!.body)).toEqual([
      'text',
      'unfurl_links',
      'unfurl_media',
      'attachments',
    ]);
  });

  it('tells why Slack refuses, in its own word', async () => {
    const stage = hook();
    stage.receiver.usual = () => new Response('no_service\n', { status: 404 });
    flap(stage.breaker());
    await stage.settle();
    expect(stage.receiver.sent).toHaveLength(2);
    expect(stage.log.lines).toEqual([
      expect.stringContaining(
        'Slack webhook https://hooks.slack.example does not take alerts: HTTP 404 no_service.',
      ),
    ]);
  });

  it('waits and repeats when it is limited', async () => {
    const stage = new Stage({ targets: [SlackWebhook({ url: HOOK })], random: () => 0 });
    stage.receiver.replies.push(new Response('limited', { status: 429, headers: { 'retry-after': '7' } }));
    trip(stage.breaker());
    await stage.clock.advanceAsync(6999);
    expect(stage.receiver.sent).toHaveLength(1);
    await stage.clock.advanceAsync(1);
    expect(stage.receiver.sent).toHaveLength(2);
  });

  it('posts a body of your own', async () => {
    const stage = new Stage({
      targets: [SlackWebhook({ url: HOOK, body: (_alert, { title }) => ({ text: title }) })],
    });
    trip(stage.breaker());
    await stage.settle();
    expect(stage.receiver.sent[0]!.body).toEqual({ text: '🔴 payments opened' });
  });
});

describe('the secrets of Slack', () => {
  it('stand in no name, no inspection and no log', async () => {
    const targets = [Slack({ token: TOKEN, channel: 'C1' }), SlackWebhook({ url: HOOK })];
    const stage = new Stage({ targets });
    stage.receiver.usual = () => {
      throw new TypeError(`fetch failed: ${TOKEN} ${HOOK}`);
    };
    trip(stage.breaker());
    await stage.settle();
    await stage.alerts.close();
    const said = `${inspect(stage.alerts, { depth: 20, showHidden: true })} ${JSON.stringify(targets)} ${stage.log.lines.join()}`;
    expect(said).toContain('Slack webhook https://hooks.slack.example');
    expect(said).not.toContain('very-secret');
  });
});
