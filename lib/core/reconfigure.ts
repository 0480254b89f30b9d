import { FluxgateConfigError } from './base/errors.js';
import { isSameList } from './base/list.js';
import { isOptions } from './base/validate.js';
import { readChange, type BreakerOptions, type Policy } from './options.js';

/** What cannot be changed while a breaker runs, and what does it instead. */
const FIXED = {
  listeners: 'Use subscribe().',
  initialState: 'Use disable(), metricsOnly(), forceOpen() or reset().',
} as const;

/** A change of options that is valid. */
export interface Change {
  readonly policy: Policy;
  /** The options that it names. */
  readonly changed: readonly string[];
}

/**
 * What a policy becomes.
 *
 * @returns nothing when the change names no option.
 * @throws FluxgateConfigError naming everything that is wrong with it.
 */
export function changeOf(where: string, options: BreakerOptions, policy: Policy): Change | undefined {
  // Read once: getters may give something else the second time.
  const given: BreakerOptions = isOptions(options) ? { ...options } : options;
  const next = readChange(given, policy);
  const named = Object.entries(Object(given) as BreakerOptions).filter(([, value]) => value !== undefined);
  const changed = named.map(([key]) => key);
  const fixed = changed.filter((key): key is keyof typeof FIXED => Object.hasOwn(FIXED, key));
  const problems = [...next.problems, ...fixed.map((key) => `${key} cannot be changed. ${FIXED[key]}`)];
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
  if (changed.length === 0) return undefined;
  return { policy: next.policy, changed };
}

/** May what was remembered under `before` be read under `after`? */
export function fits(before: Policy, after: Policy): boolean {
  const isSame =
    before.window === after.window ||
    // Windows of one's own may have one text for all that they do.
    (after.window.restore !== undefined && before.rules.window === after.rules.window);
  return isSame && isSameList(before.tripper.slowThresholdsMs, after.tripper.slowThresholdsMs);
}
