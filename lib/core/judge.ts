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

/** What the calls so far have shown: too bad, or fine; `undefined` when that is not enough to say. */
export type IsBad = boolean | undefined;

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
  /** Those figures. */
  private readonly last = {} as { totalCount: number; failureRate: number };

  constructor(
    private readonly tripper: Tripper,
    private readonly faults: Faults,
  ) {
    this.appliesToProbes = tripper.reach('half_open', Infinity) !== 'never';
  }

  verdict(circuit: Recording, outcome: Outcome, { failureStreak, reopens }: Past, atMs: number): IsBad {
    if (circuit.state === 'half_open') return this.probes(circuit.tally, outcome, failureStreak, reopens);
    const { readsTime, leastStreak } = this.tripper;
    const isOfCounts = !readsTime && failureStreak < leastStreak;
    let metric: Metric;
    let isKnown: boolean;
    try {
      metric = circuit.window.metric(atMs);
      isKnown = isOfCounts && this.areAsBefore(metric) && this.isCalm;
    } catch (error) {
      this.faults.fault('window', error);
      return undefined;
    }
    // A tripper at fault has not tripped.
    const isFine = isKnown || this.ask(metric, 'closed', failureStreak, reopens) !== true;
    this.isCalm = isFine && isOfCounts;
    return !isFine;
  }

  /**
   * Rules of counts alone say the same of the same count and rate: whatever their size, it costs two comparisons. Not of
   * the same two counts: a window of the user's may weigh its calls.
   */
  private areAsBefore({ totalCount, failureRate }: Metric): boolean {
    const { last } = this;
    const isSame = last.totalCount === totalCount && last.failureRate === failureRate;
    last.totalCount = totalCount;
    last.failureRate = failureRate;
    return isSame;
  }

  /** half_open: what do the probes show after this one? */
  private probes(tally: Tally, outcome: Outcome, failureStreak: number, reopens: number): IsBad {
    const isFailure = outcome === 'failure';
    if (!this.appliesToProbes) return isFailure;
    const isBad = this.ask(tally, 'half_open', failureStreak, reopens);
    if (isBad === undefined) return isFailure;
    if (isBad) return true;
    const missing = this.tripper.evidence - tally.totalCount;
    if (missing > 0) {
      // Bad for certain: even if every probe still needed came back good and fast, it would trip.
      return this.ask(tally.plusGood(missing), 'half_open', 0, reopens) === true ? true : undefined;
    }
    return isFailure ? undefined : false;
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
