import { at, mustBe } from '../core/index.js';
import { line, type Outage } from './alert.js';
import { secretMustBe, shownUrl, urlProblems } from './secret.js';
import { slackBody } from './slack-body.js';
import {
  bodyText,
  byStatus,
  codeOf,
  secretProblems,
  targetProblems,
  type AlertTarget,
  type Answer,
  type Letter,
  type TargetOptions,
} from './target.js';
import type { Wire } from './wire.js';

/** What `Slack` takes. */
export interface SlackOptions extends TargetOptions {
  /** A bot token (`xoxb-…`) with the scope `chat:write`. */
  readonly token: string;
  /** Where to: a channel's ID (`C0123456789`), better than its name. The bot must be a member. */
  readonly channel: string;
  /** Show the end of an outage in the channel too, not only in its thread. Default true. */
  readonly broadcast?: boolean;
  /** Default: `https://slack.com/api/chat.postMessage`. For GovSlack, or a proxy. */
  readonly apiUrl?: string;
}

/** What `SlackWebhook` takes. */
export interface SlackWebhookOptions extends TargetOptions {
  /** The URL that Slack gave; it is a secret. */
  readonly url: string;
}

const API = 'https://slack.com/api/chat.postMessage';

/** Slack's words for "not now". */
const PASSING: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'message_limit_exceeded',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]);

/** Slack's words for "not in this thread": somebody deleted or locked it. */
const THREAD_LOST: ReadonlySet<string> = new Set([
  'cannot_reply_to_message',
  'message_not_found',
  'thread_not_found',
  'restricted_action_thread_locked',
]);

/**
 * Posts to a Slack channel with `chat.postMessage`: one thread per outage.
 *
 * The first message of an outage begins its thread, the others go into it; its end is shown in the channel
 * too (`broadcast`). When the thread was deleted or locked, a new one begins.
 *
 * @param options.token never stands in a log, an error or `inspect`.
 * A bad option is a problem of the target, thrown by whoever is handed it.
 *
 * Gotcha: the threads are known to this process alone: after a restart an outage begins a new one.
 * Source: `SlackListener` of the Python library, which posts within the call, without retry.
 * @example
 * ```ts
 * import { AlertsListener, Slack } from 'nestjs-fluxgate/alerts';
 *
 * const token = process.env['SLACK_TOKEN'];
 * const alerts = new AlertsListener({
 *   targets: token === undefined ? [] : [Slack({ token, channel: 'C0123456789' })],
 * });
 * await alerts.close();
 * ```
 */
export function Slack(options: SlackOptions): AlertTarget {
  const { channel, name, only } = Object(options) as SlackOptions;
  return Object.freeze({
    name: line(name ?? `Slack ${channel}`),
    problems: Object.freeze(at('Slack', slackProblems(options))),
    only,
    post: threaded(messenger(options)),
  });
}

function slackProblems(options: SlackOptions): string[] {
  const problems = targetProblems(options, ['token', 'channel', 'broadcast', 'apiUrl']);
  if (Object(options) !== options) return problems;
  const { token, channel, broadcast = true, apiUrl = API } = options;
  problems.push(...secretProblems('token', token), ...urlProblems('apiUrl', apiUrl));
  if (typeof channel !== 'string' || channel.trim() === '') {
    problems.push(secretMustBe('channel', 'the ID or the name of a channel', channel));
  }
  if (typeof broadcast !== 'boolean') problems.push(mustBe('broadcast', 'true or false', broadcast));
  return problems;
}

/** Posts one message, into a thread or not. */
type Messenger = (letter: Letter, thread: string | undefined, wire: Wire) => Promise<SlackAnswer>;

function messenger(options: SlackOptions): Messenger {
  const { token, channel, broadcast = true, apiUrl = API, body } = Object(options) as SlackOptions;
  return async (letter, thread, wire) => {
    const isShown = thread !== undefined && broadcast && letter.endsOutage;
    const place = {
      channel,
      ...(thread === undefined ? {} : { thread_ts: thread }),
      ...(isShown ? { reply_broadcast: true } : {}),
    };
    const text = bodyText(
      letter,
      body,
      (own) => ({ ...own, ...place }),
      () => slackBody(letter.message),
    );
    const headers = jsonHeaders();
    headers.set('authorization', `Bearer ${token}`);
    return readAnswer(await wire.post({ url: apiUrl, headers, body: text, reads: () => true }));
  };
}

