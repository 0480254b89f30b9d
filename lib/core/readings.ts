import { roomIn, Waiters, type Room } from './available.js';
import type { Clock } from './base/clock.js';
import { standingDeadlines, type Deadlines } from './base/deadlines.js';
import { FluxgateConfigError } from './base/errors.js';
import { redactProblems } from './base/error-text.js';
import { defaultClock } from './base/following-clock.js';
import { systemRandom, type RandomSource } from './base/random.js';
import { ownCopy } from './base/text.js';
import { nameProblems } from './base/validate.js';
import { callSite, simpleSite, type CallOptions, type CallSite, type Lost } from './call-site.js';
import type { BreakerEnvironment } from './environment.js';
import { explainBreaker, metricOf } from './explain.js';
import { listenerProblems, type Listener } from './listeners/index.js';
import type { BreakerExplanation } from './model/explanation.js';
import { Meters, type Meter } from './meter.js';
import type { BreakerSnapshot, CallCounts, WarmSnapshot } from './model/snapshot.js';
import type { BreakerState } from './model/state.js';
import { Mover } from './mover.js';
import { Audience, Notifier } from './notifier.js';
import { resolvePolicy, type BreakerOptions, type Policy } from './options.js';
import type { Seat } from './seat.js';
import { takeSnapshot, withMemory } from './snapshot.js';
import { restsFromMs } from './states.js';

const NO_DEFAULTS: BreakerOptions = {};

/** What anybody may read of a breaker, and wait for. */
export abstract class Readings {
  protected readonly notifier: Notifier;
  protected readonly mover: Mover;
  protected readonly meters = new Meters();
  /** @internal */
  readonly counts = { admitted: 0, success: 0, failure: 0, ignored: 0, unrecorded: 0, rejected: 0 };
  protected readonly random: RandomSource;
  /** Its place in a group of breakers, one per key. */
  readonly seat: Seat | undefined;
  private readonly audience: Audience;
  private isElapsing = false;
  /** The place of call of everybody who brings no options of their own. */
  protected readonly ownSite = callSite('', {});
  /** Who waits for it; there once somebody did. */
  protected waiting: Waiters | undefined;
  /** @internal */
  readonly clock: Clock;
  /** @internal */
  readonly deadlines: Deadlines;
  /** @internal */
  timeoutMs: number | undefined;
  /** @internal */
  idleTimeoutMs: number | undefined;
  /** @internal */
  streamLeaseMs: number;

  readonly name: string;

  constructor(name: string, options: BreakerOptions, environment: BreakerEnvironment) {
    const { seat, redact, audience } = environment;
    const problems = seat === undefined ? [...nameProblems(name), ...redactProblems(redact)] : [];
    if (problems.length > 0) throw new FluxgateConfigError('Breaker', problems);
    this.name = ownCopy(name);
    this.seat = seat;
    const policy =
      seat?.policy ?? resolvePolicy(`Breaker "${name}"`, options, environment.defaults ?? NO_DEFAULTS);
    this.clock = environment.clock ?? defaultClock();
    this.deadlines = environment.deadlines ?? standingDeadlines;
    this.timeoutMs = policy.timeoutMs;
    this.idleTimeoutMs = policy.idleTimeoutMs;
    this.streamLeaseMs = policy.streamLeaseMs;
    this.random = environment.random ?? systemRandom;
    this.audience = new Audience(policy.listeners);
    this.notifier = new Notifier({ breaker: this.name, ...seat?.origin }, this.audience, audience, redact);
    this.mover = new Mover(policy, this.clock, this.random, this.notifier);
  }

  /** The group that it belongs to, where there is one breaker per key. Label metrics by it. */
  get group(): string | undefined {
    return this.seat?.origin.group;
  }

  /** Its key in that group; `undefined` for the group's shared breaker. */
  get key(): string | undefined {
    return this.seat?.origin.key;
  }

  /** A place of call, worked out once. @internal */
  site<T>(options?: CallOptions<T, unknown>): CallSite {
    if (options === undefined) return this.ownSite;
    return simpleSite(options, this.ownSite) ?? callSite(`Breaker "${this.name}"`, options);
  }

  protected get policy(): Policy {
    return this.mover.policy;
  }

  /** @internal */
  get leaseMs(): number {
    return this.policy.leaseMs;
  }

  /** @internal */
  get probeLeaseMs(): number | undefined {
    return this.policy.probeLeaseMs;
  }

  /** Ends what was over first at `nowMs`; false when nothing is. */
  protected abstract endOldest(nowMs: number): boolean;

  /** Lets time do what it has done. */
  protected elapse(nowMs: number): void {
    if (this.isElapsing) return; // A part that is asked on the way reads the breaker.
    this.isElapsing = true;
    try {
      while (this.endOldest(nowMs));
    } finally {
      this.isElapsing = false;
    }
  }

