import { randomUUID } from 'node:crypto';

import {
  oneLine,
  ownCopy,
  type BreakerState,
  type MetricSnapshot,
  type TransitionCause,
  type TransitionSignal,
} from '../core/index.js';

/**
 * What a transition means to who reads of it.
 *
 * - `opened`: a circuit that let calls through is open now; an outage begins.
 * - `forced`: an operator holds it open; an outage begins, or goes on.
 * - `probing`: the wait is over, probes go through (half_open).
 * - `reopened`: the probes failed, it is open again.
 * - `recovered`: it is closed again; the outage is over.
 * - `ended`: an operator disabled it, or set it to metrics_only, during an outage; the outage is over.
 * - `changed`: an operator moved it between closed, disabled and metrics_only; there is no outage.
 */
export type TransitionKind = 'opened' | 'forced' | 'probing' | 'reopened' | 'recovered' | 'ended' | 'changed';

interface AlertBase {
  /** Unique, and the same however often it is posted: drop what came twice by it. */
  readonly id: string;
  /** When it happened, epoch ms; of a flood, when the last of it did. */
  readonly at: number;
  /** The `app` option. */
  readonly app: string | null;
  /** The `host` option, or this machine's name. */
  readonly host: string;
}

/** The outage that a transition belongs to. */
export interface OutageInfo {
  readonly id: string;
  /** When it began, epoch ms; `null` when it began before anybody listened. */
  readonly startedAt: number | null;
  /** How long it has lasted; `null` like `startedAt`. */
  readonly durationMs: number | null;
  /** True for the transition that ended it. */
  readonly isOver: boolean;
}

/** One transition. Every text in it is one printable line, and short. */
export interface TransitionAlert extends AlertBase {
  readonly kind: TransitionKind;
  readonly breaker: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly cause: TransitionCause;
  /** The rule that was judged, as text. */
  readonly rule: string;
  /** The figures of the state that was left. */
  readonly metric: MetricSnapshot;
  /** The last failure seen in the state that was left, as `errorText` shows it. */
  readonly lastError: string | null;
  readonly reopens: number;
  /** When a probe will be allowed, epoch ms. */
  readonly retryAt: number | null;
  /** What the operator said. */
  readonly operatorReason: string | null;
  readonly outage: OutageInfo | null;
}

/** One breaker of a flood. */
export interface FloodedBreaker {
  readonly breaker: string;
  /** How many of the transitions were its. */
  readonly count: number;
  /** Where the last of them led. */
  readonly state: BreakerState;
}

/** Many transitions, folded into one. */
export interface FloodAlert extends AlertBase {
  readonly kind: 'flood';
  /** How many transitions. */
  readonly count: number;
  /** When the first of them happened, epoch ms. */
  readonly firstAt: number;
  /** The first 20 breakers, in the order in which they came. */
  readonly breakers: readonly FloodedBreaker[];
  /** How many of the transitions were of further breakers. */
  readonly otherCount: number;
}

/** What a target posts. */
export type Alert = TransitionAlert | FloodAlert;

/** What kinds of alerts there are. */
export type AlertKind = Alert['kind'];

/** An outage as the package holds it: from the first transition to its end. Targets keep their thread by it. */
export interface Outage {
  readonly id: string;
  readonly startedAt: number | null;
}

const DOWN: ReadonlySet<BreakerState> = new Set<BreakerState>(['open', 'half_open', 'forced_open']);

/** How many outages are kept; breakers that were removed while open never end theirs. */
const MAX_OUTAGES = 1000;

/** Which breakers are in an outage? */
export class Outages {
  private readonly byBreaker = new Map<string, Outage>();

  /** The outage a transition begins, belongs to or ends; `null` when there is none. */
  of({ breaker, from, to, at }: TransitionSignal): Outage | null {
    if (!DOWN.has(from) && !DOWN.has(to)) return null;
    const known = DOWN.has(from) ? this.byBreaker.get(breaker) : undefined;
    const outage = known ?? { id: randomUUID(), startedAt: DOWN.has(from) ? null : at };
    this.byBreaker.delete(breaker);
    if (DOWN.has(to)) this.byBreaker.set(breaker, outage);
    for (const oldest of this.byBreaker.keys()) {
      if (this.byBreaker.size <= MAX_OUTAGES) break;
      this.byBreaker.delete(oldest);
    }
    return outage;
  }
}

/** What an alert says besides the signal. */
export interface AlertOrigin {
  readonly app: string | null;
  readonly host: string;
  /** An error as text. Must not throw. */
  readonly errorText: (error: unknown) => string;
}

/** A signal as an alert: plain, and nothing of the error but its text is kept. */
export function toAlert(
  signal: TransitionSignal,
  outage: Outage | null,
  { app, host, errorText }: AlertOrigin,
): TransitionAlert {
  const { from, to, cause, metric, reopens, retryAt, at, lastError, operatorReason } = signal;
  return Object.freeze({
    kind: kindOf(from, to),
    id: randomUUID(),
    at,
    app,
    host,
    breaker: line(signal.breaker),
    from,
    to,
    cause,
    rule: line(signal.rule, 512),
    metric,
    lastError: lastError === undefined ? null : line(errorText(lastError)),
    reopens,
    retryAt,
    operatorReason: operatorReason === undefined ? null : line(operatorReason),
    outage: outage === null ? null : outageInfo(outage, at, !DOWN.has(to)),
  });
}

function kindOf(from: BreakerState, to: BreakerState): TransitionKind {
  if (to === 'forced_open') return 'forced';
  if (to === 'half_open') return 'probing';
  if (to === 'open') return from === 'half_open' ? 'reopened' : 'opened';
  if (!DOWN.has(from)) return 'changed';
  return to === 'closed' ? 'recovered' : 'ended';
}

function outageInfo({ id, startedAt }: Outage, at: number, isOver: boolean): OutageInfo {
  // The wall clock may have been stepped back meanwhile.
  const durationMs = startedAt === null ? null : Math.max(0, at - startedAt);
  return Object.freeze({ id, startedAt, durationMs, isOver });
}

/** Any text as one printable line that every JSON reader takes: a cut pair of surrogates is none. */
export const line = (text: string, max?: number): string =>
  ownCopy(oneLine(text, max).replace(/\p{Cs}/gu, '\ufffd'));
