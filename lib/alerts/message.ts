import { mustBe, type MetricSnapshot } from '../core/index.js';
import type { Alert, AlertKind, FloodAlert, TransitionAlert } from './alert.js';

/** One line of a message. */
export interface AlertField {
  readonly name: string;
  readonly value: string;
  /** Text of a machine: shown as it is, where the target can. */
  readonly isCode?: boolean;
}

/** What an alert says to people, before a target puts it into its own form. Plain text: targets escape it. */
export interface AlertMessage {
  /** One line; the only one in a notification. */
  readonly title: string;
  /** `#rrggbb`, for targets that show one. */
  readonly color: string;
  readonly fields: readonly AlertField[];
  /** App, host and time. */
  readonly footer: string;
}

/** Replaces what a message says: gives the parts that differ from the standard one. */
export type AlertTemplate<A extends Alert = Alert> = (
  alert: A,
  standard: AlertMessage,
) => Partial<AlertMessage>;

/** Templates by kind of alert; a kind without one says the standard. */
export type AlertTemplates = {
  readonly [K in AlertKind]?: AlertTemplate<Extract<Alert, { readonly kind: K }>>;
};

/** Every kind, and how it looks. */
const LOOK: Readonly<Record<AlertKind, { readonly sign: string; readonly color: string }>> = {
  opened: { sign: '🔴', color: '#d92d20' },
  forced: { sign: '⛔', color: '#d92d20' },
  probing: { sign: '🟡', color: '#f79009' },
  reopened: { sign: '🔴', color: '#d92d20' },
  recovered: { sign: '🟢', color: '#12b76a' },
  ended: { sign: '⚪', color: '#98a2b3' },
  changed: { sign: '⚪', color: '#98a2b3' },
  flood: { sign: '🌊', color: '#7a5af8' },
};

export const KINDS = Object.keys(LOOK) as readonly AlertKind[];

/** What an alert says when no template says otherwise. */
export function standardMessage(alert: Alert): AlertMessage {
  const { sign, color } = LOOK[alert.kind];
  const place = alert.app === null ? alert.host : `${alert.app} on ${alert.host}`;
  return Object.freeze({
    title: `${sign} ${alert.kind === 'flood' ? floodTitle(alert) : title(alert)}`,
    color,
    fields: Object.freeze(alert.kind === 'flood' ? floodFields(alert) : fields(alert)),
    footer: `${place} · ${iso(alert.at)}`,
  });
}

/** The message of an alert, as a template wants it. `fault` hears of a template that threw or gave nonsense. */
export function composeMessage(
  alert: Alert,
  templates: AlertTemplates,
  fault: (error: unknown) => void,
): AlertMessage {
  const standard = standardMessage(alert);
  const template = templates[alert.kind] as AlertTemplate | undefined;
  if (template === undefined) return standard;
  try {
    const own = Object.entries(asObject(template(alert, standard)));
    const message = { ...standard, ...Object.fromEntries(own.filter(([, part]) => part !== undefined)) };
    if (isMessage(message)) return Object.freeze(message);
    fault(new TypeError('title, color, footer and the fields must be texts'));
  } catch (error) {
    fault(error);
  }
  return standard;
}

/** A message as plain lines. */
export function plainText({ title, fields, footer }: AlertMessage): string {
  return [title, ...fields.map(({ name, value }) => `${name}: ${value}`), footer].join('\n');
}

/** What the user's own code gave where an object is wanted. @throws when it is none. */
export function asObject(given: unknown): object {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
  // A promise would be posted as {}.
  if (isObject && !('then' in given)) return given;
  throw new TypeError(mustBe('what it gives', 'an object', given));
}

function isMessage({ title, color, fields, footer }: AlertMessage): boolean {
  const isText = (one: unknown): boolean => typeof one === 'string';
  return (
    [title, color, footer].every(isText) &&
    Array.isArray(fields) &&
    fields.every((field: AlertField | null) => isText(field?.name) && isText(field?.value))
  );
}

function title({ kind, breaker, to, from, cause, outage, reopens }: TransitionAlert): string {
  const after =
    outage === null || outage.durationMs === null ? '' : ` after ${showDuration(outage.durationMs)}`;
  switch (kind) {
    case 'opened':
      return `${breaker} opened`;
    case 'forced':
      return `${breaker} is forced open`;
    case 'probing':
      return `${breaker} is being probed${after}`;
    case 'reopened':
      return `${breaker} opened again (${reopens}×)`;
    case 'recovered':
      return `${breaker} ${cause === 'operator' ? 'was closed by an operator' : 'recovered'}${after}`;
    case 'ended':
      return `${breaker} is no longer guarded (${to})${after}`;
    case 'changed':
      return `${breaker}: ${from} → ${to}`;
  }
}

const CAUSES = {
  tripper: 'tripper',
  retry: 'the wait is over',
  operator: 'operator',
  timeout: 'time limit',
  restore: 'restored from a snapshot',
};

function fields(alert: TransitionAlert): AlertField[] {
  const { kind, cause, rule, metric, lastError, retryAt, operatorReason, outage } = alert;
  const since = kind === 'opened' ? null : (outage?.startedAt ?? null);
  return [
    field('Transition', `${alert.from} → ${alert.to} (${CAUSES[cause]})`),
    field('Reason', operatorReason, true),
    field('Rule', cause === 'tripper' || cause === 'retry' ? rule : null, true),
    field('Figures', metric.totalCount === 0 ? null : figures(metric)),
    field('Last error', lastError, true),
    field('Probes from', retryAt === null ? null : iso(retryAt)),
    field('Outage since', since === null || since === alert.at ? null : iso(since)),
  ].flat();
}

function floodTitle({ count, breakers, otherCount }: FloodAlert): string {
  const named = breakers.slice(0, 5).map(({ breaker }) => breaker);
  const isMore = breakers.length > named.length || otherCount > 0;
  return `${count} more transitions of ${named.join(', ')}${isMore ? ', …' : ''}`;
}

function floodFields({ breakers, otherCount, firstAt }: FloodAlert): AlertField[] {
  return [
    ...breakers.map(({ breaker, count, state }) => field(breaker, `${count}, now ${state}`)),
    field('Others', otherCount === 0 ? null : String(otherCount)),
    field('Since', iso(firstAt)),
  ].flat();
}

function field(name: string, value: string | null, isCode = false): AlertField[] {
  if (value === null) return [];
  return [Object.freeze(isCode ? { name, value, isCode } : { name, value })];
}

function figures({ totalCount, failureCount, failureRate, avgDurationMs, slow }: MetricSnapshot): string {
  return [
    `${failureCount}/${totalCount} failed (${Math.round(failureRate * 100)} %)`,
    ...slow.map(({ count, thresholdMs }) => `${count} slower than ${thresholdMs} ms`),
    `avg ${Math.round(avgDurationMs)} ms`,
  ].join(', ');
}

/** `850 ms`, `12 s`, `4 min 10 s`, `26 h 3 min`. */
export function showDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An instant from a clock of the user's may be none. */
function iso(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString();
}
