import {
  at,
  listed,
  mustBe,
  nearest,
  oneLine,
  show,
  takenData,
  takenRecord,
  unknownKeys,
  type BreakerRegistry,
} from '../core/index.js';

/**
 * A state that may make the answer *down*. Half-open is none: a circuit that is tried out needs traffic to close,
 * and a pod that is not ready gets none.
 */
export type FailingState = 'open' | 'forced_open';

/** When one breaker makes the answer *down*. */
export interface BreakerHealthOptions {
  /** In these states. Default: in none; the answer is *up*, with details. */
  readonly failOn?: readonly FailingState[];
}

/** Which breakers are looked at, and what they may do. */
export interface FluxgateHealthOptions {
  /** Look at these breakers only. Default: at all of them. */
  readonly only?: readonly string[];
  /** By breaker name: which of them may make the answer *down*. Default: none. */
  readonly breakers?: Readonly<Record<string, BreakerHealthOptions>>;
}

const FAILING: readonly FailingState[] = ['open', 'forced_open'];

/** The options as they are now. */
export const takenHealth = (given: FluxgateHealthOptions): FluxgateHealthOptions =>
  takenRecord(given, takenData, KEYS);

const KEYS = ['only', 'breakers'];

/** Everything that is wrong with the options, as far as it shows without the breakers. */
export function healthProblems(options: FluxgateHealthOptions): string[] {
  const problems = unknownKeys(options, KEYS, 'options');
  const { only, breakers } = Object(options) as FluxgateHealthOptions;
  if (only !== undefined && !(Array.isArray(only) && only.every((name) => typeof name === 'string'))) {
    problems.push(mustBe('only', 'an array of breaker names', only));
  }
  if (breakers === undefined) return problems;
  if (typeof breakers !== 'object' || breakers === null || Array.isArray(breakers)) {
    return [...problems, mustBe('breakers', 'an object of options by breaker name', breakers)];
  }
  for (const [name, own] of Object.entries(breakers)) {
    problems.push(...at(`breakers.${oneLine(name, 80)}`, breakerProblems(own)));
  }
  return problems;
}

function breakerProblems(options: BreakerHealthOptions): string[] {
  const problems = unknownKeys(options, ['failOn'], 'options');
  const { failOn = [] } = Object(options) as BreakerHealthOptions;
  const allowed = "an array of 'open' and 'forced_open'";
  if (!Array.isArray(failOn)) return [...problems, mustBe('failOn', allowed, failOn)];
  const wrong = (failOn as readonly unknown[]).filter((state) => !FAILING.includes(state as FailingState));
  return [
    ...problems,
    ...wrong.map((state) => {
      const why =
        state === 'half_open'
          ? ' A half-open circuit needs traffic to close, and a pod that is down gets none.'
          : '';
      return `failOn must be ${allowed}, got ${show(state)} in it.${why}`;
    }),
  ];
}

/** Names in the options that no breaker has, nor had when it was asked before: `met` keeps those. */
export function nameProblems(
  options: FluxgateHealthOptions,
  registry: BreakerRegistry,
  met: Set<string>,
): string[] {
  const { only = [], breakers = {} } = options;
  const groups = groupNames(registry);
  const known = [...registry.names(), ...groups];
  const named = [
    ...only.map((name) => ['only', name] as const),
    ...Object.keys(breakers).map((name) => ['breakers', name] as const),
  ];
  const keyed = Object.keys(breakers).filter((name) => groups.includes(name));
  const refused = keyed.map(
    (name) =>
      `breakers: ${show(name)} has one breaker per key, and one that is open is no reason to take the app down. Leave it out; it is shown all the same.`,
  );
  for (const [, name] of named) if (met.delete(name) || known.includes(name)) met.add(name);
  const unknown = named
    .filter(([, name]) => !met.has(name))
    .map(([place, name]) => {
      const guess = nearest(name, known);
      const hint = guess === undefined ? '' : ` Did you mean ${show(guess)}?`;
      return `${place}: no circuit breaker is called ${show(name)}.${hint} Registered: ${listed(known.map((one) => show(one)))}.`;
    });
  forgetBeyond(Math.max(MOST_MET, named.length), met);
  return [...refused, ...unknown];
}

/** Of so many names it is kept that they were there. */
const MOST_MET = 1000;

/** Those that were asked for longest ago go first. */
function forgetBeyond(most: number, met: Set<string>): void {
  for (const oldest of met) {
    if (met.size <= most) return;
    met.delete(oldest);
  }
}

/** The names of the groups that have one breaker per key. */
export const groupNames = (registry: BreakerRegistry): string[] => registry.groups().map(({ name }) => name);
