import type { BreakerState, RejectionReason, TransitionCause } from 'nestjs-fluxgate';

import type { PermitData, RetryData, Rule, WindowData } from './rules.js';
import { canNever, evidenceOf, says, type Figures } from './verdicts.js';

// The breaker as one would write it who only reads the rules: lists, loops and no cleverness.

export interface Setup {
  readonly window: WindowData;
  readonly rule: Rule;
  readonly retry: RetryData;
  readonly permit: PermitData;
  readonly maxHalfOpenCalls: number;
  readonly maxHalfOpenMs: number;
  readonly timeoutMs: number | undefined;
  readonly probeLeaseMs: number | undefined;
  readonly untracked: 'ignored' | 'success';
}

interface Remembered {
  readonly atMs: number;
  readonly durationMs: number;
  readonly isFailure: boolean;
}

/** One admitted call, as the model sees it. */
export interface ModelCall {
  readonly admittedAtMs: number;
  readonly generation: number;
  readonly hasTimer: boolean;
  isOver: boolean;
}

/** A call that is not let in: why, and what its caller is told. */
export interface Refusal {
  readonly refused: RejectionReason;
  readonly state: BreakerState;
  readonly retryAfterMs: number | null;
}

export type ModelOutcome = 'success' | 'failure' | 'ignored';

/** Where the user's own code runs, and may call the breaker: listeners that are told, a permit that is asked. */
export type Told = 'transition' | 'call' | 'rejected' | 'permit';

const LEASE_MS = 60_000;

export class Model {
  nowMs: number;
  state: BreakerState = 'closed';
  generation = 0;
  sinceMs: number;
  endsAtMs = Infinity;
  reopens = 0;
  streak = 0;
  wouldTrip = false;
  remembered: Remembered[] = [];
  probes: ModelCall[] = [];
  readonly counts = { admitted: 0, success: 0, failure: 0, ignored: 0, unrecorded: 0, rejected: 0 };
  readonly moves: { from: BreakerState; to: BreakerState; cause: TransitionCause }[] = [];
  tripperFails = false;
  permitFails = false;
  /** Every admitted call that is not over. */
  readonly inFlight = new Set<ModelCall>();
  /** What calls the breaker from inside. */
  onTold: ((what: Told) => void) | undefined;
  private readonly untold: Told[] = [];
  private isTelling = false;

  constructor(
    readonly setup: Setup,
    private readonly draw: () => number,
    startMs: number,
  ) {
    this.nowMs = startMs;
    this.sinceMs = startMs;
  }

  // ── time ──

  /** When a probe counts as failed by itself. One with a timer ends by that, unless it was given a lease. */
  private lapsesAtMs({ admittedAtMs, hasTimer }: ModelCall): number {
    const { probeLeaseMs, timeoutMs } = this.setup;
    return admittedAtMs + (probeLeaseMs ?? (hasTimer ? Infinity : (timeoutMs ?? LEASE_MS)));
  }

  /** When the state, or a probe in it, is over by itself. */
  deadlineMs(): number {
    return Math.min(this.endsAtMs, ...this.probes.map((probe) => this.lapsesAtMs(probe)));
  }

  /** When a time window next lets go of something. */
  windowEdgeMs(): number {
    const { window } = this.setup;
    if (window.is === 'count') return Infinity;
    const bucketMs = window.sizeMs / window.buckets;
    return (Math.floor(this.nowMs / bucketMs) + 1) * bucketMs;
  }

  /** How long a caller is told to wait. */
  waitMs(): number | null {
    if (this.state === 'half_open') return 0;
    if (this.state !== 'open' && this.state !== 'forced_open') return null;
    return this.endsAtMs === Infinity ? null : Math.ceil(Math.max(0, this.endsAtMs - this.nowMs));
  }

