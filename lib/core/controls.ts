import { whenFree } from './available.js';
import { systemClock, type Clock } from './base/clock.js';
import { FluxgateConfigError } from './base/errors.js';
import { systemRandom, type RandomSource } from './base/random.js';
import { DURATION_MS, mustBe, nameProblems, numberProblems, unknownKeys } from './base/validate.js';
import type { BreakerEnvironment, ForceOpenOptions } from './environment.js';
import { explainBreaker } from './explain.js';
import { listenerProblems, type Listener } from './listeners/index.js';
import type { BreakerExplanation } from './model/explanation.js';
import type { BreakerSnapshot, CallCounts } from './model/snapshot.js';
import type { BreakerState } from './model/state.js';
import { Mover } from './mover.js';
import { Audience, Notifier } from './notifier.js';
import { resolvePolicy, type BreakerOptions, type Policy } from './options.js';
import type { Seat } from './seat.js';
import { takeSnapshot } from './snapshot.js';
import { freeInMs, type Circuit } from './states.js';

const NO_DEFAULTS: BreakerOptions = {};

/** The half of a breaker that is not a call: what an operator commands and anybody may read. */
export abstract class Controls {
  protected readonly policy: Policy;
  protected readonly notifier: Notifier;
  protected readonly mover: Mover;
  protected readonly counts = { admitted: 0, success: 0, failure: 0, ignored: 0, unrecorded: 0, rejected: 0 };
  protected readonly random: RandomSource;
  /** Its place in a group of breakers, one per key. */
  protected readonly seat: Seat | undefined;
  private readonly audience: Audience;
  private isElapsing = false;
  private readonly waiters = new Set<() => void>();
  /** What those who wait were last told of. */
  private told: { readonly circuit: Circuit; readonly probes: number } | undefined;
  /** @internal */
  readonly clock: Clock;
  /** @internal */
  readonly timeoutMs: number | undefined;
  /** @internal */
  readonly streamLeaseMs: number;

  constructor(
    readonly name: string,
    options: BreakerOptions,
    environment: BreakerEnvironment,
  ) {
    const { seat } = environment;
    const problems = seat === undefined ? nameProblems(name) : [];
    if (problems.length > 0) throw new FluxgateConfigError('Breaker', problems);
    this.seat = seat;
    this.policy =
      seat?.policy ?? resolvePolicy(`Breaker "${name}"`, options, environment.defaults ?? NO_DEFAULTS);
    this.clock = environment.clock ?? systemClock;
    this.timeoutMs = this.policy.timeoutMs;
    this.streamLeaseMs = this.policy.streamLeaseMs;
    this.random = environment.random ?? systemRandom;
    this.audience = new Audience(this.policy.listeners);
    this.notifier = new Notifier({ breaker: name, ...seat?.origin }, this.audience, environment.audience);
    this.mover = new Mover(this.policy, this.clock, this.random, this.notifier);
  }

  /** The group that it belongs to, where there is one breaker per key. Label metrics by it. */
  get group(): string | undefined {
    return this.seat?.origin.group;
  }

