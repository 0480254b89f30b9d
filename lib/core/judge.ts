import { syncAnswer } from './model/adopt.js';
import { Tally, type Metric } from './model/metric.js';
import type { TripContext } from './model/part.js';
import type { Faults } from './model/signal.js';
import type { Outcome } from './model/outcome.js';
import type { Recording } from './states.js';
import type { Tripper } from './trippers/index.js';

/** What the judge may know besides the figures. */
type Past = Pick<TripContext, 'failureStreak' | 'reopens'>;

const NOTHING: Metric = new Tally();

/** What the calls so far have shown. */
export type Verdict = 'bad' | 'healthy' | 'undecided';

/**
 * judge: too bad?
 *
 * The evidence that half_open needs is worked out once, from the tripper. Where no branch of it applies
 * to half_open, or it is at fault, the probe itself decides.
 */
export class Judge {
  private readonly appliesToProbes: boolean;
  /** Made once, filled in for every call. */
  private readonly context: { -readonly [Key in keyof TripContext]: TripContext[Key] };
  private isAsking = false;
  /** The counts that were judged last when closed, if they were fine. */
  private readonly fine = { totalCount: -1, failureCount: 0, failureStreak: 0 };

  constructor(
    private readonly tripper: Tripper,
    private readonly faults: Faults,
  ) {
    this.appliesToProbes = tripper.reach('half_open', Infinity) !== 'never';
    this.context = { metric: NOTHING, state: 'closed', failureStreak: 0, reopens: 0 };
  }

  verdict(circuit: Recording, outcome: Outcome, { failureStreak, reopens }: Past, atMs: number): Verdict {
    if (circuit.state === 'half_open') return this.probes(circuit.tally, outcome, failureStreak, reopens);
    let metric: Metric;
    try {
      metric = circuit.window.metric(atMs);
    } catch (error) {
      this.faults.fault('window', error);
      return 'undecided';
    }
    return this.isAsBefore(metric, failureStreak) || this.isFine(metric, failureStreak, reopens)
      ? 'healthy'
      : 'bad';
  }

  /** Would it say the same again of the same figures, namely that all is well? */
  get isSure(): boolean {
    return this.fine.totalCount >= 0;
  }

  /** Rules of counts alone say the same of the same counts: whatever their size, it costs three comparisons. */
  private isAsBefore({ totalCount, failureCount }: Metric, failureStreak: number): boolean {
    const { fine } = this;
    return (
      fine.totalCount === totalCount &&
      fine.failureCount === failureCount &&
      fine.failureStreak === failureStreak
    );
  }

  private isFine(metric: Metric, failureStreak: number, reopens: number): boolean {
    const { fine } = this;
    const { totalCount, failureCount } = metric;
    // A tripper at fault has not tripped.
    const isFine = this.ask(metric, 'closed', failureStreak, reopens) !== true;
    if (this.tripper.readsTime) return isFine;
    fine.totalCount = isFine ? totalCount : -1;
    fine.failureCount = failureCount;
    fine.failureStreak = failureStreak;
    return isFine;
  }

  /** half_open: what do the probes show after this one? */
  private probes(tally: Tally, outcome: Outcome, failureStreak: number, reopens: number): Verdict {
    const byItself = outcome === 'failure' ? 'bad' : 'healthy';
    if (!this.appliesToProbes) return byItself;
    const isBad = this.ask(tally, 'half_open', failureStreak, reopens);
    if (isBad === undefined) return byItself;
    if (isBad) return 'bad';
    const missing = this.tripper.evidence - tally.totalCount;
    if (missing > 0) {
      // Bad for certain: even if every probe still needed came back good and fast, it would trip.
      return this.ask(tally.plusGood(missing), 'half_open', 0, reopens) === true ? 'bad' : 'undecided';
    }
    return outcome === 'success' ? 'healthy' : 'undecided';
  }

  /** The tripper's answer; `undefined` when it has none, and its fault is told. */
  private ask(
    metric: Metric,
    state: TripContext['state'],
    failureStreak: number,
    reopens: number,
  ): boolean | undefined {
    // A tripper that calls its own breaker keeps the context it was asked with.
    const { isAsking } = this;
    const context = isAsking ? { metric, state, failureStreak, reopens } : this.context;
    context.metric = metric;
    context.state = state;
    context.failureStreak = failureStreak;
    context.reopens = reopens;
    this.isAsking = true;
    try {
      const answer: unknown = this.tripper.isTripped(context);
      return typeof answer === 'boolean' ? answer : syncAnswer(answer, 'the tripper', 'trippers');
    } catch (error) {
      this.faults.fault('tripper', error);
      return undefined;
    } finally {
      this.isAsking = isAsking;
    }
  }
}
