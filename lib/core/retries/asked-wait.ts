import { httpDateMs } from '../base/http-date.js';
import { askHeaders, type Lookup } from './headers.js';

/** How long the server asks to wait, and by what. */
export interface AskedWait {
  readonly waitMs: number;
  /** `Retry-After: 7`. */
  readonly source: string;
}

/** From here on a number of seconds is an instant, since 1970: nobody asks for thirty years. */
const FIRST_INSTANT_S = 1e9;

/**
 * The wait that the answer behind this failure asks for; `undefined` where it asks for none. No wait at all (0, a date
 * that is over, nonsense) is none.
 */
export function askedWait(failures: readonly unknown[], wallNow: number): AskedWait | undefined {
  return askHeaders(failures, (header, field) => headerWait(header, wallNow) ?? fieldWait(field, wallNow));
}

function headerWait(header: Lookup, wallNow: number): AskedWait | undefined {
  return (
    waitBy('retry-after-ms', header('retry-after-ms'), numberIn) ??
    waitBy('Retry-After', header('retry-after'), (text) => afterMs(text, wallNow)) ??
    resetWait(header, wallNow) ??
    policyWait(header('ratelimit'))
  );
}

/** What some clients keep in place of the headers: Slack, Qdrant; and this package's own rejection. */
function fieldWait(field: Lookup, wallNow: number): AskedWait | undefined {
  const after = (text: string): number => afterMs(text, wallNow);
  return (
    waitBy('retryAfterMs', field('retryAfterMs'), numberIn) ??
    waitBy('retryAfter', field('retryAfter'), after) ??
    waitBy('retry_after', field('retry_after'), after)
  );
}

/** When the quota is full again, which is only worth waiting for where nothing of it is left. */
function resetWait(header: Lookup, wallNow: number): AskedWait | undefined {
  if (numberIn(header('ratelimit-remaining') ?? '0') > 0) return undefined;
  return waitBy('RateLimit-Reset', header('ratelimit-reset'), (text) => {
    const seconds = numberIn(text);
    return seconds >= FIRST_INSTANT_S ? seconds * 1000 - wallNow : seconds * 1000;
  });
}

/** `"default";r=0;t=30`, or `limit=10, remaining=0, reset=30` of older drafts: of the quotas that are used up the longest. */
function policyWait(text: string | undefined): AskedWait | undefined {
  if (text === undefined) return undefined;
  const quotas = text.includes('reset=') ? [text] : text.split(',');
  const waits = quotas
    .filter((quota) => !(numberIn(REMAINING.exec(quota)?.[1] ?? '0') > 0))
    .map((quota) => numberIn(RESET.exec(quota)?.[1] ?? ''))
    .filter((seconds) => seconds > 0);
  return waitBy('RateLimit: t', waits.length === 0 ? undefined : `${Math.max(...waits)}`, secondsIn, '=');
}

const REMAINING = /(?:^|[;,\s])(?:r|remaining)=(\d+)/;
const RESET = /(?:^|[;,\s])(?:t|reset)=(\d+)/;

function waitBy(
  name: string,
  text: string | undefined,
  msIn: (text: string) => number,
  separator = ': ',
): AskedWait | undefined {
  if (text === undefined) return undefined;
  const waitMs = msIn(text);
  return waitMs > 0 ? { waitMs, source: `${name}${separator}${text}` } : undefined;
}

/** Seconds, or a date. */
function afterMs(text: string, wallNow: number): number {
  const ms = secondsIn(text);
  return Number.isNaN(ms) ? httpDateMs(text) - wallNow : ms;
}

const secondsIn = (text: string): number => numberIn(text) * 1000;

/** A decimal number ≥ 0; NaN for anything else. */
const numberIn = (text: string): number => (/^\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : NaN);
