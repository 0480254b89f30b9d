import { adopt, syncAnswer, type Family } from '../model/adopt.js';
import { joinText, negateText, type Binding, type Composable } from '../model/algebra.js';
import type { Part, TrackedCall } from '../model/part.js';

/** What is taken where a tracker is wanted: a tracker, a predicate, or an object with `isFailure`. */
export type TrackerLike =
  | Tracker
  | ((error: unknown, call?: TrackedCall) => boolean)
  | { isFailure(error: unknown, call?: TrackedCall): boolean; toString?(): string };

const FAMILY: Family = {
  noun: 'a tracker',
  method: 'isFailure',
  argument: 'error',
  wrap: 'Custom',
  classRemedy: (name) => `For a class use TypeOf(${name}).`,
};

const NONE: readonly never[] = Object.freeze([]);

/**
 * Which errors count as failures?
 *
 * A tracker answers for one error, at once (never with a promise), and may be asked about anything that can
 * be thrown: strings, `undefined`, proxies. Errors it does not track still reach the caller; they are ignored
 * by the breaker. A tracker that throws counts the call as a failure and goes to `onFault`.
 *
 * Most are made by a factory (`TypeOf`, `HttpStatusIn`, `Custom`, …) and joined: `a.and(b)`, `a.or(b)`,
 * `a.not()`. Every tracker is immutable and may be shared by any number of breakers. To write your own,
 * extend this class and implement `isFailure`; give it a `toString()` for logs.
 *
 * Source: the trackers of the Python library (`&`, `|`, `~`).
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { HttpStatusIn, NetworkErrors } from 'nestjs-fluxgate';
 *
 * const tracker = NetworkErrors().or(HttpStatusIn(500, 599)).and(HttpStatusIn(501).not());
 * assert.equal(tracker.isFailure({ status: 503 }), true);
 * assert.equal(String(tracker), '(NetworkErrors() | HttpStatusIn(500, 599)) & !HttpStatusIn(501)');
 * ```
 */
export abstract class Tracker implements Part, Composable<Tracker, TrackerLike> {
  /** Always empty: what is wrong with a tracker is thrown by its factory. */
  readonly problems: readonly string[] = NONE;
  /** @internal */
  readonly binding: Binding = 'leaf';
  /** @internal */
  readonly members: readonly Tracker[] = NONE;

  /**
   * Does this error count as a failure?
   *
   * @param call what only the breaker knows of the call, where it knows something. A tracker that asks another one hands
   * it on.
   */
  abstract isFailure(error: unknown, call?: TrackedCall): boolean;

  /** Both; `other` is not asked when this says no. */
  and(other: TrackerLike): Tracker {
    return new Joined('and', this, toTracker(other));
  }

  /** Either; `other` is not asked when this says yes. */
  or(other: TrackerLike): Tracker {
    return new Joined('or', this, toTracker(other));
  }

  /** The opposite. */
  not(): Tracker {
    return new Not(this);
  }

  toString(): string {
    return `${this.constructor.name}()`;
  }
}

class Joined extends Tracker {
  override readonly members: readonly Tracker[];

  constructor(
    override readonly binding: 'and' | 'or',
    ...joined: readonly Tracker[]
  ) {
    super();
    // Associative: (a & b) & c and a & (b & c) are the same three members.
    this.members = Object.freeze(joined.flatMap((one) => (one.binding === binding ? one.members : [one])));
    Object.freeze(this);
  }

  isFailure(error: unknown, call?: TrackedCall): boolean {
    return this.binding === 'and'
      ? this.members.every((member) => member.isFailure(error, call))
      : this.members.some((member) => member.isFailure(error, call));
  }

  override toString(): string {
    return joinText(this.binding, this.members);
  }
}

class Not extends Tracker {
  constructor(private readonly inner: Tracker) {
    super();
    Object.freeze(this);
  }

  isFailure(error: unknown, call?: TrackedCall): boolean {
    return !this.inner.isFailure(error, call);
  }

  override not(): Tracker {
    return this.inner;
  }

  override toString(): string {
    return negateText(this.inner);
  }
}

type Question = (error: unknown, call?: TrackedCall) => unknown;

/** A tracker of one question; what may be a user's answer is checked, so that no composition hides a promise. */
class Leaf extends Tracker {
  constructor(
    private readonly text: string,
    private readonly test: Question,
  ) {
    super();
    Object.freeze(this);
  }

  isFailure(error: unknown, call?: TrackedCall): boolean {
    return syncAnswer(this.test(error, call), this.text, 'trackers');
  }

  override toString(): string {
    return this.text;
  }
}

/** A tracker of one question, under the text of the code that made it. */
export function leaf(text: string, test: Question): Tracker {
  return new Leaf(text, test);
}

/** Throws what is wrong with the arguments of a tracker's factory. */
export function refuse(text: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new TypeError(`${text}: ${problems.join(' ')}`);
}

/**
 * Reads what was given as a tracker: a tracker stays itself, a predicate or an object with `isFailure` is
 * taken over.
 *
 * @throws TypeError for anything else, with the remedy: a class belongs in `TypeOf(…)`, a factory (`All`) has
 * to be called.
 */
export function toTracker(like: unknown): Tracker {
  if (like instanceof Tracker) return like;
  const { text, problems, call } = adopt(like, FAMILY);
  if (problems.length > 0) throw new TypeError(problems.join(' '));
  return leaf(text, call);
}
