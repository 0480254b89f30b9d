import type { DiaryEntry } from '../observability/outage-diary.js';
import type { SpanEvent } from '../observability/tracing.js';
import type { Shop } from '../shop.js';

/** Where the shop is. */
type Address = Pick<Shop, 'url'>;

/** The series whose lines the demo shows. */
const SHOWN =
  /^(fluxgate_(?:state|calls_total|rejected_total|transitions_total)\{breaker="acquirer".*\}) (\S+)$/;

/** The acquirer's series on /metrics, and their values. */
export type Metrics = ReadonlyMap<string, string>;

/** What Prometheus would scrape now. */
export async function scrape({ url }: Address): Promise<Metrics> {
  const response = await fetch(`${url}/metrics`);
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`);
  const text = await response.text();
  const metrics = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, series, value] = SHOWN.exec(line) ?? [];
    if (series !== undefined) metrics.set(series, value!);
  }
  return metrics;
}

/** The lines that changed: `series before → after`. */
export function changes(before: Metrics, after: Metrics): string[] {
  return [...after]
    .filter(([series, value]) => before.get(series) !== value)
    .map(([series, value]) => `${series} ${before.get(series) ?? 'none'} → ${value}`);
}

/** What the readiness probe gets. */
export interface Health {
  readonly status: number;
  /** Of the acquirer's breaker. */
  readonly acquirer: { readonly state: string };
}

export async function probeHealth({ url }: Address): Promise<Health> {
  const response = await fetch(`${url}/health`); // 503 while the shop is not ready: read too, not an error
  const { details } = (await response.json()) as {
    details: { circuit_breakers: { breakers: { acquirer: { state: string } } } };
  };
  return { status: response.status, acquirer: details.circuit_breakers.breakers.acquirer };
}

/** The first event of each kind on the spans of requests, a line each. */
export function spanLines(events: readonly SpanEvent[]): string[] {
  const isFirst = ({ name }: SpanEvent, i: number): boolean =>
    events.findIndex((event) => event.name === name) === i;
  return events.filter(isFirst).map(({ span, name, attributes }) => {
    const state = String(attributes['circuitbreaker.state']);
    const from = attributes['fluxgate.from'];
    const what = from === undefined ? state : `${String(from)} → ${state}`;
    return `${span.padEnd(17)} ${name.padEnd(26)} ${what}`;
  });
}

/** What the page says above its pay button. */
export async function readNotice({ url }: Address): Promise<string | null> {
  const response = await fetch(`${url}/payments/availability`);
  if (!response.ok) throw new Error(`/payments/availability answered ${response.status}`);
  return ((await response.json()) as { notice: string | null }).notice;
}

/** The last outage in the shop's diary. */
export async function lastOutage({ url }: Address): Promise<DiaryEntry | undefined> {
  const response = await fetch(`${url}/outages`);
  if (!response.ok) throw new Error(`/outages answered ${response.status}`);
  return ((await response.json()) as DiaryEntry[]).at(-1);
}
