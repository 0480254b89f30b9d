import type { CallSite } from './call-site.js';
import { syncAnswer } from './model/adopt.js';
import { isRejectionOf } from './model/exceptions.js';
import type { Outcome } from './model/outcome.js';
import type { TrackedCall } from './model/part.js';
import type { Faults } from './model/signal.js';
import type { Policy } from './options.js';

const ABORTED: TrackedCall = Object.freeze({ isAborted: true });
const NOT_ABORTED: TrackedCall = Object.freeze({ isAborted: false });

/** What trackers are told of a call whose signal is known; nothing without one. */
export const knownBy = (signal: AbortSignal | undefined): TrackedCall | undefined =>
  signal && (signal.aborted ? ABORTED : NOT_ABORTED);

/**
 * classify: does it count?
 *
 * An error is ignored if `ignore` matches; else a failure if it is tracked; else what `untracked` says. A tracker that
 * throws, or answers with a promise, makes the call a failure; `ignore` at fault has not matched. The caller feels
 * neither.
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

  error(error: unknown, site: CallSite, call?: TrackedCall): Outcome {
    // Its own "no" to a nested call says nothing about the dependency.
    if (isRejectionOf(this.breaker, error) || this.ignores(error, site, call)) return 'ignored';
    try {
      const answer: unknown = (site.tracker ?? this.policy.tracker).isFailure(error, call);
      const isFailure = toYesOrNo(answer, 'tracker');
      return isFailure ? 'failure' : this.policy.untracked;
    } catch (fault) {
      return this.atFault('tracker', fault);
    }
  }

  /** Of a call that a deadline ended, for this reason: no tracker is asked, time is up whatever it says. */
  deadline(reason: unknown, site: CallSite): Outcome {
    return this.ignores(reason, site, ABORTED) ? 'ignored' : 'failure';
  }

  private ignores(error: unknown, site: CallSite, call: TrackedCall | undefined): boolean {
    const ignore = site.ignore ?? this.policy.ignore;
    if (ignore === undefined) return false;
    try {
      return toYesOrNo(ignore.isFailure(error, call), 'ignore');
    } catch (fault) {
      this.faults.fault('ignore', fault);
      return false;
    }
  }

  private atFault(source: 'tracker' | 'trackResult', fault: unknown): Outcome {
    this.faults.fault(source, fault);
    return 'failure';
  }
}

/** How errors call each of them, and all of their kind. */
const NAMES = {
  tracker: ['the tracker', 'trackers'],
  ignore: ['the ignore tracker', 'trackers'],
  trackResult: ['the trackResult', 'result trackers'],
} as const;

const toYesOrNo = (answer: unknown, source: keyof typeof NAMES): boolean =>
  typeof answer === 'boolean' ? answer : syncAnswer(answer, NAMES[source][0], NAMES[source][1]);
