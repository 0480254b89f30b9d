import { show } from '../base/text.js';
import { at, DURATION_MS, mustBe, numberProblems, RATIO, showMs, type NumberRule } from '../base/validate.js';
import { adopt, assertUsable, declareFactories, syncAnswer, type Family } from '../model/adopt.js';
import type { Part, PermitContext } from '../model/part.js';

/**
 * Which calls may probe in half-open?
 *
 * Asked for each call that comes in half_open while fewer than `maxHalfOpenCalls` are in flight; a call it
 * refuses is rejected at once. The call that moves the circuit to half_open is a probe without being asked.
 * To write your own, give an object with `isPermitted` or a function; it answers at once.
 */
export interface Permit extends Part {
  /** May this call probe? */
  isPermitted(context: PermitContext): boolean;
}

/** What is taken where a permit is wanted: a permit, a function of the context, or an object with `isPermitted`. */
export type PermitLike =
  | Permit
  | ((context: PermitContext) => boolean)
  | { isPermitted(context: PermitContext): boolean; toString?(): string };

const FAMILY: Family = { noun: 'a permit', method: 'isPermitted', argument: 'context' };

/** A permit of this package, or one taken over. */
class MadePermit implements Permit {
  constructor(
    private readonly text: string,
    readonly problems: readonly string[],
    private readonly test: (context: PermitContext) => unknown,
  ) {
    Object.freeze(problems);
    Object.freeze(this);
  }

  isPermitted(context: PermitContext): boolean {
    assertUsable(this.problems);
    return syncAnswer(this.test(context), this.text, 'permits');
  }

  toString(): string {
    return this.text;
  }
}

/**
 * Let every call probe, as far as `maxHalfOpenCalls` lets them.
 *
 * For low traffic, where each probe counts, and for tests. With a lot of traffic a dependency that has just
 * come back gets `maxHalfOpenCalls` at a time at once: there use `RampUp`. Takes nothing.
 * Source: the permit `All` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { AllowAll } from 'nestjs-fluxgate';
 *
 * assert.equal(AllowAll().isPermitted({ halfOpenForMs: 0, random: Math.random }), true);
 * ```
 */
export function AllowAll(): Permit {
  return new MadePermit('AllowAll()', [], () => true);
}

const SHARE: NumberRule = {
  ...RATIO,
  remedy: (value) =>
    value === 0 ? 'With 0 no call could probe and the circuit would stay half_open.' : RATIO.remedy!(value),
};

/**
 * Let a fixed share of the calls probe, by chance.
 *
 * For steady traffic of which a sample says enough. With few calls it may take long until enough were let in:
 * there use `AllowAll`.
 *
 * @param ratio the chance of each call, in (0, 1]: 0.1 lets in one of ten on average. 0 is refused. A bad one
 * is a problem of the part, thrown by whoever is handed it.
 *
 * Source: `Random` of the Python library, which accepts 0 and then never recovers.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Random } from 'nestjs-fluxgate';
 *
 * const draws = [0.05, 0.1, 0.7].map((drawn) => ({ halfOpenForMs: 0, random: () => drawn }));
 * assert.deepEqual(draws.map((context) => Random(0.1).isPermitted(context)), [true, false, false]);
 * ```
 */
export function Random(ratio: number): Permit {
  const text = `Random(${show(ratio)})`;
  const problems = at(text, numberProblems('ratio', ratio, SHARE));
  return new MadePermit(text, problems, ({ random }) => random() < ratio);
}

/**
 * Let a growing share of the calls probe: from `fromRatio`, evenly, to `toRatio` after `overMs`.
 *
 * The default: from 0.1 to 1 over 60 s. For dependencies that come back cold (empty caches and pools) and
 * would go down again under full load. Afterwards `toRatio` stays.
 *
 * @param fromRatio the chance of each call on entering half_open, in (0, 1].
 * @param toRatio the chance after `overMs`, from `fromRatio` to 1.
 * @param overMs milliseconds, > 0: `seconds(60)`. A bad number is a problem of the part, thrown by whoever is
 * handed it.
 *
 * Gotcha: it ends with half_open; the circuit closes when the tripper has enough evidence, which may be
 * before `overMs`. Ask for more with `MinRequests`.
 * Source: `RampUp` of the Python library (seconds).
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { RampUp, seconds } from 'nestjs-fluxgate';
 *
 * const halfWay = { halfOpenForMs: seconds(30), random: () => 0.5 };
 * assert.equal(RampUp(0.1, 1, seconds(60)).isPermitted(halfWay), true); // 0.5 < 0.55
 * ```
 */
export function RampUp(fromRatio: number, toRatio: number, overMs: number): Permit {
  const text = `RampUp(${show(fromRatio)}, ${show(toRatio)}, ${showMs(overMs)})`;
  const ratios = [
    ...numberProblems('fromRatio', fromRatio, SHARE),
    ...numberProblems('toRatio', toRatio, SHARE),
  ];
  if (ratios.length === 0 && fromRatio > toRatio) {
    ratios.push(
      mustBe('toRatio', `at least fromRatio (${fromRatio})`, toRatio, 'A ramp goes up: swap the two.'),
    );
  }
  const problems = at(text, [...ratios, ...numberProblems('overMs', overMs, DURATION_MS)]);
  return new MadePermit(text, problems, ({ halfOpenForMs, random }) => {
    if (halfOpenForMs >= overMs) return random() < toRatio;
    return random() < fromRatio + (toRatio - fromRatio) * (halfOpenForMs / overMs);
  });
}

/**
 * Reads what was given as a permit: one of this package stays itself, a function or an object with
 * `isPermitted` is taken over. Anything else becomes a permit that only has problems.
 */
export function toPermit(like: unknown): Permit {
  if (like instanceof MadePermit) return like;
  const { text, problems, call } = adopt(like, FAMILY);
  return new MadePermit(text, [...problems], call);
}

declareFactories(AllowAll, Random, RampUp);