  /** The state now. An open circuit whose wait is over stays `open` until a call comes. */
  get state(): BreakerState {
    this.elapse(this.clock.now());
    const { state } = this.mover.circuit;
    this.notify();
    return state;
  }

  /**
   * What is known now, as plain JSON; `JSON.stringify(breaker)` gives the same. With `window: true` also what it
   * remembers, for `restore` in another process.
   */
  snapshot(options: { readonly window: true }): WarmSnapshot;
  snapshot(options?: { readonly window?: boolean }): BreakerSnapshot;
  snapshot({ window = false }: { readonly window?: boolean } = {}): BreakerSnapshot {
    const nowMs = this.clock.now();
    this.elapse(nowMs);
    const { mover, counts, policy } = this;
    const calls = { ...counts, inFlight: counts.admitted - this.ended() } satisfies CallCounts;
    const plain = takeSnapshot(this, policy, mover, calls, nowMs);
    const taken = window ? withMemory(plain, policy.tripper, mover, nowMs, this.clock.wallNow()) : plain;
    this.notify();
    return taken;
  }

  /**
   * Why is the circuit in this state? The rule as a tree, each leaf with its value, threshold and answer: in `open`
   * as it was when the circuit opened, else on the figures of now. As JSON, and in `text` for people.
   *
   * It asks every leaf of the rule, `TripWhen` too. Never throws; for people and dashboards, not for every call.
   */
  explain(): BreakerExplanation {
    const nowMs = this.clock.now();
    this.elapse(nowMs);
    const explanation = explainBreaker(this.name, this.policy.tripper, this.mover, nowMs);
    this.notify();
    return explanation;
  }

  toJSON(): BreakerSnapshot {
    return this.snapshot();
  }

  /**
   * Adds a listener.
   *
   * @returns takes it away again.
   * @throws FluxgateConfigError when it is no listener.
   */
  subscribe(listener: Listener): () => void {
    const problems = listenerProblems('listener', listener);
    if (problems.length > 0) {
      throw new FluxgateConfigError(`Breaker "${this.name}".subscribe`, problems);
    }
    return this.audience.add(listener);
  }

  /** Adds one that measures each call from now on. @returns takes it away again. @internal */
  measureBy(meter: Meter): () => void {
    const remove = this.meters.add(meter);
    this.mover.askAnew();
    return () => {
      remove();
      this.mover.askAnew();
    };
  }

  /**
   * Waits until a call would be let in: closed, or a probe slot is free. Pause a consumer with it.
   *
   * As many are told as there are places, in the order in which they came. It holds no place: others may come first,
   * and the permit is not asked. After a "no" of the permit it waits 100 ms, or until the state changes, so a loop
   * does not spin. Where time alone ends the wait, it keeps the process alive until the app closes. Rejects with the
   * signal's reason when the signal is aborted.
   */
  whenAvailable(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.waiting ??= new Waiters(this);
    return this.waiting.wait(options.signal);
  }

  /** Since when may its group drop it, as far as its state goes (see states.ts)? Infinity also while it is in use. @internal */
  restsFromMs(): number {
    const { mover, policy } = this;
    const { circuit } = mover;
    const isProbed = circuit.state === 'half_open' && circuit.probes.length > 0;
    const isInUse = isProbed || this.counts.admitted !== this.ended() || this.waiting?.isEmpty === false;
    return isInUse ? Infinity : restsFromMs(mover, policy.initialState);
  }

  /** Did a call of it ever succeed? @internal */
  get hadSuccess(): boolean {
    return this.counts.success > 0;
  }

  /** Its group has dropped it: each call has to ask whether there is a place again. @internal */
  leaveSeat(): void {
    this.mover.askAnew();
  }

  /** How many calls its window remembers at `nowMs`. @internal */
  rememberedCount(nowMs: number): number {
    return metricOf(this.mover.circuit, nowMs)?.totalCount ?? 0;
  }

  /** It is in use: the time now, after it has done what it does. */
  protected begin(): number {
    const nowMs = this.clock.now();
    this.seat?.touch(nowMs);
    this.elapse(nowMs);
    return nowMs;
  }

  /** notify: who wants to know? The last step of everything that may have moved the circuit. */
  protected notify(): void {
    this.notifier.flush();
    this.waiting?.hear(this.mover.circuit);
  }

  /** A fallback is about to stand in for a call that ended so. @internal */
  tellFallback(outcome: Lost, error: unknown): void {
    this.mover.tellFallback(this.mover.circuit.state, outcome, error);
    this.notify();
  }

  /** How many calls are over. */
  protected ended(): number {
    const { success, failure, ignored, unrecorded } = this.counts;
    return success + failure + ignored + unrecorded;
  }

  /** What those who wait want to know. @internal */
  room(): Room {
    const nowMs = this.clock.now();
    this.elapse(nowMs);
    this.notifier.flush();
    return roomIn(this.mover.circuit, this.policy.maxHalfOpenCalls, nowMs);
  }
}
