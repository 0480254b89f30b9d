import type { CallSite } from './call-site.js';
import { syncAnswer } from './model/adopt.js';
import { isRejectionOf } from './model/exceptions.js';
import type { Outcome } from './model/outcome.js';
import type { Faults } from './model/signal.js';
import type { Policy } from './options.js';

/**
 * classify: does it count?
 *
 * A tracker that throws, or answers with a promise, makes the call a failure; the caller does not feel it.
 */
export class Classifier {
  constructor(
    private readonly breaker: string,
    private readonly policy: Policy,
    private readonly faults: Faults,
  ) {}

  /** Does anybody look at values that are returned there? */
  judgesValues({ trackResult }: CallSite): boolean {
    return (trackResult ?? this.policy.trackResult) !== undefined;
  }

  /** Of a value that somebody looks at. */
  value(value: unknown, site: CallSite): Outcome {
    try {
      const answer: unknown = (site.trackResult ?? this.policy.trackResult)!(value);
      const isFailure = toYesOrNo(answer, 'trackResult');
      return isFailure ? 'failure' : 'success';
    } catch (fault) {
      return this.atFault('trackResult', fault);
    }
  }

  error(error: unknown, site: CallSite): Outcome {
    // Its own "no" to a nested call says nothing about the dependency.
    if (isRejectionOf(this.breaker, error)) return 'ignored';
    try {
      const answer: unknown = (site.tracker ?? this.policy.tracker).isFailure(error);
      const isFailure = toYesOrNo(answer, 'tracker');
      return isFailure ? 'failure' : this.policy.untracked;
    } catch (fault) {
      return this.atFault('tracker', fault);
    }
  }

  /** A call that a deadline of its caller ended: a hung dependency, whatever the trackers know of time-outs. */
  deadline(_reason: unknown, _site: CallSite): Outcome {
    return 'failure';
  }

  private atFault(source: 'tracker' | 'trackResult', fault: unknown): Outcome {
    this.faults.fault(source, fault);
    return 'failure';
  }
}

const toYesOrNo = (answer: unknown, source: 'tracker' | 'trackResult'): boolean =>
  typeof answer === 'boolean'
    ? answer
    : syncAnswer(answer, `the ${source}`, source === 'tracker' ? 'trackers' : 'result trackers');
