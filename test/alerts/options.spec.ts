import { hostname } from 'node:os';

import { describe, expect, it } from '@jest/globals';
import { FluxgateConfigError } from 'nestjs-fluxgate';
import {
  AlertsListener,
  FluxgateAlertsModule,
  Slack,
  SlackWebhook,
  Webhook,
  type AlertsOptions,
  type AlertTarget,
} from 'nestjs-fluxgate/alerts';

import { thrown } from '../support/async.js';
import { Stage, trip } from './stage.js';

const bad = (options: unknown): readonly string[] => {
  const error = thrown(() => new AlertsListener(options as AlertsOptions));
  expect(error).toBeInstanceOf(FluxgateConfigError);
  return (error as FluxgateConfigError).problems;
};

describe('the options of alerts', () => {
  it.each<[string, unknown, string]>([
    ['no object', null, 'options must be an options object, got null.'],
    ['no targets', {}, 'targets must be an array of Slack(…), SlackWebhook(…), Webhook(…), got undefined.'],
    [
      'a target that is none',
      { targets: ['#ops'] },
      'targets[0] must be Slack(…), SlackWebhook(…) or Webhook(…), got "#ops".',
    ],
    [
      'a target that is null',
      { targets: [null] },
      'targets[0] must be Slack(…), SlackWebhook(…) or Webhook(…), got null.',
    ],
    [
      'an unknown key',
      { targets: [], queuesize: 1 },
      'options.queuesize is not an option. Did you mean queueSize?',
    ],
    ['an empty app', { targets: [], app: ' ' }, 'app must be a string that is not empty, got " ".'],
    ['a host that is no text', { targets: [], host: 7 }, 'host must be a string that is not empty, got 7.'],
    ['a fetch that is none', { targets: [], fetch: 'x' }, 'fetch must be a function, got "x".'],
    [
      'an errorText that is none',
      { targets: [], errorText: {} },
      'errorText must be a function, got an object (Object).',
    ],
    ['a queue of nothing', { targets: [], queueSize: 0 }, 'queueSize must be a whole number ≥ 1, got 0.'],
    ['half a message', { targets: [], floodLimit: 0.5 }, 'floodLimit must be a whole number ≥ 1, got 0.5.'],
    [
      'no patience',
      { targets: [], foldAfterAttempts: NaN },
      'foldAfterAttempts must be a whole number ≥ 1, got NaN.',
    ],
    [
      'endless time',
      { targets: [], timeoutMs: Infinity },
      'timeoutMs must be a finite number of milliseconds > 0, got Infinity.',
    ],
    [
      'a time that is a text',
      { targets: [], shutdownMs: '5s' },
      'shutdownMs must be a finite number of milliseconds > 0, got "5s".',
    ],
    [
      'waits that shrink',
      { targets: [], initialBackoffMs: 5000, maxBackoffMs: 10 },
      'maxBackoffMs must be at least initialBackoffMs (5000), got 10.',
    ],
    [
      'templates that are none',
      { targets: [], templates: [] },
      'templates must be an options object, got an array of 0.',
    ],
    [
      'a template of nothing',
      { targets: [], templates: { openend: () => ({}) } },
      'templates.openend is not an option. Did you mean opened?',
    ],
    [
      'a template that is no function',
      { targets: [], templates: { opened: 'x' } },
      'templates.opened must be a function of the alert, got "x".',
    ],
    [
      'a logger that is none',
      { targets: [], logger: true },
      'logger must be a Nest LoggerService or false, got true.',
    ],
    [
      'a clock that is none',
      { targets: [], clock: Date },
      'clock must be a clock with now(), wallNow() and setTimer(), got function Date.',
    ],
  ])('refuse %s', (_what, options, problem) => {
    expect(bad(options)).toEqual([problem]);
  });

  it('tell everything that is wrong at once, the targets too', () => {
    const targets = [Slack({} as never), Webhook({ url: 'x' })];
    expect(bad({ targets, queueSize: -1, host: '' })).toEqual([
      'targets[0]: Slack: token must be a string without spaces, got undefined. Is its environment variable set?',
      'targets[0]: Slack: channel must be the ID or the name of a channel, got undefined. Is its environment variable set?',
      'targets[1]: Webhook: url must be an http or https URL, got a string of 1 character.',
      'host must be a string that is not empty, got "".',
      'queueSize must be a whole number ≥ 1, got -1.',
    ]);
  });

  it('may have no target, as where no token is set: then nothing is told', async () => {
    const stage = new Stage({ targets: [] });
    trip(stage.breaker());
    await stage.alerts.close();
    expect(stage.receiver.sent).toHaveLength(0);
  });

  it('may be undefined, which stands for the default', async () => {
    const stage = new Stage({ queueSize: undefined, host: undefined, errorText: undefined });
    trip(stage.breaker());
    await stage.settle();
    expect(stage.receiver.sent[0]!.body.host).toBe(hostname());
  });

  it('are checked by the module too, under its own name', () => {
    const error = thrown(() => FluxgateAlertsModule.forRoot({ targets: 1 } as never));
    expect((error as Error).message).toMatch(/^FluxgateAlertsModule\.forRoot: targets must be /);
    for (const options of [undefined, {}, { useFactory: 1 }, { useFactory: () => 1, useClass: 1 }]) {
      expect(() => FluxgateAlertsModule.forRootAsync(options as never)).toThrow(
        /^FluxgateAlertsModule\.forRootAsync: /,
      );
    }
  });
});