  /** Time passes; whatever is over by then is over at its own instant. Listeners hear of it at the next touch. */
  elapse(toMs: number): void {
    this.nowMs = toMs;
    while (this.state === 'half_open') {
      const lapsesAtMs = Math.min(...this.probes.map((probe) => this.lapsesAtMs(probe)));
      if (toMs < Math.min(lapsesAtMs, this.endsAtMs)) return;
      const lapsed = this.probes.find((probe) => this.lapsesAtMs(probe) === lapsesAtMs);
      if (lapsesAtMs <= this.endsAtMs) this.conclude(lapsed!, 'failure', lapsesAtMs);
      else this.open('timeout', this.endsAtMs);
    }
  }

  // ── a call ──

  /** The call, or the reason why not. */
  admit(hasTimer: boolean): ModelCall | Refusal {
    const refused = this.refusal();
    if (refused !== undefined) {
      this.counts.rejected++;
      const refusal = { refused, state: this.state, retryAfterMs: this.waitMs() };
      this.tell('rejected');
      this.flush();
      return refusal;
    }
    const call = { admittedAtMs: this.nowMs, generation: this.generation, hasTimer, isOver: false };
    if (this.state === 'half_open') this.probes.push(call);
    this.counts.admitted++;
    this.inFlight.add(call);
    this.flush();
    return call;
  }

  private refusal(): RejectionReason | undefined {
    if (this.state === 'open' || this.state === 'forced_open') {
      if (this.nowMs < this.endsAtMs) return this.state;
      this.move('half_open', this.state === 'open' ? 'retry' : 'timeout', this.nowMs);
      this.endsAtMs = this.nowMs + this.setup.maxHalfOpenMs;
      return undefined;
    }
    if (this.state !== 'half_open') return undefined;
    if (this.probes.length >= this.setup.maxHalfOpenCalls) return 'half_open';
    const { generation } = this;
    this.onTold?.('permit');
    const mayProbe = this.mayProbe();
    if (this.generation !== generation) return this.refusal();
    if (!mayProbe) return 'no_permit';
    return this.probes.length >= this.setup.maxHalfOpenCalls ? 'half_open' : undefined;
  }

  private mayProbe(): boolean {
    const { permit } = this.setup;
    if (this.permitFails || permit.is === 'all') return true;
    if (permit.is === 'random') return this.draw() < permit.ratio;
    const share = Math.min(1, (this.nowMs - this.sinceMs) / permit.overMs);
    return this.draw() < (share === 1 ? permit.to : permit.from + (permit.to - permit.from) * share);
  }

  /** A call made by this one goes with it, while it is a probe that is not settled: no place, no record. */
  goesWith(outer: ModelCall): boolean {
    return this.state === 'half_open' && outer.generation === this.generation && !outer.isOver;
  }

  settle(call: ModelCall, outcome: ModelOutcome): void {
    if (!call.isOver) this.conclude(call, outcome, this.nowMs);
    this.flush();
  }

  private conclude(call: ModelCall, outcome: ModelOutcome, atMs: number): void {
    call.isOver = true;
    this.inFlight.delete(call);
    this.tell('call');
    this.probes = this.probes.filter((probe) => probe !== call);
    if (call.generation !== this.generation || this.state === 'disabled') {
      this.counts.unrecorded++;
      return;
    }
    this.counts[outcome]++;
    if (outcome === 'ignored') return;
    const isFailure = outcome === 'failure';
    this.streak = isFailure ? this.streak + 1 : 0;
    this.remembered.push({ atMs, durationMs: atMs - call.admittedAtMs, isFailure });
    if (this.state === 'half_open') this.judgeProbes(isFailure, atMs);
    else this.judge(atMs);
  }

  // ── judging ──

  private judge(atMs: number): void {
    const isTooBad = !this.tripperFails && says(this.setup.rule, this.figures(atMs), 'closed', this.streak);
    if (this.state === 'metrics_only') this.wouldTrip = isTooBad;
    else if (isTooBad) this.open('tripper', atMs);
  }

