import { metricOf } from './explain.js';
import { syncAnswer } from './model/adopt.js';
import type { Metric } from './model/metric.js';
import type { TripContext } from './model/part.js';
import type { Faults } from './model/signal.js';
import type { Outcome } from './model/outcome.js';
import { hungCountIn, type HalfOpen, type Recording } from './states.js';
import type { Tripper } from './trippers/index.js';

/** What the judge may know besides the figures. */
type Past = Pick<TripContext, 'failureStreak' | 'reopens'>;

type Context = { -readonly [Key in keyof TripContext]: TripContext[Key] };

/** What the calls so far have shown. */
export type Verdict = 'trip' | 'healthy' | 'undecided';

/**
 * judge: too bad?
 *
 * The evidence that half_open needs is worked out once, from the tripper. Where no branch of it applies
 * to half_open, or it is at fault, the probe itself decides.
 */
export class Judge {
  private readonly appliesToProbes: boolean;
  /** Filled in anew for every question; gone while one is asked. */
  private spare: Context | undefined;
  /** Were the figures fine when last judged, and are they so for any streak below the rule's `leastStreak`? */
  isCalm = false;

  constructor(
    private readonly tripper: Tripper,
    private readonly faults: Faults,
  ) {
    this.appliesToProbes = tripper.reach('half_open', Infinity) !== 'never';
  }

  verdict(circuit: Recording, outcome: Outcome, { failureStreak, reopens }: Past, atMs: number): Verdict {
    if (circuit.state === 'half_open') return this.probes(circuit, outcome, failureStreak, reopens, atMs);
    const { readsTime, leastStreak } = this.tripper.sees;
    const isOfCounts = !readsTime && failureStreak < leastStreak;
    let metric: Metric;
    try {
      metric = circuit.window.metric(atMs);
    } catch (error) {
      this.faults.fault('window', error);
      return 'undecided';
    }
    // A tripper at fault has not tripped.
    const isFine =
      this.isSurelyFine(metric, failureStreak, circuit, atMs) ||
      this.ask(metric, circuit, failureStreak, reopens, atMs) !== true;
    this.isCalm = isFine && isOfCounts;
    return isFine ? 'healthy' : 'trip';
  }

  /** Do the shares alone say so? Of a healthy service they do, and the rule, whatever its size, need not be asked. */
  private isSurelyFine(metric: Metric, failureStreak: number, circuit: Recording, atMs: number): boolean {
    const { slowThresholdsMs, sees } = this.tripper;
    const { leastShare, leastStreak } = sees;
    if (leastShare === undefined || failureStreak >= leastStreak || this.mayHang(circuit, atMs)) return false;
    try {
      if (!(metric.failureRate < leastShare)) return false;
      for (let i = 0; i < slowThresholdsMs.length; i++) {
        if (!(metric.slowRate(slowThresholdsMs[i]!) < leastShare)) return false;
      }
      return true;
    } catch {
      return false; // A window at fault: the rule stumbles over it too, and tells.
    }
  }

  /** A call is asked for: do too many of those under way hang, as far as the rule goes? */
  isHung(circuit: Recording, { failureStreak, reopens }: Past, atMs: number): boolean {
    if (!this.mayHang(circuit, atMs)) return false;
    if (circuit.state === 'half_open') {
      return this.appliesToProbes && this.ask(circuit.tally, circuit, failureStreak, reopens, atMs) === true;
    }
    const metric = metricOf(circuit, atMs);
    return metric !== undefined && this.ask(metric, circuit, failureStreak, reopens, atMs) === true;
  }

  /** Is the oldest call under way old enough for the rule to look at it? */
  private mayHang({ underWay }: Recording, atMs: number): boolean {
    const oldest = underWay?.oldest;
    return oldest !== undefined && atMs - oldest.sinceMs > this.tripper.sees.leastHungMs;
  }

  /** half_open: what do the probes show after this one? */
  private probes(
    circuit: HalfOpen,
    outcome: Outcome,
    failureStreak: number,
    reopens: number,
    atMs: number,
  ): Verdict {
    const { tally } = circuit;
    const isFailure = outcome === 'failure';
    const isBad = this.appliesToProbes ? this.ask(tally, circuit, failureStreak, reopens, atMs) : undefined;
    if (isBad ?? isFailure) return 'trip';
    if (isBad === undefined) return 'healthy';
    const missing = this.tripper.evidence - tally.totalCount;
    if (missing > 0) {
      // Bad for certain: even if every probe still needed came back good and fast, it would trip.
      return this.ask(tally.plusGood(missing), circuit, 0, reopens, atMs) === true ? 'trip' : 'undecided';
    }
    return isFailure ? 'undecided' : 'healthy';
  }

  /** The tripper's answer; `undefined` when it has none, and its fault is told. */
  private ask(
    metric: Metric,
    circuit: Recording,
    failureStreak: number,
    reopens: number,
    atMs: number,
  ): boolean | undefined {
    // A tripper that calls its own breaker keeps the context it was asked with.
    const context = this.spare ?? ({} as Context);
    this.spare = undefined;
    context.metric = metric;
    context.state = circuit.state === 'half_open' ? 'half_open' : 'closed';
    context.failureStreak = failureStreak;
    context.reopens = reopens;
    context.hungCount = hungCountIn(circuit, atMs);
    try {
      const answer: unknown = this.tripper.isTripped(context);
      return typeof answer === 'boolean' ? answer : syncAnswer(answer, 'the tripper', 'trippers');
    } catch (error) {
      this.faults.fault('tripper', error);
      return undefined;
    } finally {
      this.spare = context;
    }
  }
}