describe('the options of a target', () => {
  const url = 'https://alerts.example';
  it.each<[string, AlertTarget, string]>([
    ['no options', Slack(undefined as never), 'Slack: options must be an options object, got undefined.'],
    [
      'a mistyped key',
      Slack({ token: 't', channel: 'c', chanel: 1 } as never),
      'Slack: options.chanel is not an option. Did you mean channel?',
    ],
    [
      'a token with a line break',
      Slack({ token: 'xoxb-secret\n', channel: 'c' }),
      'Slack: token must be a string without spaces, got a string of 12 characters.',
    ],
    [
      'a token that is a number',
      Slack({ token: 123456 as never, channel: 'c' }),
      'Slack: token must be a string without spaces, got a number.',
    ],
    [
      'an empty token',
      Slack({ token: '', channel: 'c' }),
      'Slack: token must be a string without spaces, got an empty string. Is its environment variable set?',
    ],
    [
      'a blank channel',
      Slack({ token: 't', channel: ' ' }),
      'Slack: channel must be the ID or the name of a channel, got a string of 1 character.',
    ],
    [
      'a broadcast that is no boolean',
      Slack({ token: 't', channel: 'c', broadcast: 'yes' as never }),
      'Slack: broadcast must be true or false, got "yes".',
    ],
    [
      'an apiUrl of another kind',
      Slack({ token: 't', channel: 'c', apiUrl: 'file:///etc/passwd' }),
      'Slack: apiUrl must be an http or https URL, got a string of 18 characters.',
    ],
    [
      'a URL that is not set',
      SlackWebhook({ url: undefined as never }),
      'SlackWebhook: url must be an http or https URL, got undefined. Is its environment variable set?',
    ],
    [
      'a URL with a password',
      Webhook({ url: 'https://user:very-secret@alerts.example' }),
      'Webhook: url must be a URL without user and password; give them in headers.authorization.',
    ],
    [
      'a name that is empty',
      Webhook({ url, name: '' }),
      'Webhook: name must be a string that is not empty, got "".',
    ],
    [
      'an only that is none',
      Webhook({ url, only: ['opened'] as never }),
      'Webhook: only must be a function, got an array of 1.',
    ],
    [
      'a body that is none',
      Webhook({ url, body: {} as never }),
      'Webhook: body must be a function, got an object (Object).',
    ],
    [
      'headers that are none',
      Webhook({ url, headers: 'a: b' as never }),
      'Webhook: headers must be an object of texts by header name, got a string of 4 characters.',
    ],
    [
      'a header that is no text',
      Webhook({ url, headers: { 'x-key': 12n as never } }),
      'Webhook: headers.x-key must be a header that HTTP allows, with a text, got a bigint.',
    ],
    [
      'a header with a line break',
      Webhook({ url, headers: { 'x-key': 'very-secret\nx: y' } }),
      'Webhook: headers.x-key must be a header that HTTP allows, with a text, got a string of 16 characters.',
    ],
    [
      'a short secret',
      Webhook({ url, secret: 'secret' }),
      'Webhook: secret must be a string of at least 16 characters without spaces, got a string of 6 characters.',
    ],
    [
      'a secret that is no base64',
      Webhook({ url, secret: 'whsec_very-secret-very' }),
      'Webhook: secret must be base64 after whsec_, got a string of 22 characters.',
    ],
  ])('refuse %s, and quote no secret', (_what, target, problem) => {
    expect(target.problems).toEqual([problem]);
    expect(target.problems.join()).not.toContain('very-secret');
  });
});