/** Keeps the thread of each outage. */
function threaded(say: Messenger): AlertTarget['post'] {
  const threads = new WeakMap<Outage, string>();
  return async (letter, wire) => {
    const { outage } = letter;
    const thread = outage === null ? undefined : threads.get(outage);
    let answer = await say(letter, thread, wire);
    if (outage === null) return answer;
    if (thread !== undefined && THREAD_LOST.has(answer.error)) {
      threads.delete(outage);
      answer = await say(letter, undefined, wire);
    }
    if (answer.ts !== '' && !threads.has(outage)) threads.set(outage, answer.ts);
    return answer;
  };
}

/**
 * Posts to a Slack incoming webhook.
 *
 * Slack gives no thread there, so each message stands for itself: use `Slack` for one thread per outage.
 *
 * @param options.url of its path nothing ever stands in a log, an error or `inspect`.
 * A bad option is a problem of the target, thrown by whoever is handed it.
 *
 * Source: Slack's incoming webhooks.
 * @example
 * ```ts
 * import { AlertsListener, SlackWebhook } from 'nestjs-fluxgate/alerts';
 *
 * const url = process.env['SLACK_WEBHOOK_URL'];
 * const alerts = new AlertsListener({ targets: url === undefined ? [] : [SlackWebhook({ url })] });
 * await alerts.close();
 * ```
 */
export function SlackWebhook(options: SlackWebhookOptions): AlertTarget {
  const { url, name, only, body } = Object(options) as SlackWebhookOptions;
  const problems = targetProblems(options, ['url']);
  if (Object(options) === options) problems.push(...urlProblems('url', url));
  return Object.freeze({
    name: line(name ?? `Slack webhook ${shownUrl(url)}`),
    problems: Object.freeze(at('SlackWebhook', problems)),
    only,
    async post(letter: Letter, wire: Wire): Promise<Answer> {
      const text = bodyText(
        letter,
        body,
        (own) => own,
        () => slackBody(letter.message),
      );
      const reads = (status: number): boolean => status >= 400;
      const answer = await wire.post({ url, headers: jsonHeaders(), body: text, reads });
      return byStatus(answer, 'text' in answer ? codeOf(answer.text.trim()) : '');
    },
  });
}

const jsonHeaders = (): Headers =>
  new Headers({ 'content-type': 'application/json; charset=utf-8', 'user-agent': 'nestjs-fluxgate' });

type SlackAnswer = Answer & {
  /** Which message it became; empty when none. */
  readonly ts: string;
  /** What Slack calls the error; empty when there is none. */
  readonly error: string;
};

/** Slack says most of what it refuses with HTTP 200 and `ok: false`. */
function readAnswer(answer: Awaited<ReturnType<Wire['post']>>): SlackAnswer {
  const said = 'text' in answer ? parse(answer.text) : {};
  const error = codeOf(said.error);
  const judged = byStatus(answer, error);
  if (judged.outcome !== 'taken') return { ...judged, ts: '', error };
  if (said.ok === true) return { ...judged, ts: typeof said.ts === 'string' ? said.ts : '', error };
  const waitMs = 'waitMs' in answer ? answer.waitMs : undefined;
  if (said.ok === false && !PASSING.has(error)) {
    return { outcome: 'never', reason: error === '' ? 'ok: false' : error, ts: '', error };
  }
  return { outcome: 'later', reason: error === '' ? 'an answer not of Slack' : error, waitMs, ts: '', error };
}

function parse(text: string): { readonly ok?: unknown; readonly ts?: unknown; readonly error?: unknown } {
  try {
    return Object(JSON.parse(text)) as { ok?: unknown };
  } catch {
    return {};
  }
}
