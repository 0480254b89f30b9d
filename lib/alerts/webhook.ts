import { createHmac } from 'node:crypto';

import { at, type Clock } from '../core/index.js';
import { line } from './alert.js';
import { plainText } from './message.js';
import { secretMustBe, shownUrl, urlProblems } from './secret.js';
import {
  bodyText,
  byStatus,
  secretProblems,
  targetProblems,
  type AlertTarget,
  type Letter,
  type TargetOptions,
} from './target.js';

/** What `Webhook` takes. */
export interface WebhookOptions extends TargetOptions {
  /** Where to; its path and query never stand in a log. */
  readonly url: string;
  /** Sent with every request: `{ authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Signs every request, as in Standard Webhooks: `webhook-signature` is `v1,` and the base64 of
   * HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`. At least 16 characters; after `whsec_` it is
   * base64, else the key is the text itself.
   */
  readonly secret?: string;
}

/**
 * Posts JSON to any URL.
 *
 * The standard body is the alert itself, with `version`, `title` and `text`; `body` makes another: of
 * Teams, Discord, a pager. An answer 2xx takes the alert; 408, 425, 429, 5xx and no answer are tried again.
 * Redirects are not followed.
 *
 * @param options.secret signs the requests, so that the receiver knows who sent them, and when.
 * A bad option is a problem of the target, thrown by whoever is handed it.
 *
 * Gotcha: an alert may come twice, when its answer got lost: `webhook-id` is the same then.
 * @example
 * ```ts
 * import { AlertsListener, Webhook } from 'nestjs-fluxgate/alerts';
 *
 * const teams = Webhook({
 *   url: 'https://teams.example/hook',
 *   only: ({ kind }) => kind === 'opened' || kind === 'recovered',
 *   body: (_alert, { title }) => ({ text: title }),
 * });
 * await new AlertsListener({ targets: [teams] }).close();
 * ```
 */
export function Webhook(options: WebhookOptions): AlertTarget {
  const { url, secret, name, only, body, ...given } = Object(options) as WebhookOptions;
  const headers = { ...given.headers };
  return Object.freeze({
    name: line(name ?? `webhook ${shownUrl(url)}`),
    problems: Object.freeze(at('Webhook', webhookProblems(options))),
    only,
    async post(letter, wire) {
      const text = bodyText(
        letter,
        body,
        (own) => own,
        () => ({
          version: 1,
          ...letter.alert,
          title: letter.message.title,
          text: plainText(letter.message),
        }),
      );
      const sent = new Headers({
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'nestjs-fluxgate',
      });
      for (const [key, value] of Object.entries(headers)) sent.set(key, value);
      identify(sent, letter, text, wire.clock, secret);
      return byStatus(await wire.post({ url, headers: sent, body: text, reads: () => false }));
    },
  } satisfies AlertTarget);
}

function webhookProblems(options: WebhookOptions): string[] {
  const problems = targetProblems(options, ['url', 'headers', 'secret']);
  if (Object(options) !== options) return problems;
  const { url, headers = {}, secret } = options;
  problems.push(...urlProblems('url', url), ...headerProblems(headers));
  if (secret === undefined) return problems;
  const wrong = secretProblems('secret', secret, 16);
  if (wrong.length === 0 && /^whsec_(?![A-Za-z0-9+/]+={0,2}$)/.test(secret)) {
    wrong.push(secretMustBe('secret', 'base64 after whsec_', secret));
  }
  return [...problems, ...wrong];
}

/** A header's value may be a secret, so only its name is told. */
function headerProblems(headers: unknown): string[] {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    return [secretMustBe('headers', 'an object of texts by header name', headers)];
  }
  return Object.entries(headers).flatMap(([key, value]: [string, unknown]) => {
    try {
      if (typeof value !== 'string') throw new TypeError();
      new Headers().set(key, value);
      return [];
    } catch {
      return [secretMustBe(`headers.${line(key, 60)}`, 'a header that HTTP allows, with a text', value)];
    }
  });
}

/** Says which alert it is, when it is sent, and that it is ours. */
function identify(
  headers: Headers,
  { alert }: Letter,
  body: string,
  clock: Clock,
  secret: string | undefined,
): void {
  const timestamp = String(Math.floor(clock.wallNow() / 1000));
  headers.set('webhook-id', alert.id);
  headers.set('webhook-timestamp', timestamp);
  if (secret === undefined) return;
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
  const mac = createHmac('sha256', key).update(`${alert.id}.${timestamp}.${body}`).digest('base64');
  headers.set('webhook-signature', `v1,${mac}`);
}