  private judgeProbes(isFailure: boolean, atMs: number): void {
    const { rule } = this.setup;
    const figures = this.figures(atMs);
    if (this.tripperFails || canNever(rule, 'half_open')) {
      return isFailure ? this.open('tripper', atMs) : this.close('tripper', atMs);
    }
    if (says(rule, figures, 'half_open', this.streak)) return this.open('tripper', atMs);
    const missing = evidenceOf(rule) - figures.total;
    if (missing > 0) {
      const durations = [...figures.durations, ...Array.from({ length: missing }, () => 0)];
      const best = { ...figures, total: figures.total + missing, durations };
      if (says(rule, best, 'half_open', 0)) this.open('tripper', atMs);
    } else if (!isFailure) {
      this.close('tripper', atMs);
    }
  }

  /** What is remembered at that instant, counted anew. */
  figures(atMs: number): Figures {
    const inWindow = this.remembered.filter((one, i) => this.isRemembered(one, i, atMs));
    return {
      total: inWindow.length,
      failures: inWindow.filter(({ isFailure }) => isFailure).length,
      totalMs: inWindow.reduce((sum, { durationMs }) => sum + durationMs, 0),
      durations: inWindow.map(({ durationMs }) => durationMs),
    };
  }

  private isRemembered({ atMs }: Remembered, i: number, nowMs: number): boolean {
    const { window } = this.setup;
    if (this.state === 'half_open') return true;
    if (window.is === 'count') return i >= this.remembered.length - window.size;
    const bucket = (ms: number): number => Math.floor((ms * window.buckets) / window.sizeMs);
    return bucket(atMs) > bucket(nowMs) - window.buckets;
  }

  // ── moving ──

  private open(cause: TransitionCause, atMs: number): void {
    const reopens = this.state === 'half_open' ? this.reopens + 1 : this.reopens;
    const waitMs = Math.ceil(this.drawWaitMs(reopens)); // waits are whole ms
    this.move('open', cause, atMs);
    this.reopens = reopens;
    this.endsAtMs = atMs + waitMs;
  }

  private close(cause: TransitionCause, atMs: number): void {
    this.move('closed', cause, atMs);
    this.reopens = 0;
  }

  private drawWaitMs(reopens: number): number {
    const { retry } = this.setup;
    const stray = (ms: number, jitter: number): number =>
      jitter === 0 ? ms : ms * (1 + jitter * (2 * this.draw() - 1));
    switch (retry.is) {
      case 'cooldown':
        return stray(retry.ms, retry.jitter);
      case 'backoff': {
        const nominal = Math.min(retry.initialMs * retry.multiplier ** reopens, retry.maxMs);
        return Math.min(stray(nominal, retry.jitter), retry.maxMs);
      }
      case 'always':
        return 0;
      case 'never':
        return Infinity;
    }
  }

  /** False when it is there already. */
  command(to: 'closed' | 'disabled' | 'metrics_only' | 'forced_open', forMs = Infinity): boolean {
    // Forced open for a while that is over: no call has come yet, and a stop is a stop.
    const hasMoved = this.state !== to || (to === 'forced_open' && this.nowMs >= this.endsAtMs);
    if (hasMoved) {
      this.move(to, 'operator', this.nowMs);
      if (to === 'closed') this.reopens = 0;
      if (to === 'forced_open') this.endsAtMs = this.nowMs + forMs;
    }
    this.flush();
    return hasMoved;
  }

  private move(to: BreakerState, cause: TransitionCause, atMs: number): void {
    this.moves.push({ from: this.state, to, cause });
    this.tell('transition');
    this.state = to;
    this.sinceMs = atMs;
    this.endsAtMs = Infinity;
    this.generation++;
    this.streak = 0;
    this.wouldTrip = false;
    this.remembered = [];
    this.probes = [];
  }

  // ── telling: after everything is done, in order; what a listener causes comes after the rest ──

  private tell(what: Told): void {
    this.untold.push(what);
  }

  flush(): void {
    if (this.isTelling) return;
    this.isTelling = true;
    for (let what = this.untold.shift(); what !== undefined; what = this.untold.shift()) this.onTold?.(what);
    this.isTelling = false;
  }
}
