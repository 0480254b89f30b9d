import { oneLine, show } from './text.js';

/** Which numbers an option takes, and how the message says so. */
export interface NumberRule {
  readonly allowed: string;
  readonly accepts: (value: number) => boolean;
  readonly remedy?: (value: number) => string | undefined;
}

const percent = (value: number): string | undefined =>
  value > 1 && value <= 100 ? `Did you mean ${value / 100}?` : undefined;

/** A share in (0, 1]. */
export const RATIO: NumberRule = {
  allowed: 'in (0, 1]',
  accepts: (value) => value > 0 && value <= 1,
  remedy: percent,
};

/** How far a wait may stray, in [0, 1). */
export const JITTER: NumberRule = {
  allowed: 'in [0, 1)',
  accepts: (value) => value >= 0 && value < 1,
  remedy: percent,
};

/** A whole number of things, from 1. */
export const COUNT: NumberRule = {
  allowed: 'a whole number ≥ 1',
  accepts: (value) => Number.isSafeInteger(value) && value >= 1,
};

/** A finite number of milliseconds above 0. */
export const DURATION_MS: NumberRule = {
  allowed: 'a finite number of milliseconds > 0',
  accepts: (value) => Number.isFinite(value) && value > 0,
};

/**
 * What is wrong with a number, in the one text that all options use:
 * `ratio must be in (0, 1], got 50. Did you mean 0.5?`
 */
export function numberProblems(what: string, got: unknown, rule: NumberRule): string[] {
  if (typeof got === 'number' && rule.accepts(got)) return [];
  const remedy = typeof got === 'number' ? rule.remedy?.(got) : undefined;
  return [`${what} must be ${rule.allowed}, got ${show(got)}.${remedy === undefined ? '' : ` ${remedy}`}`];
}

/** The same for anything else: `listeners must be an array of listeners, got 3.` */
export function mustBe(what: string, allowed: string, got: unknown, remedy = ''): string {
  return `${what} must be ${allowed}, got ${show(got)}.${remedy === '' ? '' : ` ${remedy}`}`;
}

/** What options may be: an object, and neither a list nor a promise that somebody forgot to await. */
export function isOptions(given: unknown): given is object {
  return typeof given === 'object' && given !== null && !Array.isArray(given) && !('then' in given);
}

/** Refuses what is not an options object and keys nobody knows: a mistyped option is never a silent default. */
export function unknownKeys(given: unknown, known: readonly string[], what: string): string[] {
  if (!isOptions(given)) return [mustBe(what, 'an options object', given)];
  const problems: string[] = [];
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) problems.push(unknownKey(key, known, what));
  }
  return problems;
}

function unknownKey(key: string, known: readonly string[], what: string): string {
  const guess = nearest(key, known);
  return `${what}.${oneLine(key, 80)} is not an option.${guess === undefined ? ` Options: ${known.join(', ')}.` : ` Did you mean ${guess}?`}`;
}

/** A duration as it stands in the text of a part: `1000 ms`. */
export function showMs(value: unknown): string {
  return typeof value === 'number' ? `${value} ms` : show(value);
}

/** Options as they stand in the text of a part: `{ jitter: 0.1 }`, empty when none was given. */
export function showOptions(options: unknown): string {
  if (typeof options !== 'object' || options === null) return show(options);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return given.length === 0 ? '' : `{ ${given.map(([key, value]) => `${key}: ${show(value)}`).join(', ')} }`;
}

/** Puts a place before each problem: `breakers.payments.tripper: FailureRate(50): …`. */
export function at(place: string, problems: readonly string[]): string[] {
  return problems.map((problem) => `${place}: ${problem}`);
}

/** The known name that a mistyped one most likely stands for, if any comes near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** What is wrong with a breaker's name. */
export function nameProblems(name: unknown): string[] {
  const allowed = 'a string of 1 to 256 printable characters';
  const isGood = typeof name === 'string' && name.trim() !== '' && oneLine(name) === name;
  return isGood ? [] : [mustBe('name', allowed, name)];
}
