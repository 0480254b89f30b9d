import { Logger, type LoggerService } from '@nestjs/common';
import { hostname } from 'node:os';

import {
  at,
  mustBe,
  showError,
  defaultClock,
  systemRandom,
  unknownKeys,
  type Clock,
  type RandomSource,
} from '../core/index.js';
import { line } from './alert.js';
import { KINDS, type AlertTemplates } from './message.js';
import type { AlertTarget } from './target.js';

/** What `AlertsListener` and `FluxgateAlertsModule` take. */
export interface AlertsOptions {
  /** Where alerts go; each target gets all of them, in order. */
  readonly targets: readonly AlertTarget[];
  /** The app's name, for the messages. */
  readonly app?: string;
  /** What tells this process from others, for the messages. Default: the machine's name. */
  readonly host?: string;
  /** What the messages say, by kind of alert. */
  readonly templates?: AlertTemplates;
  /** The last error as text. Default: `Name: message`, on one line. Give your own where messages hold secrets. */
  readonly errorText?: (error: unknown) => string;
  /** How many messages may wait for one target; more are folded into one. Default 100. */
  readonly queueSize?: number;
  /** How many messages of one transition a target gets within `floodWindowMs`; more are folded into one. Default 10. */
  readonly floodLimit?: number;
  /** Default 30 000. The message of a flood is posted when it is over. */
  readonly floodWindowMs?: number;
  /** How long a request may take. Default 5000. */
  readonly timeoutMs?: number;
  /** The wait after the first failed attempt; it doubles. Default 1000. */
  readonly initialBackoffMs?: number;
  /** The longest wait between attempts. Default 60 000. */
  readonly maxBackoffMs?: number;
  /** The longest `Retry-After` that is honoured. Default 300 000. */
  readonly maxRetryAfterMs?: number;
  /** After so many failed attempts all that waits is folded into one message, and that one is tried on. Default 6. */
  readonly foldAfterAttempts?: number;
  /** How long `close()` may take. Default 5000. */
  readonly shutdownMs?: number;
  /** Where it is told that a receiver does not take alerts. Default: a Nest `Logger` called `FluxgateAlerts`. */
  readonly logger?: LoggerService | false;
  /** What sends the requests. Default: the global `fetch`. Give your own to go through a proxy. */
  readonly fetch?: typeof globalThis.fetch;
  /** Default: the real clock. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: RandomSource;
}

/** The options, all of them there. */
export type AlertsPolicy = Required<Omit<AlertsOptions, 'app' | 'fetch'>> & {
  readonly app: string | null;
  readonly fetch: typeof globalThis.fetch | undefined;
};

const COUNTS = { queueSize: 100, floodLimit: 10, foldAfterAttempts: 6 } as const;

const DURATIONS = {
  floodWindowMs: 30_000,
  timeoutMs: 5000,
  initialBackoffMs: 1000,
  maxBackoffMs: 60_000,
  maxRetryAfterMs: 300_000,
  shutdownMs: 5000,
} as const;

const TEXTS = ['app', 'host'] as const;
const FUNCTIONS = ['errorText', 'fetch', 'random'] as const;

const KEYS: readonly string[] = [
  'targets',
  'templates',
  'logger',
  'clock',
  ...TEXTS,
  ...FUNCTIONS,
  ...Object.keys(COUNTS),
  ...Object.keys(DURATIONS),
];

/** Everything that is wrong with the options, targets included. */
export function alertsProblems(options: AlertsOptions): string[] {
  const problems = unknownKeys(options, KEYS, 'options');
  if (typeof options !== 'object' || options === null) return problems;
  problems.push(...targetsProblems(options.targets), ...templatesProblems(options.templates));
  for (const key of TEXTS) {
    const given: unknown = options[key];
    if (given !== undefined && (typeof given !== 'string' || given.trim() === '')) {
      problems.push(mustBe(key, 'a string that is not empty', given));
    }
  }
  for (const key of FUNCTIONS) {
    const given: unknown = options[key];
    if (given !== undefined && typeof given !== 'function') problems.push(mustBe(key, 'a function', given));
  }
  return [...problems, ...numbersProblems(options), ...servicesProblems(options)];
}

function targetsProblems(targets: unknown): string[] {
  const allowed = 'an array of Slack(…), SlackWebhook(…), Webhook(…)';
  if (!Array.isArray(targets)) return [mustBe('targets', allowed, targets)];
  return (targets as (AlertTarget | null | undefined)[]).flatMap((target, i) => {
    const isTarget = typeof target?.post === 'function' && Array.isArray(target.problems);
    if (isTarget) return at(`targets[${i}]`, target.problems);
    return [mustBe(`targets[${i}]`, 'Slack(…), SlackWebhook(…) or Webhook(…)', target)];
  });
}

function templatesProblems(templates: unknown): string[] {
  if (templates === undefined) return [];
  const problems = unknownKeys(templates, KINDS, 'templates');
  for (const kind of KINDS) {
    const given = (Object(templates) as Record<string, unknown>)[kind];
    if (given !== undefined && typeof given !== 'function') {
      problems.push(mustBe(`templates.${kind}`, 'a function of the alert', given));
    }
  }
  return problems;
}

function numbersProblems(options: AlertsOptions): string[] {
  const problems: string[] = [];
  for (const [key, standard] of Object.entries(COUNTS)) {
    const given = options[key as keyof typeof COUNTS] ?? standard;
    if (!Number.isSafeInteger(given) || given < 1) problems.push(mustBe(key, 'a whole number ≥ 1', given));
  }
  for (const [key, standard] of Object.entries(DURATIONS)) {
    const given = options[key as keyof typeof DURATIONS] ?? standard;
    if (!Number.isFinite(given) || given <= 0) {
      problems.push(mustBe(key, 'a finite number of milliseconds > 0', given));
    }
  }
  const { initialBackoffMs = DURATIONS.initialBackoffMs, maxBackoffMs = DURATIONS.maxBackoffMs } = options;
  if (problems.length === 0 && maxBackoffMs < initialBackoffMs) {
    problems.push(mustBe('maxBackoffMs', `at least initialBackoffMs (${initialBackoffMs})`, maxBackoffMs));
  }
  return problems;
}

function servicesProblems({ logger, clock }: AlertsOptions): string[] {
  const problems: string[] = [];
  const has = (service: unknown, names: readonly string[]): boolean =>
    names.every((name) => typeof (Object(service) as Record<string, unknown>)[name] === 'function');
  if (logger !== undefined && logger !== false && !has(logger, ['log', 'warn'])) {
    problems.push(mustBe('logger', 'a Nest LoggerService or false', logger));
  }
  if (clock !== undefined && !has(clock, ['now', 'wallNow', 'setTimer'])) {
    problems.push(mustBe('clock', 'a clock with now(), wallNow() and setTimer()', clock));
  }
  return problems;
}

/** The options with what stands in for those that are not given. */
export function alertsPolicy(options: AlertsOptions): AlertsPolicy {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return {
    ...COUNTS,
    ...DURATIONS,
    templates: {},
    errorText: showError,
    logger: new Logger('FluxgateAlerts'),
    clock: defaultClock(),
    random: systemRandom,
    fetch: undefined,
    ...(given as Partial<AlertsOptions>),
    targets: [...options.targets],
    app: options.app === undefined ? null : line(options.app),
    host: line(options.host ?? hostname()),
  };
}
