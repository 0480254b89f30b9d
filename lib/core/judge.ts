import { syncAnswer } from './model/adopt.js';
import type { Metric, Tally } from './model/metric.js';
import type { TripContext } from './model/part.js';
import type { Faults } from './model/signal.js';
import type { Outcome } from './model/outcome.js';
import type { Recording } from './states.js';
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
    if (circuit.state === 'half_open') return this.probes(circuit.tally, outcome, failureStreak, reopens);
    const { readsTime, leastStreak } = this.tripper;
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
      this.isSurelyFine(metric, failureStreak) || this.ask(metric, 'closed', failureStreak, reopens) !== true;
    this.isCalm = isFine && isOfCounts;
    return isFine ? 'healthy' : 'trip';
  }

  /** Do the shares alone say so? Of a healthy service they do, and the rule, whatever its size, need not be asked. */
  private isSurelyFine(metric: Metric, failureStreak: number): boolean {
    const { leastShare, leastStreak, slowThresholdsMs } = this.tripper;
    if (leastShare === undefined || failureStreak >= leastStreak) return false;
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

  /** half_open: what do the probes show after this one? */
  private probes(tally: Tally, outcome: Outcome, failureStreak: number, reopens: number): Verdict {
    const isFailure = outcome === 'failure';
    const isBad = this.appliesToProbes ? this.ask(tally, 'half_open', failureStreak, reopens) : undefined;
    if (isBad ?? isFailure) return 'trip';
    if (isBad === undefined) return 'healthy';
    const missing = this.tripper.evidence - tally.totalCount;
    if (missing > 0) {
      // Bad for certain: even if every probe still needed came back good and fast, it would trip.
      return this.ask(tally.plusGood(missing), 'half_open', 0, reopens) === true ? 'trip' : 'undecided';
    }
    return isFailure ? 'undecided' : 'healthy';
  }

  /** The tripper's answer; `undefined` when it has none, and its fault is told. */
  private ask(
    metric: Metric,
    state: TripContext['state'],
    failureStreak: number,
    reopens: number,
  ): boolean | undefined {
    // A tripper that calls its own breaker keeps the context it was asked with.
    const context = this.spare ?? ({} as Context);
    this.spare = undefined;
    context.metric = metric;
    context.state = state;
    context.failureStreak = failureStreak;
    context.reopens = reopens;
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
