import { showMs } from '../base/validate.js';

/**
 * Why did the rule say so? A tripper as a tree, with what each leaf saw at that moment. Plain JSON.
 *
 * A leaf has `value` and `threshold` where it compares numbers (rates 0–1, or ms); a joined rule has
 * `operator` and `members`. Every member is told, those that the verdict did not need as well.
 */
export interface Explanation {
  /** The code that made it. */
  readonly rule: string;
  readonly isMet: boolean;
  /** What was measured, where it is a number: `FailureRate`. */
  readonly what?: string;
  readonly value?: number;
  readonly threshold?: number;
  /** Of `value` and `threshold`; without it they are counts or rates. */
  readonly unit?: 'ms';
  readonly operator?: 'and' | 'or' | 'not';
  readonly members?: readonly Explanation[];
  /** What it threw instead of answering. */
  readonly fault?: string;
}

/** The measured side of a leaf. */
export type Measurement = Required<Pick<Explanation, 'what' | 'value' | 'threshold'>> &
  Pick<Explanation, 'unit'>;

/**
 * The tree as text, a rule a line:
 *
 *     or ✓
 *     ├ FailureStreak 2 ≥ 5 ✗
 *     └ and ✓
 *       ├ MinRequests 50 ≥ 20 ✓
 *       └ FailureRate 0.62 ≥ 0.5 ✓
 */
export function explanationText(explanation: Explanation): string {
  return lines(explanation, '').join('\n');
}

function lines(explanation: Explanation, indent: string): string[] {
  const { members = [] } = explanation;
  const below = members.flatMap((member, i) => {
    const isLast = i === members.length - 1;
    const [first, ...rest] = lines(member, `${indent}${isLast ? '  ' : '│ '}`);
    return [`${indent}${isLast ? '└' : '├'} ${first}`, ...rest];
  });
  return [`${headline(explanation)} ${explanation.isMet ? '✓' : '✗'}`, ...below];
}

function headline({ rule, what, value, threshold, unit, operator, fault }: Explanation): string {
  if (fault !== undefined) return `${rule} failed: ${fault}`;
  if (operator !== undefined) return operator;
  if (value === undefined) return rule;
  const show = (figure: number): string =>
    unit === 'ms' ? showMs(rounded(figure)) : String(rounded(figure));
  return `${what} ${show(value)} ≥ ${show(threshold!)}`;
}

/** Three decimals are enough to read. */
const rounded = (figure: number): number => Math.round(figure * 1000) / 1000;
