import type { Observable } from 'rxjs';

import { Admission } from './admission.js';
import { Classifier } from './classifier.js';
import {
  NO_INVOCATION,
  type CallOptions,
  type CallSite,
  type Invocation,
  type SiteOptions,
} from './call-site.js';
import { Controls } from './controls.js';
import type { Callee } from './doors/call.js';
import { Lane, lastLaneOf } from './doors/lane.js';
import { runIterator, type IterableSource } from './doors/iterator.js';
import { runObservable, type StreamSource } from './doors/observable.js';
import { runPromise, wrapFunction, type Task } from './doors/promise.js';
import { isWithinProbe } from './doors/probe.js';
import { enterBy, type CallShape } from './doors/shape.js';
import { runSync } from './doors/sync.js';
import { Judge } from './judge.js';
import { CallTimeoutException, type CallNotPermittedException } from './model/exceptions.js';
import type { Outcome, RejectionReason, Settlement } from './model/outcome.js';
import type { WarmSnapshot } from './model/snapshot.js';
import type { BreakerOptions } from './options.js';
import type { BreakerEnvironment } from './environment.js';
import { nameIn } from './restore.js';
import { freeSlot, nextToLapse, type Recording } from './states.js';
import { TimedCalls } from './pending.js';
import { Stopwatch } from './stopwatch.js';
import { CallTicket, CompanionTicket, type Admitter, type Ticket } from './ticket.js';

/**
 * May this call go? One named circuit, and the life of a call through it, top to bottom:
 *
 *     call → admit → run → classify → record → judge → move → notify
 *
 * The caller always gets the original value or error, the fallback's, or a `CallNotPermittedException`.
 * Calls are never queued and never wait for one another.
 *
 * @throws FluxgateConfigError from the constructor, naming every option that is wrong.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Breaker, FailureStreak } from 'nestjs-fluxgate';
 *
 * const breaker = new Breaker('payments', { tripper: FailureStreak(3) });
 * assert.equal(await breaker.execute(async () => 'paid'), 'paid');
 * assert.equal(breaker.state, 'closed');
 * ```
 */
export class Breaker extends Controls {
  /** classify: does it count? @internal */
  classifier!: Classifier;
  /** Which calls are timed? @internal */
  stopwatch!: Stopwatch;
  private readonly admission: Admission;
  private jury!: Judge;
  private lane: Lane | undefined; // The last one that was opened for a place that several breakers share.

  constructor(name: string, options: BreakerOptions = {}, environment: BreakerEnvironment = {}) {
    super(name, options, environment);
    this.admission = new Admission(this.name, this.mover, this.random);
    this.equip();
  }

  protected equip(): void {
    const { policy, mover } = this;
    this.classifier = new Classifier(this.name, policy, mover);
    this.jury = new Judge(policy.tripper, mover);
    this.stopwatch = new Stopwatch(policy, this.clock, this.notifier, this.meters);
  }

  /** A breaker that goes on where another process stopped. @throws FluxgateConfigError as `restore()` and the constructor do. */
  static restore(saved: WarmSnapshot, options?: BreakerOptions, environment?: BreakerEnvironment): Breaker {
    const breaker = new Breaker(nameIn(saved), options, environment);
    breaker.restore(saved);
    return breaker;
  }

