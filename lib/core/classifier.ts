import type { CallSite } from './call-site.js';
import { syncAnswer } from './model/adopt.js';
import { isRejectionOf } from './model/exceptions.js';
import type { Outcome } from './model/outcome.js';
import type { Faults } from './model/signal.js';

/**
 * classify: does it count?
 *
 * A tracker that throws, or answers with a promise, makes the call a failure; the caller does not feel it.
 */
export class Classifier {
  constructor(
    private readonly breaker: string,
    private readonly untracked: Outcome,
    private readonly faults: Faults,
  ) {}

  value(value: unknown, site: CallSite): Outcome {
    const { trackResult } = site;
    if (trackResult === undefined) return 'success';
    return this.isFailure('trackResult', () => trackResult(value)) ? 'failure' : 'success';
  }

  error(error: unknown, site: CallSite): Outcome {
    // Its own "no" to a nested call says nothing about the dependency.
    if (isRejectionOf(this.breaker, error)) return 'ignored';
    return this.isFailure('tracker', () => site.tracker.isFailure(error)) ? 'failure' : this.untracked;
  }

  private isFailure(source: 'tracker' | 'trackResult', ask: () => unknown): boolean {
    try {
      return syncAnswer(ask(), `the ${source}`, source === 'tracker' ? 'trackers' : 'result trackers');
    } catch (error) {
      this.faults.fault(source, error);
      return true;
    }
  }
}
