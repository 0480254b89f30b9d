import { EDGES, type BreakerState, type TransitionCause } from './model/state.js';
import type { Explanation } from './model/explanation.js';
import type { Tally } from './model/metric.js';
import type { TripContext, WindowStore } from './model/part.js';
import type { InitialState } from './options.js';
import type { PendingCalls, TimedCalls } from './pending.js';
import type { CallTicket } from './ticket.js';

// A state is an object with only its own data. A transition makes a new one, so "is it still the same
// object?" tells whether a ticket's generation is over.

interface Entered<State extends BreakerState> {
  readonly state: State;
  /** When it was entered: on the clock of intervals … */
  readonly sinceMs: number;
  /** … and as people read it, epoch ms. */
  readonly changedAt: number;
}

interface Recorded<State extends BreakerState> extends Entered<State> {
  /** Failures in a row in it. */
  failureStreak: number;
  /** Its calls that are under way, where the rule looks for those that hang. */
  underWay: PendingCalls | undefined;
}

// What each call looks at is here, in one place: it may be in no cache any more.
export interface Closed extends Recorded<'closed'> {
  /** Replaced when the breaker is reconfigured and it no longer fits. */
  window: WindowStore;
  /**
   * Fine, and a call in the place of one that ended alike changes no count: no verdict below the rule's `leastStreak`.
   * Never of a breaker that its group has dropped: each of its calls asks for its place.
   */
  isCalm: boolean;
  /** How far off the next call is that is timed for the mean, where not all are: stopwatch.ts. 1: it is the next. */
  untilTimed: number;
  /** The calls under way that a time limit may end. */
  timed: TimedCalls | undefined;
  /** Raised whenever lanes have to ask anew: it is over, there are other rules or meters, its group has dropped it. */
  period: number;
}

export interface MetricsOnly extends Recorded<'metrics_only'> {
  window: WindowStore;
  /** The tripper's last verdict; a change of it is told. */
  wouldTrip: boolean;
}

export interface Open extends Entered<'open'> {
  /** Why it opened. */
  readonly explanation: Explanation | null;
  /** Decided on entering, jitter and all; Infinity: never by itself. */
  readonly endsAtMs: number;
  /** Where the wait comes from, if the retry said so. */
  readonly waitSource: string | undefined;
}

export interface ForcedOpen extends Entered<'forced_open'> {
  readonly endsAtMs: number;
  readonly operatorReason: string | undefined;
}

export interface HalfOpen extends Recorded<'half_open'> {
  readonly endsAtMs: number;
  /** When the permit said no last. */
  refusedAtMs: number;
  /** Counts its own probes, whatever the window, so they do not expire before they are enough. */
  tally: Tally;
  /** Probes in flight, in the order of their admission. */
  readonly probes: CallTicket[];
}

export type Disabled = Entered<'disabled'>;

/** The states whose calls are remembered. */
export type Recording = Closed | MetricsOnly | HalfOpen;

export type Circuit = Closed | Open | HalfOpen | MetricsOnly | Disabled | ForcedOpen;

/** What a new state is made of, before the moment it is entered is known. */
export type Entry<C extends Circuit = Circuit> = C extends Circuit ? Omit<C, keyof Since> : never;

type Since = Pick<Entered<BreakerState>, 'sinceMs' | 'changedAt'>;

export const closedWith = (window: WindowStore, failureStreak = 0): Entry<Closed> => ({
  state: 'closed',
  window,
  failureStreak,
  underWay: undefined,
  isCalm: false,
  untilTimed: 1,
  timed: undefined,
  period: 0,
});

export const metricsOnlyWith = (
  window: WindowStore,
  failureStreak = 0,
  wouldTrip = false,
): Entry<MetricsOnly> => ({ state: 'metrics_only', window, failureStreak, underWay: undefined, wouldTrip });

export const halfOpenWith = (tally: Tally, endsAtMs: number, failureStreak = 0): Entry<HalfOpen> => ({
  state: 'half_open',
  tally,
  failureStreak,
  underWay: undefined,
  probes: [],
  refusedAtMs: -Infinity,
  endsAtMs,
});

/**
 * The state that is entered at that moment.
 *
 * Not a spread: V8 gives each of its results a shape of its own, and calls through a thousand breakers in turn then
 * take up to eight times as long.
 */
export const enteredAt = (entry: Entry, since: Since): Circuit => Object.assign(entry, since);

