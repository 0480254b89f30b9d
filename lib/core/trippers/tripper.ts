import { assertUsable, syncAnswer } from '../model/adopt.js';
import { joinText, negateText, type Binding, type Composable } from '../model/algebra.js';
import type { Measurement } from '../model/explanation.js';
import type { Part, TripContext } from '../model/part.js';
import { adoptedQuestion, type Question, type Reach } from './question.js';
import { joined, negated, SEES_ALL, type Sees } from './sees.js';

/** What is taken where a tripper is wanted: a tripper, a function of the context, or an object with `isTripped`. */
export type TripperLike =
  | Tripper
  | ((context: TripContext) => boolean)
  | {
      isTripped(context: TripContext): boolean;
      /** The durations whose slow calls the window has to count for it. Default none. */
      readonly slowThresholdsMs?: readonly number[];
      /** How many calls half_open has to count before its "no" means healthy. Default 1. */
      readonly evidence?: number;
      toString?(): string;
    };

const NONE: readonly never[] = Object.freeze([]);

/**
 * Is it bad enough to open?
 *
 * Asked after every counted call in `closed` and `half_open` (and, without effect, in `metrics_only`). It may
 * look at the context only during the call, and answers at once. One that throws has not tripped; the fault
 * goes to `onFault`.
 *
 * Most are made by a factory (`MinRequests`, `FailureRate`, `TripWhen`, …) and joined: `a.and(b)`, `a.or(b)`,
 * `a.not()`. Every tripper is immutable and may be shared by any number of breakers. To write your own,
 * extend this class and implement `isTripped`; give it a `toString()` for logs, and say in
 * `slowThresholdsMs` which slow calls it counts.
 *
 * Source: the trippers of the Python library (`&`, `|`); `not` is new.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { FailureRate, FailureStreak, MinRequests } from 'nestjs-fluxgate';
 *
 * const tripper = FailureStreak(5).or(MinRequests(20).and(FailureRate(0.5)));
 * assert.equal(String(tripper), 'FailureStreak(5) | MinRequests(20) & FailureRate(0.5)');
 * ```
 */
export abstract class Tripper implements Part, Composable<Tripper, TripperLike> {
  readonly problems: readonly string[] = NONE;
  /** The durations whose slow calls the window has to count for it. */
  readonly slowThresholdsMs: readonly number[] = NONE;
  /** How many calls half_open has to count before a "no" means healthy. */
  readonly evidence: number = 1;
  /** What does it look at? @internal */
  readonly sees: Sees = SEES_ALL;
  /** @internal */
  readonly binding: Binding = 'leaf';
  /** @internal */
  readonly members: readonly Tripper[] = NONE;

  /** Is it bad enough? */
  abstract isTripped(context: TripContext): boolean;

  /** Both; `other` is not asked when this says no. */
  and(other: TripperLike): Tripper {
    return new Joined('and', this, toTripper(other));
  }

  /** Either; `other` is not asked when this says yes. */
  or(other: TripperLike): Tripper {
    return new Joined('or', this, toTripper(other));
  }

  /** The opposite. */
  not(): Tripper {
    return new Not(this);
  }

  /**
   * Can it be true in that state, with a window of that capacity (`Infinity` for a time window)? Told without
   * asking `isTripped`; `maybe` unless it is certain.
   */
  reach(_state: TripContext['state'], _windowCapacity: number): Reach {
    return 'maybe';
  }

  /** What it compared, where that is a number; for `breaker.explain()`. */
  measure?(context: TripContext): Measurement | undefined;

  toString(): string {
    return `${this.constructor.name}()`;
  }
}

const NEVER_FIRST = ['never', 'always'] as const;
const ALWAYS_FIRST = ['always', 'never'] as const;
const OPPOSITE = { never: 'always', maybe: 'maybe', always: 'never' } as const;

class Joined extends Tripper {
  override readonly problems: readonly string[];
  override readonly slowThresholdsMs: readonly number[];
  override readonly evidence: number;
  override readonly sees: Sees;
  override readonly members: readonly Tripper[];

