import type { Observable } from 'rxjs';

import { Classifier } from './classifier.js';
import {
  callSite,
  NO_INVOCATION,
  type CallOptions,
  type CallSite,
  type Invocation,
  type SiteOptions,
} from './call-site.js';
import { Controls, type BreakerEnvironment } from './controls.js';
import { runIterator, type IterableSource } from './doors/iterator.js';
import { runObservable, type StreamSource } from './doors/observable.js';
import { runPromise, wrapFunction, type Task } from './doors/promise.js';
import { enterBy, type CallShape } from './doors/shape.js';
import { runSync } from './doors/sync.js';
import { Judge } from './judge.js';
import { CallTimeoutException } from './model/exceptions.js';
import type { Outcome, RejectionReason } from './model/outcome.js';
import type { BreakerOptions } from './options.js';
import { rejectionOf } from './rejection.js';
import { freeSlot, nextToLapse, type HalfOpen, type Recording } from './states.js';
import { CallTicket, type Settlement, type Ticket } from './ticket.js';

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
  readonly classifier: Classifier;
  private readonly jury: Judge;
  /** The place of call of everybody who brings no options of their own. */
  private readonly ownSite: CallSite;
  private isElapsing = false;

  constructor(name: string, options: BreakerOptions = {}, environment: BreakerEnvironment = {}) {
    super(name, options, environment);
    const { policy, mover } = this;
    this.classifier = new Classifier(name, policy.untracked, mover);
    this.jury = new Judge(policy.tripper, mover);
    this.ownSite = callSite(`Breaker "${name}"`, {}, policy);
  }

  // ── call and run: the doors a call comes in by; each one admits, runs its task and settles ──

  /**
   * Runs an async task. It gets a fresh `signal`, aborted when the call times out or is given up.
   *
   * Rejects with `CallNotPermittedException`, `CallTimeoutException`, the task's own error, or the
   * reason of `options.signal`.
   */
  execute<T>(task: Task<T>, options?: CallOptions<T>): Promise<T> {
    try {
      return runPromise(this, this.site(options), task, NO_INVOCATION, options?.signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Runs a sync task and returns in the same tick; an open circuit throws. If the task returns a promise
   * after all, it is recorded when that settles. `timeoutMs` cannot interrupt it.
   */
  executeSync<T>(task: () => T, options?: SiteOptions<T>): T {
    return runSync(this, this.site(options), task, NO_INVOCATION);
  }

  /** One admission per subscription; unsubscribing is no verdict. `timeoutMs` is the time to the first value. */
  observe<T>(source: StreamSource<T>, options?: SiteOptions<T, unknown>): Observable<T> {
    return runObservable(this, this.site(options), source, NO_INVOCATION);
  }

  /** One admission per iteration, at the first `next()`; `break` is no verdict. */
  iterate<T, R = unknown, N = undefined>(
    source: IterableSource<T, R, N>,
    options?: SiteOptions<T, unknown>,
  ): AsyncGenerator<T, R, N> {
    return runIterator(this, this.site(options), source, NO_INVOCATION);
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

  /** A place of call, worked out once. @internal */
  site<T>(options?: CallOptions<T, unknown>, where = `Breaker "${this.name}"`): CallSite {
    return options === undefined ? this.ownSite : callSite(where, options, this.policy);
  }

  /** The door for a call of this shape, for a place of call that knows its breaker. @internal */
  enter(shape: CallShape, site: CallSite, task: () => unknown, invocation: Invocation): unknown {
    return enterBy(shape, this, site, task, invocation);
  }

  // ── admit: may this call go? ──

  /** @internal */
  admit(site: CallSite): CallTicket {
    const nowMs = this.begin();
    const refused = this.refuse(nowMs);
    if (refused !== undefined) throw this.reject(refused, nowMs);
    const { circuit } = this.mover;
    const ticket = new CallTicket(this, site, circuit, nowMs, nowMs + this.policy.probeLeaseMs);
    if (circuit.state === 'half_open') circuit.probes.push(ticket);
    this.counts.admitted++;
    this.notify();
    return ticket;
  }

  /** Why not, if not. The call that finds a wait over moves the circuit and is its first probe. */
  protected refuse(nowMs: number): RejectionReason | undefined {
    const { circuit } = this.mover;
    switch (circuit.state) {
      case 'open':
      case 'forced_open':
        if (nowMs < circuit.endsAtMs) return circuit.state;
        this.mover.toHalfOpen(circuit.state === 'open' ? 'retry' : 'timeout', nowMs);
        return undefined;
      case 'half_open':
        return this.refuseProbe(circuit, nowMs);
      default:
        return undefined;
    }
  }

  private refuseProbe(circuit: HalfOpen, nowMs: number): RejectionReason | undefined {
    const { random, mover, policy } = this;
    const isFull = (): boolean => circuit.probes.length >= policy.maxHalfOpenCalls;
    if (isFull()) return 'half_open';
    const context = { halfOpenForMs: nowMs - circuit.sinceMs, random };
    // A permit at fault lets the call probe: a "no" for ever would keep the circuit half-open.
    const isPermitted = mover.guard('permit', () => policy.permit.isPermitted(context)) ?? true;
    // A permit that called the breaker may have moved it, or taken the last slot.
    if (mover.circuit !== circuit) return this.refuse(nowMs);
    if (!isPermitted) return 'no_permit';
    return isFull() ? 'half_open' : undefined;
  }

  private reject(reason: RejectionReason, nowMs: number): unknown {
    const { name, mover, policy } = this;
    this.counts.rejected++;
    const error = rejectionOf(name, mover.circuit, reason, nowMs, policy.rejectionStackTraces);
    mover.tellRejected(error);
    this.notify();
    return error;
  }

  // ── the call is over and classified: record → judge → move → notify ──

  /** @internal */
  settle(ticket: CallTicket, settlement: Settlement): boolean {
    const nowMs = this.begin();
    const isRecorded = !ticket.isSettled && this.conclude(ticket, settlement, nowMs);
    this.notify();
    return isRecorded;
  }

  /** One call is over, at `atMs`. Its generation may be over too: then it changes nothing. */
  private conclude(ticket: CallTicket, settlement: Settlement, atMs: number): boolean {
    ticket.isSettled = true;
    const { mover, counts } = this;
    const { circuit } = mover;
    const { outcome } = settlement;
    const isCurrent = ticket.circuit === circuit && circuit.state !== 'disabled';
    const isRecorded = isCurrent && outcome !== 'ignored';
    counts[isCurrent ? outcome : 'unrecorded']++;
    mover.tellCall(ticket, settlement, atMs, isRecorded);
    if (isCurrent && circuit.state === 'half_open') freeSlot(circuit, ticket);
    if (isRecorded) {
      const recording = circuit as Recording; // The other states admit no call, or record none.
      this.record(recording, settlement, atMs - ticket.admittedAtMs, atMs);
      this.judge(recording, outcome, atMs);
    }
    return isRecorded;
  }

  /** record: remember it. */
  private record(circuit: Recording, settlement: Settlement, durationMs: number, atMs: number): void {
    const { mover } = this;
    const isFailure = settlement.outcome === 'failure';
    mover.failureStreak = isFailure ? mover.failureStreak + 1 : 0;
    if (isFailure) mover.lastFailure = settlement;
    if (circuit.state === 'half_open') {
      circuit.tally.add(durationMs, isFailure);
    } else {
      mover.guard('window', () => circuit.window.record(atMs, durationMs, isFailure));
    }
  }

  /** judge: too bad? And move: which state now? */
  private judge(circuit: Recording, outcome: Outcome, atMs: number): void {
    const { mover, jury } = this;
    if (circuit.state === 'half_open') {
      const verdict = jury.probes(circuit.tally, outcome, mover.failureStreak, mover.reopens);
      if (mover.circuit !== circuit) return; // The tripper itself moved it.
      if (verdict === 'bad') mover.toOpen('tripper', atMs);
      if (verdict === 'healthy') mover.toClosed('tripper', atMs);
    } else {
      const metric = mover.guard('window', () => circuit.window.metric(atMs));
      if (metric === undefined) return;
      const isTooBad = jury.isTooBad(metric, mover.failureStreak, mover.reopens);
      if (mover.circuit !== circuit) return;
      if (circuit.state === 'metrics_only') mover.judgedOnly(circuit, isTooBad, atMs);
      else if (isTooBad) mover.toOpen('tripper', atMs);
    }
  }

  // ── time: what is over by itself, oldest first, as of the instant it was over ──

  protected elapse(nowMs: number): void {
    if (this.isElapsing) return; // A part that is asked on the way reads the breaker.
    this.isElapsing = true;
    try {
      while (this.endOldest(nowMs));
    } finally {
      this.isElapsing = false;
    }
  }

  private endOldest(nowMs: number): boolean {
    const { circuit } = this.mover;
    if (circuit.state !== 'half_open') return false;
    const probe = nextToLapse(circuit);
    const lapsesAtMs = probe?.leaseEndsAtMs ?? Infinity;
    if (nowMs < Math.min(lapsesAtMs, circuit.endsAtMs)) return false;
    if (probe !== undefined && lapsesAtMs <= circuit.endsAtMs) {
      const error = new CallTimeoutException(this.name, lapsesAtMs - probe.admittedAtMs);
      this.conclude(probe, { outcome: 'failure', error }, lapsesAtMs);
    } else {
      this.mover.toOpen('timeout', circuit.endsAtMs);
    }
    return true;
  }
}
