import { syncAnswer } from './model/adopt.js';
import type { Metric, Tally } from './model/metric.js';
import type { TripContext } from './model/part.js';
import type { Faults } from './model/signal.js';
import type { Outcome } from './model/outcome.js';
import type { Tripper } from './trippers/index.js';

/** What a round of probes has shown so far. */
export type Verdict = 'bad' | 'healthy' | 'undecided';

/**
 * judge: too bad?
 *
 * The evidence that half_open needs is worked out once, from the tripper. Where no branch of it applies
 * to half_open, or it is at fault, the probe itself decides.
 */
export class Judge {
  private readonly appliesToProbes: boolean;

  constructor(
    private readonly tripper: Tripper,
    private readonly faults: Faults,
  ) {
    this.appliesToProbes = tripper.reach('half_open', Infinity) !== 'never';
  }

  /** closed and metrics_only: is it bad enough to open? A tripper at fault has not tripped. */
  isTooBad(metric: Metric, failureStreak: number, reopens: number): boolean {
    return this.ask(metric, 'closed', failureStreak, reopens) === true;
  }

  /** half_open: what do the probes show after this one? */
  probes(tally: Tally, outcome: Outcome, failureStreak: number, reopens: number): Verdict {
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
    try {
      const answer = this.tripper.isTripped({ metric, state, failureStreak, reopens });
      return syncAnswer(answer, 'the tripper', 'trippers');
    } catch (error) {
      this.faults.fault('tripper', error);
      return undefined;
    }
  }
}