  constructor(
    override readonly binding: 'and' | 'or',
    ...parts: readonly Tripper[]
  ) {
    super();
    // Associative: (a & b) & c and a & (b & c) are the same three members.
    const members = parts.flatMap((one) => (one.binding === binding ? one.members : [one]));
    this.members = Object.freeze(members);
    this.problems = Object.freeze(members.flatMap((one) => one.problems));
    this.slowThresholdsMs = sortedUnique(members.flatMap((one) => one.slowThresholdsMs));
    this.sees = joined(members, binding);
    // A branch that cannot be true for probes does not have to be waited for.
    const asked = members.filter((one) => one.reach('half_open', Infinity) !== 'never');
    this.evidence = Math.max(1, ...asked.map((one) => one.evidence));
    Object.freeze(this);
  }

  isTripped(context: TripContext): boolean {
    assertUsable(this.problems);
    // Either is decided by the first member that gives this answer. By index: `some` and `of` allocate.
    const decisive = this.binding === 'or';
    const { members } = this;
    let fault: { readonly error: unknown } | undefined;
    for (let i = 0; i < members.length; i++) {
      try {
        if (members[i]!.isTripped(context) === decisive) return decisive;
      } catch (error) {
        // "a or b" is no less met by b because a is broken; of "a and b" nothing more is to be known.
        if (!decisive) throw error;
        fault ??= { error };
      }
    }
    if (fault !== undefined) throw fault.error;
    return !decisive;
  }

  override reach(state: TripContext['state'], windowCapacity: number): Reach {
    const reaches = this.members.map((member) => member.reach(state, windowCapacity));
    const [decides, idles] = this.binding === 'and' ? NEVER_FIRST : ALWAYS_FIRST;
    if (reaches.includes(decides)) return decides;
    return reaches.every((reach) => reach === idles) ? idles : 'maybe';
  }

  override toString(): string {
    return joinText(this.binding, this.members);
  }
}

class Not extends Tripper {
  override readonly problems: readonly string[];
  override readonly slowThresholdsMs: readonly number[];
  override readonly evidence: number;
  override readonly sees: Sees;
  override readonly members: readonly Tripper[];

  constructor(private readonly inner: Tripper) {
    super();
    this.problems = inner.problems;
    this.slowThresholdsMs = inner.slowThresholdsMs;
    this.evidence = inner.evidence;
    this.sees = negated(inner.sees);
    this.members = Object.freeze([inner]);
    Object.freeze(this);
  }

  isTripped(context: TripContext): boolean {
    assertUsable(this.problems);
    return !this.inner.isTripped(context);
  }

  override reach(state: TripContext['state'], windowCapacity: number): Reach {
    return OPPOSITE[this.inner.reach(state, windowCapacity)];
  }

  override not(): Tripper {
    return this.inner;
  }

  override toString(): string {
    return negateText(this.inner);
  }
}

/** What may be a user's answer is checked here, so that no composition hides a promise. */
class Leaf extends Tripper {
  override readonly problems: readonly string[];
  override readonly slowThresholdsMs: readonly number[];
  override readonly evidence: number;
  override readonly sees: Sees;

  constructor(private readonly question: Question) {
    super();
    this.problems = Object.freeze([...question.problems]);
    this.slowThresholdsMs = sortedUnique(question.slowThresholdsMs ?? NONE);
    this.evidence = question.evidence ?? 1;
    this.sees = Object.freeze({ ...SEES_ALL, ...question.sees });
    Object.freeze(this);
  }

  isTripped(context: TripContext): boolean {
    assertUsable(this.problems);
    return syncAnswer(this.question.test(context), this.question.text, 'trippers');
  }

  override reach(state: TripContext['state'], windowCapacity: number): Reach {
    return this.question.reach?.(state, windowCapacity) ?? 'maybe';
  }

  override measure(context: TripContext): Measurement | undefined {
    return this.question.measure?.(context);
  }

  override toString(): string {
    return this.question.text;
  }
}

/** A tripper of one question, under the text of the code that made it. */
export function leaf(question: Question): Tripper {
  return new Leaf(question);
}

/**
 * Reads what was given as a tripper: a tripper stays itself, a function or an object with `isTripped` is taken
 * over. Anything else becomes a tripper that only has problems.
 */
export function toTripper(like: unknown): Tripper {
  return like instanceof Tripper ? like : leaf(adoptedQuestion(like));
}

function sortedUnique(numbers: readonly number[]): readonly number[] {
  return Object.freeze([...new Set(numbers)].sort((a, b) => a - b));
}
