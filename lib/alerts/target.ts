import { mustBe, unknownKeys } from '../core/index.js';
import type { Alert, Outage, TransitionAlert } from './alert.js';
import { asObject, type AlertMessage } from './message.js';
import { secretMustBe } from './secret.js';
import type { Wire, WireAnswer } from './wire.js';

/** What a target is given to post. */
export interface Letter {
  readonly alert: Alert;
  readonly message: AlertMessage;
  /** The outage that all of it belongs to. */
  readonly outage: Outage | null;
  /** Does an outage end in it? */
  readonly endsOutage: boolean;
  /** Hears of what the user's own code did wrong. */
  readonly fault: (what: string, error: unknown) => void;
}

/** What became of a letter. */
export type Answer =
  | { readonly outcome: 'taken' }
  /** The receiver cannot take it now. */
  | { readonly outcome: 'later'; readonly reason: string; readonly waitMs?: number }
  /** The receiver will not take it, however often it is asked. */
  | { readonly outcome: 'never'; readonly reason: string };

/** Where alerts go: `Slack(…)`, `SlackWebhook(…)`, `Webhook(…)`. */
export interface AlertTarget {
  /** What logs call it. */
  readonly name: string;
  /** What is wrong with its options; told by whoever is handed it. */
  readonly problems: readonly string[];
  /** Which transitions it wants. @internal */
  readonly only?: (alert: TransitionAlert) => boolean;
  /** @internal */
  post(letter: Letter, wire: Wire): Promise<Answer>;
}

/** The body of a message, in the receiver's own form. */
export type AlertBody = (alert: Alert, message: AlertMessage) => Readonly<Record<string, unknown>>;

/** What all targets take. */
export interface TargetOptions {
  /** What logs call it. Default: its kind, and its channel or origin. */
  readonly name?: string;
  /** Which transitions it gets. Default: all. What it throws counts as yes. */
  readonly only?: (alert: TransitionAlert) => boolean;
  /**
   * The body that is posted instead of the standard one. It must be what `JSON.stringify` takes; when it is
   * not, or the function throws, the standard one is posted.
   */
  readonly body?: AlertBody;
}

/** What is wrong with options that all targets take. */
export function targetProblems(options: unknown, ownKeys: readonly string[]): string[] {
  const problems = unknownKeys(options, [...ownKeys, 'name', 'only', 'body'], 'options');
  const { name, only, body } = Object(options) as TargetOptions;
  if (name !== undefined && (typeof name !== 'string' || name.trim() === '')) {
    problems.push(mustBe('name', 'a string that is not empty', name));
  }
  for (const [key, given] of Object.entries({ only, body })) {
    if (given !== undefined && typeof given !== 'function') problems.push(mustBe(key, 'a function', given));
  }
  return problems;
}

/** What is wrong with something that must be a secret of at least `min` characters, without spaces. */
export function secretProblems(what: string, given: unknown, min = 1): string[] {
  const isFine = typeof given === 'string' && given.length >= min && !/[^\u0021-\u007e]/.test(given);
  const length = min === 1 ? '' : ` of at least ${min} characters`;
  return isFine ? [] : [secretMustBe(what, `a string${length} without spaces`, given)];
}

/** A body as text: the user's, or the standard one. */
export function bodyText(
  { alert, message, fault }: Letter,
  body: AlertBody | undefined,
  finish: (body: Readonly<Record<string, unknown>>) => unknown,
  standard: () => Readonly<Record<string, unknown>>,
): string {
  if (body !== undefined) {
    try {
      const own = asObject(body(alert, message)) as Readonly<Record<string, unknown>>;
      return JSON.stringify(finish(own));
    } catch (error) {
      fault('body', error);
    }
  }
  return JSON.stringify(finish(standard()));
}

/** What may be worth another try. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/** What an HTTP answer means where only its status counts. `said`: what the receiver calls the reason. */
export function byStatus(answer: WireAnswer, said = ''): Answer {
  if (answer.status === 0) return { outcome: 'later', reason: (answer as { reason: string }).reason };
  const { status, waitMs } = answer as Exclude<WireAnswer, { readonly status: 0 }>;
  if (status >= 200 && status < 300) return { outcome: 'taken' };
  const reason = `HTTP ${status}${said === '' ? '' : ` ${said}`}`;
  if (status >= 500 || PASSING.has(status)) return { outcome: 'later', reason, waitMs };
  const remedy = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  return { outcome: 'never', reason: reason + remedy };
}

/** A reason in the receiver's own words, when it is a mere code: anything else may quote what is secret. */
export const codeOf = (text: unknown): string =>
  typeof text === 'string' && /^[a-z][a-z_]{1,60}$/.test(text) ? text : '';
