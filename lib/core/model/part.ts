import type { Metric } from './metric.js';

/**
 * What every part (window, tracker, tripper, retry, permit) has.
 *
 * A part is a specification: immutable, shareable, without state. One that was given a bad number
 * keeps its `problems` until somebody is handed it, because only then can the message say where
 * (`forRoot: breakers.payments.tripper: FailureRate(50): …`) and name every problem at once.
 * An invalid part is never accepted and never runs.
 */
export interface Part {
  /** What is wrong with it; empty when it is usable. */
  readonly problems: readonly string[];
  /** Reads like the code that made it. */
  toString(): string;
}

/** What a tripper may look at. Live: read it during the call. */
export interface TripContext {
  /** The window's figures; in half_open, those of the probes. */
  readonly metric: Metric;
  /** `metrics_only` is judged as `closed`. */
  readonly state: 'closed' | 'half_open';
  /** Failures in a row since the circuit entered this state; ignored calls leave it as it is. */
  readonly failureStreak: number;
  /** How often half_open went back to open since the circuit was last closed. */
  readonly reopens: number;
  /**
   * How many calls of this state have been under way for longer than so many ms? Those that the circuit let in and that
   * have given nothing yet, streams before their first value included. There where the rule has a `HungCalls`.
   */
  readonly hungCount?: (thresholdMs: number) => number;
}

/**
 * What only the breaker knows of the call that threw: for an `AbortError`, which does not say who aborted.
 *
 * A tracker is given it where the call had a signal that the breaker knows: one of its caller (`{ signal }`), or the
 * call's own, which the method took by `callSignal()` or the task from its context. The method may have had another one
 * besides; without any it is `undefined`.
 */
export interface TrackedCall {
  /**
   * Had that signal aborted? If not, an `AbortError` is the client's own time-out. (The breaker's own time limits ask no
   * tracker: they are a failure, whatever the client makes of them.)
   */
  readonly isAborted: boolean;
}

/** What a retry may look at when the circuit opens. */
export interface RetryContext {
  /** 0 at the first opening, then how often half_open went back to open since the circuit was last closed. */
  readonly reopens: number;
  /** Draws from [0, 1). */
  readonly random: () => number;
  /**
   * The error of the failed call that opens the circuit: for a `Retry-After` of the dependency. Where it is no failed
   * call (a slow success, `maxHalfOpenMs`), the `ErrorSummary` of the last one, if there was one.
   */
  readonly lastError: unknown;
  /**
   * What that call returned, where `trackResult` made it a failure: then there is no error. Only while the circuit opens
   * by it; nothing of it is kept.
   */
  readonly lastResult?: unknown;
  /** The wall clock, epoch ms: for dates that a server gives. */
  readonly wallNow: number;
  /** Says where the wait comes from, for people: the snapshot shows it as `waitSource`. */
  readonly explain?: (source: string) => void;
}

/** What a permit may look at for each call in half_open. */
export interface PermitContext {
  /** Milliseconds since the circuit went half_open. */
  readonly halfOpenForMs: number;
  /** Draws from [0, 1). */
  readonly random: () => number;
}

/** One breaker's memory of its calls, made by a window. */
export interface WindowStore {
  /** Remembers a call that ended at `nowMs`. */
  record(nowMs: number, durationMs: number, isFailure: boolean): void;
  /** The figures of what is remembered at `nowMs`; drops what has expired. */
  metric(nowMs: number): Metric;
  /** What is remembered at `nowMs` as plain JSON, for the `restore` of its window. Without it a warm start begins empty. */
  memory?(nowMs: number): unknown;
  /** Remembers a call, if that changes no count; else does nothing. Without a duration nobody timed it. @internal */
  repeat?(isFailure: boolean, durationMs?: number): boolean;
}

/** Is this returned value a failure? Its parameter may be typed as narrowly as you like. */
// A method's parameter is compared both ways, so `(response: Response) => boolean` fits.
export type ResultTracker = { isFailure(value: unknown): boolean }['isFailure'];
