import { at, COUNT, DURATION_MS, mustBe, numberProblems } from '../base/validate.js';
import { adopt, type Family } from '../model/adopt.js';
import type { Measurement } from '../model/explanation.js';
import type { TripContext } from '../model/part.js';
import type { Sees } from './sees.js';

/** Can it be true at all, told from the rule alone? */
export type Reach = 'never' | 'maybe' | 'always';

/** One question about the context: what a tripper that is no composition consists of. */
export interface Question {
  /** The code that made it. */
  readonly text: string;
  readonly problems: readonly string[];
  readonly test: (context: TripContext) => unknown;
  /** What it compares, where that is a number. */
  readonly measure?: (context: TripContext) => Measurement;
  readonly slowThresholdsMs?: readonly number[];
  readonly evidence?: number;
  /** What it looks at; what is left out is as in `SEES_ALL`. */
  readonly sees?: Partial<Sees>;
  readonly reach?: (state: TripContext['state'], windowCapacity: number) => Reach;
}

const FAMILY: Family = { noun: 'a tripper', method: 'isTripped', argument: 'context', wrap: 'TripWhen' };

/** What was given as a tripper, as a question; what it says about itself is checked and kept. */
export function adoptedQuestion(like: unknown): Question {
  const { text, problems, call, self } = adopt(like, FAMILY);
  const { slowThresholdsMs: slow, evidence } = self;
  const wrong = [
    ...(slow === undefined ? [] : thresholdProblems(slow)),
    ...(evidence === undefined ? [] : numberProblems('evidence', evidence, COUNT)),
  ];
  if (problems.length + wrong.length > 0)
    return { text, problems: [...problems, ...at(text, wrong)], test: call };
  const given = self as Pick<Question, 'slowThresholdsMs' | 'evidence' | 'reach'>;
  return {
    text,
    problems,
    test: call,
    slowThresholdsMs: given.slowThresholdsMs ?? [],
    evidence: given.evidence ?? 1,
    // A tripper of another copy of this package.
    reach: (state, windowCapacity) => given.reach?.(state, windowCapacity) ?? 'maybe',
  };
}

function thresholdProblems(given: unknown): string[] {
  if (!Array.isArray(given)) return [mustBe('slowThresholdsMs', 'an array of milliseconds', given)];
  return given.flatMap((one, i) => numberProblems(`slowThresholdsMs[${i}]`, one, DURATION_MS));
}