  // ── call and run: the doors a call comes in by; each one admits, runs its task and settles ──
  /**
   * Runs an async task. It gets a fresh `signal`, aborted when the call times out or is given up.
   *
   * Rejects with `CallNotPermittedException`, `CallTimeoutException`, the task's own error, or the signal's reason.
   */
  execute<T>(task: Task<T>, options?: CallOptions<T>): Promise<T> {
    if (options === undefined) return runPromise(this, this.ownSite, task, NO_INVOCATION);
    try {
      return runPromise(this, this.site(options), task, NO_INVOCATION, options.signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Runs a sync task in the same tick; an open circuit throws. `timeoutMs` cannot interrupt it, unless it returns a promise after all. */
  executeSync<T>(task: () => T, options?: SiteOptions<T>): T {
    return runSync(this, this.site(options), task, NO_INVOCATION);
  }

  /**
   * One admission per subscription. Unsubscribed after a value it is a success that took until the first one; before
   * any it is ignored. `timeoutMs` is the time to the first value, `idleTimeoutMs` that between two.
   */
  observe<T>(source: StreamSource<T>, options?: SiteOptions<T, unknown>): Observable<T> {
    return runObservable(this, this.site(options), source, NO_INVOCATION);
  }

  /**
   * One admission per iteration, at the first `next()`; the source may be a promise of the iterable. `break` counts as
   * unsubscribing does in `observe`. `options.signal` ends it; so does a source that is silent for too long.
   */
  iterate<T, R = unknown, N = undefined>(
    source: IterableSource<T, R, N>,
    options?: CallOptions<T, unknown>,
  ): AsyncGenerator<T, R, N> {
    return runIterator(this, this.site(options), source, NO_INVOCATION, options?.signal);
  }

  /** The same function behind this breaker: same `this`, arguments, `name` and `length`. */
  // oxlint-disable-next-line typescript/no-explicit-any -- any function's arguments
  wrap<F extends (...args: any[]) => Promise<any>>(fn: F, options?: CallOptions<Awaited<ReturnType<F>>>): F {
    return wrapFunction(this, this.site(options), fn, options?.signal);
  }

  /** The two-step form under all others: you run and settle the call. @throws CallNotPermittedException */
  acquire(options?: SiteOptions): Ticket {
    return this.admit(this.site(options));
  }

  /** @internal */
  run(site: CallSite, begin: () => PromiseLike<unknown>, invocation: Invocation): Promise<unknown> {
    return runPromise(this, site, begin, invocation);
  }

  /** The door for a function of this shape, for a place of call that knows its breaker. @internal */
  enter(shape: CallShape, site: CallSite, fn: Callee, self: unknown, args: unknown[]): unknown {
    return enterBy(shape, this, site, fn, self, args);
  }

  // ── admit: may this call go? ──
  /** A closed circuit lets it pass, without a ticket, by the lane of its place: doors/lane.ts. @internal */
  pass(site: CallSite): Lane | undefined {
    const known = lastLaneOf(site);
    const lane = known?.gate === this && known.isOpen ? known : this.laneOf(site);
    if (lane === undefined || (lane.underWay !== undefined && this.opensForHung(this.clock.now())))
      return undefined;
    lane.counts.admitted++;
    return lane;
  }

  private laneOf(site: CallSite): Lane | undefined {
    const { mover, seat, lane: last } = this;
    if (last?.site === site && last.isOpen) return last;
    if (seat?.isLost === true) seat.touch(this.clock.now()); // Its group may have other rules by now.
    const { circuit } = mover;
    if (circuit.state !== 'closed') return undefined;
    if (this.timeoutMs !== undefined) {
      circuit.timed ??= new TimedCalls(this.clock, this.deadlines, this.timeoutMs);
    }
    const lane = new Lane(this, site, circuit, mover, this.counts);
    if (seat?.isLost === true) return lane; // No place: the next call asks again.
    if (site.isShared) this.lane = lane; // Of others it would keep what was given for one call.
    return (site.lane = lane);
  }

  /** @throws CallNotPermittedException @internal */
  admit(site: CallSite): CallTicket {
    const asked = this.ask(site);
    if (asked instanceof CallTicket) return asked;
    throw asked;
  }

  /** The same, without the `throw`, which takes as long as all the rest of a rejection. @internal */
  ask(site: CallSite): CallTicket | CallNotPermittedException {
    const nowMs = this.begin();
    const { circuit } = this.mover;
    if (circuit.state === 'half_open' && isWithinProbe(this)) {
      this.notify();
      return new CompanionTicket(this, site, nowMs);
    }
    this.opensForHung(nowMs);
    const refused = this.refuse(nowMs);
    const answer = refused
      ? this.admission.rejection(refused, nowMs, ++this.counts.rejected)
      : this.ticket(site, nowMs);
    this.notify();
    return answer;
  }

  private ticket(site: CallSite, nowMs: number): CallTicket {
    const { circuit } = this.mover;
    const ticket = new CallTicket(this, site, circuit, nowMs, nowMs + this.policy.leaseMs);
    if (circuit.state === 'half_open') circuit.probes.push(ticket);
    if ('underWay' in circuit) circuit.underWay?.add(ticket);
    this.counts.admitted++;
    return ticket;
  }

  protected refuse(nowMs: number): RejectionReason | undefined {
    return this.admission.refuse(nowMs);
  }

  // ── the call is over and classified: record → judge → move → notify ──
  /** @internal */
  settle(ticket: CallTicket, settlement: Settlement): boolean {
    const nowMs = this.begin();
    const isRecorded = !ticket.isSettled && this.end(ticket, settlement, nowMs);
    this.notify();
    return isRecorded;
  }

  /** A call that had no ticket is over. @internal */
  passed(admitter: Admitter, settlement: Settlement, startedMs?: number, atMs?: number): void {
    this.seat?.touch(atMs ?? this.clock.now());
    this.conclude(admitter, settlement, startedMs, atMs);
    this.notify();
  }

  private end(ticket: CallTicket, settlement: Settlement, atMs: number): boolean {
    const { admittedAtMs } = ticket;
    ticket.unpark();
    ticket.isSettled = true;
    ticket.leave();
    const { durationMs } = settlement;
    this.meters.measure(
      settlement,
      admittedAtMs,
      durationMs === undefined ? atMs : admittedAtMs! + durationMs,
    );
    return this.conclude(ticket.circuit, settlement, admittedAtMs, atMs, ticket);
  }

  /** @internal */
  withdraw(ticket: CallTicket): void {
    if (this.drop(ticket)) this.counts.admitted--;
  }

  /** No signal: if somebody subscribes, that is the call that is told. @internal */
  shelve(ticket: CallTicket): () => void {
    const { counts, mover } = this;
    if (!this.drop(ticket)) return () => undefined;
    const isCurrent = ticket.circuit === mover.circuit && mover.circuit.state !== 'disabled';
    const outcome = isCurrent ? 'ignored' : 'unrecorded';
    counts[outcome]++;
    return () => {
      counts[outcome]--;
      counts.admitted--;
    };
  }

  /** Its place is free, and it tells nothing. @returns false when it was settled by then. */
  private drop(ticket: CallTicket): boolean {
    this.begin();
    const isOpen = !ticket.isSettled;
    if (isOpen) {
      const { circuit } = this.mover;
      ticket.isSettled = true;
      ticket.leave();
      if (circuit === ticket.circuit && circuit.state === 'half_open') freeSlot(circuit, ticket);
    }
    this.notify();
    return isOpen;
  }

  /** A call is over. If the state that let it in is over too, it changes nothing. */
  private conclude(by: Admitter, ending: Settlement, fromMs?: number, atMs?: number, probe?: CallTicket) {
    const { mover, counts } = this;
    const { circuit, failures } = mover;
    const { outcome } = ending;
    const isCurrent = by === circuit && circuit.state !== 'disabled';
    const isRecorded = isCurrent && outcome !== 'ignored';
    const durationMs = ending.durationMs ?? (fromMs === undefined ? undefined : atMs! - fromMs);
    counts[isCurrent ? outcome : 'unrecorded']++;
    // One that began before anybody listened is not told: nobody knows how long it took.
    if (durationMs !== undefined && this.notifier.hearsCalls) {
      mover.tellCall(this.ended(), by.state, ending, durationMs, atMs!, isRecorded);
    }
    if (isCurrent && circuit.state === 'half_open') freeSlot(circuit, probe!);
    if (isRecorded) {
      const outer = failures.hold(ending);
      try {
        // The other states admit no call, or record none.
        this.record(circuit as Recording, outcome, durationMs, atMs);
        this.judge(circuit as Recording, outcome, atMs);
      } finally {
        failures.letGo(outer);
      }
    }
    return isRecorded;
  }

  /** record: remember it. Where nobody looks at times there may be none. */
  private record(circuit: Recording, outcome: Outcome, durationMs?: number, atMs?: number): void {
    const { mover } = this;
    const isFailure = outcome === 'failure';
    circuit.failureStreak = isFailure ? circuit.failureStreak + 1 : 0;
    if (circuit.state === 'half_open') circuit.tally.add(durationMs, isFailure);
    else mover.remember(circuit.window, atMs!, durationMs!, isFailure);
  }

  /** judge: too bad? And move: which state now? */
  private judge(circuit: Recording, outcome: Outcome, atMs?: number): void {
    const { mover } = this;
    const verdict = this.jury.verdict(circuit, outcome, mover, atMs!);
    if (verdict === 'undecided' || mover.circuit !== circuit) return; // The tripper itself moved it.
    if (circuit.state === 'closed') circuit.isCalm = this.jury.isCalm && this.seat?.isLost !== true;
    if (verdict === 'healthy' && circuit.state === 'closed') return;
    const movedAtMs = atMs ?? this.clock.now();
    if (circuit.state === 'metrics_only') mover.judgedOnly(circuit, verdict === 'trip', movedAtMs);
    else if (verdict === 'trip') mover.toOpen('tripper', movedAtMs);
    else mover.toClosed('tripper', movedAtMs);
  }

  /** A call is asked for: have too many been under way for too long? Then the circuit is open from now on. */
  private opensForHung(nowMs: number): boolean {
    const { mover } = this;
    const { circuit } = mover;
    if (!('underWay' in circuit) || circuit.underWay === undefined) return false;
    if (!this.jury.isHung(circuit, mover, nowMs) || mover.circuit !== circuit) return false;
    if (circuit.state === 'metrics_only') mover.judgedOnly(circuit, true, nowMs);
    else mover.toOpen('tripper', nowMs);
    return mover.circuit !== circuit;
  }

  private lapsed({ admittedAtMs, leaseEndsAtMs }: CallTicket): Settlement {
    return { outcome: 'failure', error: new CallTimeoutException(this.name, leaseEndsAtMs - admittedAtMs!) };
  }

  // ── time: what is over by itself, oldest first, as of the instant it was over ──
  protected endOldest(nowMs: number): boolean {
    const { circuit } = this.mover;
    if (circuit.state !== 'half_open') return false;
    const probe = nextToLapse(circuit);
    const lapsesAtMs = probe?.leaseEndsAtMs ?? Infinity;
    if (nowMs < Math.min(lapsesAtMs, circuit.endsAtMs)) return false;
    if (lapsesAtMs <= circuit.endsAtMs) {
      this.end(probe!, probe!.atLapse ?? this.lapsed(probe!), lapsesAtMs);
    } else {
      this.mover.toOpen('timeout', circuit.endsAtMs);
    }
    return true;
  }
}