/** Is this edge in the table? */
export function mayMove(from: BreakerState, to: BreakerState, cause: TransitionCause): boolean {
  return EDGES[from][to]?.includes(cause) === true;
}

/** A probe of this state is over. */
export function freeSlot({ probes }: HalfOpen, ticket: CallTicket): void {
  probes.splice(probes.indexOf(ticket), 1);
}

/** The probe whose lease is over first. */
export function nextToLapse({ probes }: HalfOpen): CallTicket | undefined {
  let first = probes[0];
  for (const probe of probes) if (probe.leaseEndsAtMs < first!.leaseEndsAtMs) first = probe;
  return first;
}

/** Until a call would be let in, as far as time and slots go: 0 now, `null` when time alone will not do. */
export function freeInMs(circuit: Circuit, maxHalfOpenCalls: number, nowMs: number): number | null {
  if (!('endsAtMs' in circuit)) return 0;
  let { endsAtMs } = circuit;
  if (circuit.state === 'half_open') {
    if (circuit.probes.length < maxHalfOpenCalls) return 0;
    endsAtMs = Math.min(endsAtMs, nextToLapse(circuit)!.leaseEndsAtMs);
  }
  return endsAtMs === Infinity ? null : Math.max(0, endsAtMs - nowMs);
}

/** Is its time over, and nobody has called since? Such a state lasts until somebody does. */
export const isOver = (circuit: Circuit, nowMs: number): boolean =>
  'endsAtMs' in circuit && nowMs >= circuit.endsAtMs;

/** How many calls would be let in now, as far as time and slots go. */
export function placesIn(circuit: Circuit, maxHalfOpenCalls: number, nowMs: number): number {
  if (!('endsAtMs' in circuit)) return Infinity;
  if (circuit.state === 'half_open') return maxHalfOpenCalls - circuit.probes.length;
  return isOver(circuit, nowMs) ? maxHalfOpenCalls : 0;
}

/**
 * Since when does the circuit wait for nothing but a call? -Infinity: it is as it was made; Infinity: a command holds it
 * where it is.
 */
export function restsFromMs(
  { circuit, cause }: { readonly circuit: Circuit; readonly cause: TransitionCause | null },
  initialState: InitialState,
): number {
  // Made otherwise than closed it is led into each other state by a command.
  if (initialState !== 'closed') return cause === null ? -Infinity : Infinity;
  switch (circuit.state) {
    case 'closed':
      return -Infinity;
    case 'half_open':
      return circuit.sinceMs;
    case 'open':
    case 'forced_open':
      return circuit.endsAtMs;
  }
  return Infinity;
}

/** How long until a probe is allowed, and when; `null` when it is not a matter of time. */
export interface Wait {
  readonly retryAfterMs: number | null;
  readonly retryAt: number | null;
}

const NO_WAIT: Wait = { retryAfterMs: null, retryAt: null };

/**
 * The wait at `nowMs`. The instant was decided on entering the state; so the wait is exact, never rises
 * and ends at 0.
 */
export function waitOf(circuit: Circuit, nowMs: number): Wait {
  if (circuit.state === 'half_open') return { retryAfterMs: 0, retryAt: null };
  if (circuit.state !== 'open' && circuit.state !== 'forced_open') return NO_WAIT;
  if (circuit.endsAtMs === Infinity) return NO_WAIT;
  return {
    // Whole ms, rounded up: whoever waits so long is not too early.
    retryAfterMs: Math.ceil(Math.max(0, circuit.endsAtMs - nowMs)),
    retryAt: circuit.changedAt + Math.ceil(circuit.endsAtMs - circuit.sinceMs),
  };
}

/** How many of its calls hang, for whoever asks; `undefined` where nobody keeps them in view. */
export function hungCountIn(circuit: Circuit, nowMs: number): TripContext['hungCount'] {
  const underWay = 'underWay' in circuit ? circuit.underWay : undefined;
  return underWay && ((thresholdMs) => underWay.countLongerThan(thresholdMs, nowMs));
}

/** What a breaker is made as. */
export function entryTo(state: InitialState, newWindow: () => WindowStore): Entry {
  switch (state) {
    case 'closed':
      return closedWith(newWindow());
    case 'metrics_only':
      return metricsOnlyWith(newWindow());
    case 'disabled':
      return { state };
    case 'forced_open':
      return { state, endsAtMs: Infinity, operatorReason: 'forced open from the start' };
  }
}

/** What a breaker goes on from. */
export interface Past {
  readonly circuit: Circuit;
  readonly reopens: number;
  readonly lastError: string | null;
}