  /** Its key in that group; `undefined` for the group's shared breaker. */
  get key(): string | undefined {
    return this.seat?.origin.key;
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
   * Closes the circuit and forgets everything. Outcomes of calls still running are dropped.
   *
   * @returns false when it was closed already: then nothing is touched.
   */
  reset(): boolean {
    return this.command('closed', (nowMs) => this.mover.toClosed('operator', nowMs));
  }

  /** Lets all calls straight through and records nothing, until another command. */
  disable(): boolean {
    return this.command('disabled', (nowMs) => this.mover.toDisabled(nowMs));
  }

  /** Records and judges but never rejects, until another command: a trial run. See `onWouldTrip`. */
  metricsOnly(): boolean {
    return this.command('metrics_only', (nowMs) => this.mover.toMetricsOnly(nowMs));
  }

  /**
   * Rejects every call, until another command or for `forMs`.
   *
   * @returns false when it was forced open already; `reset()` first to change the reason or the time.
   * @throws FluxgateConfigError when `forMs` is not a number of ms above 0, or `reason` not a string.
   */
  forceOpen(options: ForceOpenOptions = {}): boolean {
    const problems = unknownKeys(options, ['reason', 'forMs'], 'options');
    const { reason, forMs } = Object(options) as ForceOpenOptions;
    if (forMs !== undefined) problems.push(...numberProblems('forMs', forMs, DURATION_MS));
    if (reason !== undefined && typeof reason !== 'string') {
      problems.push(mustBe('reason', 'a string', reason));
    }
    if (problems.length > 0) {
      throw new FluxgateConfigError(`Breaker "${this.name}".forceOpen`, problems);
    }
    return this.command('forced_open', (nowMs) => this.mover.toForcedOpen(nowMs, forMs ?? Infinity, reason));
  }

  /** What is known now, as plain JSON; `JSON.stringify(breaker)` gives the same. */
  snapshot(): BreakerSnapshot {
    const nowMs = this.clock.now();
    this.elapse(nowMs);
    const { mover, counts } = this;
    const snapshot = takeSnapshot(
      { name: this.name, ...this.seat?.origin },
      this.policy,
      mover,
      { ...counts, inFlight: counts.admitted - this.ended() } satisfies CallCounts,
      nowMs,
    );
    this.notify();
    return snapshot;
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

  /**
   * Waits until a call would be let in: closed, or a probe slot is free. Pause a consumer with it.
   *
   * It holds no place: others may come first, and the permit is not asked. Its timer does not keep the
   * process alive. Rejects with the signal's reason when the signal is aborted.
   */
  whenAvailable(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.told = undefined; // Whoever comes now was told of nothing yet.
    return whenFree(
      { clock: this.clock, waiters: this.waiters, freeInMs: () => this.freeInMs() },
      options.signal,
    );
  }

  /**
   * Is it as it was made, but for what it remembers: no call in flight, nobody waiting, no command in force?
   * Then its group may drop it.
   *
   * @internal
   */
  isAtRest(): boolean {
    const { mover, policy } = this;
    const isAsMade =
      policy.initialState === 'closed' ? mover.circuit.state === 'closed' : mover.cause === null;
    return isAsMade && this.counts.admitted === this.ended() && this.waiters.size === 0;
  }

  /** How many calls its window remembers at `nowMs`. @internal */
  rememberedCount(nowMs: number): number {
    const { circuit } = this.mover;
    if (!('window' in circuit)) return 0;
    return this.mover.guard('window', () => circuit.window.metric(nowMs).totalCount) ?? 0;
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
    if (this.waiters.size === 0) return;
    // Rejections are hot in an outage, and so is waiting: only what can end a wait wakes somebody.
    const { circuit } = this.mover;
    const probes = circuit.state === 'half_open' ? circuit.probes.length : 0;
    const { told } = this;
    this.told = { circuit, probes };
    if (told?.circuit === circuit && told.probes <= probes) return;
    for (const wake of this.waiters) wake();
  }

  /** How many calls are over. */
  protected ended(): number {
    const { success, failure, ignored, unrecorded } = this.counts;
    return success + failure + ignored + unrecorded;
  }

  /** Until a call would be let in, as far as time and slots go: 0 now, `null` when time alone will not do. */
  private freeInMs(): number | null {
    const nowMs = this.clock.now();
    this.elapse(nowMs);
    this.notifier.flush();
    return freeInMs(this.mover.circuit, this.policy.maxHalfOpenCalls, nowMs);
  }

  /** A command to the state the circuit is in does nothing, and tells nobody. */
  private command(to: BreakerState, move: (nowMs: number) => void): boolean {
    const nowMs = this.begin();
    const mayMove = this.mover.circuit.state !== to;
    if (mayMove) move(nowMs);
    this.notify();
    return mayMove;
  }
}
