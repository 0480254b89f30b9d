import { describe, expect, it } from '@jest/globals';
import { FailureRate, MinRequests, seconds, SlowRate } from 'nestjs-fluxgate';
import { plainText, Webhook, type AlertMessage, type AlertsOptions } from 'nestjs-fluxgate/alerts';

import { DOWN, flap, Stage, trip } from './stage.js';

const titles = ({ receiver }: Stage): unknown[] => receiver.all('title');

describe('the standard message', () => {
  it('says what happened, why, the figures, the last error and when probes are allowed', async () => {
    const stage = new Stage({ app: 'shop' });
    const tripper = MinRequests(2).and(FailureRate(0.5).or(SlowRate(0.5, 40)));
    const breaker = stage.breaker('payments', { tripper });
    const ticket = breaker.acquire();
    stage.clock.advance(50);
    ticket.succeed();
    trip(breaker);
    await stage.settle();
    expect(stage.receiver.sent[0]!.body.text.split('\n')).toEqual([
      '🔴 payments opened',
      'Transition: closed → open (tripper)',
      'Rule: MinRequests(2) & (FailureRate(0.5) | SlowRate(0.5, 40 ms))',
      'Figures: 1/2 failed (50 %), 1 slower than 40 ms, avg 25 ms',
      'Last error: Error: connect ECONNREFUSED',
      'Probes from: 2026-01-01T00:00:10.050Z',
      'shop on pod-1 · 2026-01-01T00:00:00.050Z',
    ]);
  });

  it('says in a title what became of the outage, and after how long', async () => {
    const stage = new Stage();
    const breaker = stage.breaker();
    trip(breaker);
    stage.clock.advance(seconds(12));
    trip(breaker);
    stage.clock.advance(seconds(238));
    breaker.acquire().succeed();
    await stage.settle();
    expect(titles(stage)).toEqual([
      '🔴 payments opened',
      '🟡 payments is being probed after 12 s',
      '🔴 payments opened again (1×)',
      '🟡 payments is being probed after 4 min 10 s',
      '🟢 payments recovered after 4 min 10 s',
    ]);
    expect(stage.receiver.sent[1]!.body.text).toContain('Transition: open → half_open (the wait is over)');
    expect(stage.receiver.sent[4]!.body.text).toContain('Outage since: 2026-01-01T00:00:00.000Z');
  });

  it('says what an operator did and said', async () => {
    const stage = new Stage();
    const breaker = stage.breaker();
    breaker.forceOpen({ reason: 'migration until noon' });
    stage.clock.advance(seconds(26 * 3600 + 180));
    breaker.disable();
    breaker.metricsOnly();
    breaker.forceOpen({ forMs: 500 });
    stage.clock.advance(500);
    breaker.acquire();
    breaker.reset();
    await stage.settle();
    expect(titles(stage)).toEqual([
      '⛔ payments is forced open',
      '⚪ payments is no longer guarded (disabled) after 26 h 3 min',
      '⚪ payments: disabled → metrics_only',
      '⛔ payments is forced open',
      '🟡 payments is being probed after 500 ms',
      '🟢 payments was closed by an operator after 500 ms',
    ]);
    const [forced, , , , probed] = stage.receiver.all('text') as string[];
    expect(forced).toContain('Reason: migration until noon');
    expect(forced).not.toContain('Rule');
    expect(probed).toContain('forced_open → half_open (time limit)');
  });

  it('has one printable line of each text, whatever the error says', async () => {
    const stage = new Stage();
    const breaker = stage.breaker();
    trip(breaker, new Error(`first\n\u001b[31msecond\u202e${'x'.repeat(5000)}`));
    breaker.reset();
    trip(breaker, new Error('half a pair: \ud83d'));
    await stage.settle();
    const { lastError, text } = stage.receiver.sent[0]!.body;
    expect(lastError).toMatch(/^Error: first \[31msecond x+…$/);
    expect(lastError).toHaveLength(256);
    expect(text.split('\n')).toHaveLength(7);
    expect(stage.receiver.sent[2]!.text).not.toMatch(/\\ud83d/i);
    expect(stage.receiver.sent[2]!.body.lastError).toBe('Error: half a pair: \ufffd');
  });

  it('shows the error as errorText does', async () => {
    const stage = new Stage({ errorText: (error) => `class ${(error as Error).name}\nmore` });
    trip(stage.breaker());
    await stage.settle();
    expect(stage.receiver.sent[0]!.body.lastError).toBe('class Error more');
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['gives no text', () => 7],
  ])('tells once when errorText %s, and goes on', async (_how, errorText) => {
    const stage = new Stage({ errorText: errorText as () => string });
    flap(stage.breaker());
    flap(stage.breaker());
    await stage.settle();
    expect(stage.receiver.sent).toHaveLength(4);
    expect(stage.receiver.sent[0]!.body.lastError).toBe('an error that errorText cannot read');
    expect(stage.log.lines).toEqual([
      expect.stringMatching(
        /^warn errorText failed, so alerts say nothing of the error \(told once\): \w*Error/,
      ),
    ]);
  });

  it('stands an instant that is none', async () => {
    const stage = new Stage();
    stage.clock.stepWallClock(NaN);
    trip(stage.breaker());
    await stage.settle();
    expect(stage.receiver.sent[0]!.body.text).toContain('pod-1 · an unknown time');
  });
});

describe('a template', () => {
  it('replaces the parts it gives, and sees the alert and the standard message', async () => {
    const stage = new Stage({
      templates: {
        opened: ({ breaker }, { fields }) => ({
          title: `${breaker} ist offen`,
          fields: [...fields.slice(0, 1), { name: 'Runbook', value: `https://wiki.example/${breaker}` }],
          color: undefined,
        }),
      },
    });
    flap(stage.breaker());
    await stage.settle();
    expect(stage.receiver.sent[0]!.body.text).toBe(
      [
        'payments ist offen',
        'Transition: closed → open (tripper)',
        'Runbook: https://wiki.example/payments',
        'pod-1 · 2026-01-01T00:00:00.000Z',
      ].join('\n'),
    );
    expect(titles(stage)[1]).toBe('🟢 payments was closed by an operator after 0 ms');
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw DOWN;
      },
    ],
    ['gives nothing', () => undefined],
    ['gives a list', () => []],
    ['gives a promise', async () => ({ title: 'late' })],
    ['gives a title that is no text', () => ({ title: 7 })],
    ['gives fields that are no list', () => ({ fields: {} })],
    ['gives a field that is none', () => ({ fields: [null] })],
    ['gives a field without a text', () => ({ fields: [{ name: 'x', value: 1 }] })],
  ])('that %s is told once, and the standard message is posted', async (_how, opened) => {
    const stage = new Stage({ templates: { opened } as AlertsOptions['templates'] });
    flap(stage.breaker());
    flap(stage.breaker());
    await stage.settle();
    expect(titles(stage)[2]).toBe('🔴 payments opened');
    expect(stage.log.lines).toHaveLength(1);
    expect(stage.log.lines[0]).toMatch(
      /^warn templates\.opened failed, so the standard one is posted \(told once\): /,
    );
  });
});

describe('plainText', () => {
  it('puts a message into lines', () => {
    const message: AlertMessage = {
      title: 'a',
      color: '#000000',
      fields: [{ name: 'b', value: 'c' }],
      footer: 'd',
    };
    expect(plainText(message)).toBe('a\nb: c\nd');
  });
});

describe('only', () => {
  it('chooses which transitions a target gets', async () => {
    const only = ({ kind }: { kind: string }): boolean => kind === 'opened';
    const stage = new Stage({ targets: [Webhook({ url: 'https://alerts.example', only })] });
    flap(stage.breaker());
    await stage.settle();
    expect(stage.receiver.all('kind')).toEqual(['opened']);
  });

  it('counts as yes when it throws, and is told once', async () => {
    const only = (): boolean => {
      throw new Error('oops');
    };
    const stage = new Stage({ targets: [Webhook({ url: 'https://alerts.example', only })] });
    flap(stage.breaker());
    await stage.settle();
    expect(stage.receiver.sent).toHaveLength(2);
    expect(stage.log.lines).toEqual([
      'warn webhook https://alerts.example: only failed, so the alert is posted (told once): Error: oops',
    ]);
  });
});
