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
  const text = await (await fetch(`${url}/metrics`)).text();
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
  const response = await fetch(`${url}/health`);
  const { details } = (await response.json()) as {
    details: { circuit_breakers: { breakers: { acquirer: { state: string } } } };
  };
  return { status: response.status, acquirer: details.circuit_breakers.breakers.acquirer };
}
