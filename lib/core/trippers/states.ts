import { isClass } from '../base/class.js';
import { show } from '../base/text.js';
import { at, mustBe } from '../base/validate.js';
import { declareFactories } from '../model/adopt.js';
import type { TripContext } from '../model/part.js';
import { FailureRate, MinRequests } from './leaves.js';
import { SEES_COUNTS } from './sees.js';
import { leaf, toTripper, type Tripper } from './tripper.js';

/**
 * Is the circuit closed?
 *
 * Keeps a rule to the closed state: `Closed().and(MinRequests(100)).and(…)`. Join a branch with `HalfOpened()`
 * for the probes; without one, a single probe decides: good closes, bad reopens.
 * Takes nothing. `metrics_only` is judged as closed.
 *
 * Gotcha: alone it is true after the first call, good or bad.
 * Source: `Closed` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Closed, FailureRate } from 'nestjs-fluxgate';
 *
 * assert.equal(String(Closed().and(FailureRate(0.5))), 'Closed() & FailureRate(0.5)');
 * ```
 */
export function Closed(): Tripper {
  return inState('Closed()', 'closed');
}

/**
 * Is the circuit half_open?
 *
 * Keeps a rule to the probes: `.or(HalfOpened().and(MinRequests(10)).and(FailureRate(0.5)))`. Takes nothing.
 *
 * Gotcha: a tripper of nothing else never opens a closed circuit, and is refused.
 * Source: `HalfOpened` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Closed, FailureRate, HalfOpened, MinRequests } from 'nestjs-fluxgate';
 *
 * const enough = Closed().and(MinRequests(100)).or(HalfOpened().and(MinRequests(10)));
 * assert.equal(enough.and(FailureRate(0.5)).evidence, 10);
 * ```
 */
export function HalfOpened(): Tripper {
  return inState('HalfOpened()', 'half_open');
}

function inState(text: string, wanted: TripContext['state']): Tripper {
  return leaf({
    text,
    problems: [],
    test: ({ state }) => state === wanted,
    sees: SEES_COUNTS,
    reach: (state) => (state === wanted ? 'always' : 'never'),
  });
}

/**
 * Is it bad enough? Your own function decides.
 *
 * For what the other trippers do not know: several figures at once, `reopens`, the time of day. Where one of
 * them fits, use it: it reads better in logs, and it knows its evidence.
 *
 * @param predicate is given `{ metric, state, failureStreak, reopens }`; anything truthy is a yes. The metric is
 * live: read it during the call.
 * @param text what logs show between the brackets. Default: the function's name, else `…`. What is not a
 * function, or a text that is not one, is a problem of the part, thrown by whoever is handed it.
 *
 * Gotcha: it must answer at once: a promise is refused with a TypeError, at each call. A function that
 * throws has not tripped; the fault goes to `onFault`. `metric.slowRate(ms)` needs the threshold declared:
 * give an object `{ isTripped, slowThresholdsMs: [ms] }` instead.
 * Source: custom trippers of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { TripWhen } from 'nestjs-fluxgate';
 *
 * const tripper = TripWhen(({ metric }) => metric.failureCount >= 3, '3 failures');
 * assert.equal(String(tripper), 'TripWhen(3 failures)');
 * ```
 */
export function TripWhen(predicate: (context: TripContext) => boolean, text?: string): Tripper {
  const problems = [
    ...(typeof predicate === 'function' && !isClass(predicate)
      ? []
      : [mustBe('predicate', 'a function of the context', predicate)]),
    ...(text === undefined || typeof text === 'string' ? [] : [mustBe('text', 'a string', text)]),
  ];
  if (problems.length === 0 && text === undefined) return toTripper(predicate);
  const shown = text === undefined ? show(predicate) : `${show(predicate)}, ${show(text)}`;
  const made = `TripWhen(${problems.length === 0 ? text : shown})`;
  return leaf({ text: made, problems: at(made, problems), test: predicate });
}

/** 50 % of at least 100 calls when closed, 50 % of at least 10 probes when half-open. */
export const DEFAULT_TRIPPER: Tripper = Closed()
  .and(MinRequests(100))
  .and(FailureRate(0.5))
  .or(HalfOpened().and(MinRequests(10)).and(FailureRate(0.5)));

declareFactories(Closed, HalfOpened, TripWhen);
