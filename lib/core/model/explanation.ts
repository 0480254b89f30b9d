import { oneLine } from '../base/text.js';
import { showMs } from '../base/validate.js';
import type { BreakerState, TransitionCause } from './state.js';

/**
 * Why did the rule say so? A tripper as a tree, with what each leaf saw at that moment. Plain JSON.
 *
 * A leaf has `value` and `threshold` where it compares numbers (rates 0–1, or ms); a joined rule has
 * `operator` and `members`. Every member is told, those that the verdict did not need as well. Frozen.
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
  /** What it threw instead of answering; of a joined rule, what the member threw whose turn it was. */
  readonly fault?: string;
  /**
   * Of the whole rule, in half_open: the figures are those after so many more probes, all good. Even then it is
   * met: that is why the circuit did not wait for them.
   */
  readonly assumedGoodCount?: number;
  /**
   * Of the whole rule: the circuit opened again though it is not met. No branch of it applies to half_open, or it
   * is at fault, so one failed probe decided.
   */
  readonly isProbeDecisive?: true;
}

/** Why is the circuit in this state? Plain JSON, and frozen. */
export interface BreakerExplanation {
  readonly breaker: string;
  readonly state: BreakerState;
  /** Since when, epoch ms. */
  readonly changedAt: number;
  /** What brought it there; `null` when it was made so. */
  readonly cause: TransitionCause | null;
  /** What an operator said when forcing it open. */
  readonly operatorReason: string | null;
  /** When the figures were so, epoch ms: in `open` when it opened, else now. */
  readonly at: number;
  /**
   * The tripper's rule and its figures; `null` where it is not asked (`forced_open`, `disabled`), or the window is
   * at fault.
   */
  readonly rule: Explanation | null;
  /** All of it for people: a headline, and the tree below it. */
  readonly text: string;
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
 *
 * Each line is printable and short; of a very long rule the first 50 are shown.
 *
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Breaker, explanationText, FailureStreak } from 'nestjs-fluxgate';
 *
 * const breaker = new Breaker('payments', {
 *   tripper: FailureStreak(1),
 *   listeners: [{ onTransition: ({ explanation }) => told.push(explanationText(explanation!)) }],
 * });
 * const told: string[] = [];
 * breaker.acquire().fail(new Error('down'));
 * assert.deepEqual(told, ['FailureStreak 1 ≥ 1 ✓']);
 * ```
 */
export function explanationText(explanation: Explanation): string {
  const all = lines(explanation, '');
  const more = all.length > MAX_LINES ? [`… and ${all.length - MAX_LINES} more`] : [];
  return [...all.slice(0, MAX_LINES), ...more].join('\n');
}

/** A rule that is longer is no reading matter any more. */
const MAX_LINES = 50;

function lines(explanation: Explanation, indent: string): string[] {
  const { members = [] } = explanation;
  const below = members.flatMap((member, i) => {
    const isLast = i === members.length - 1;
    const [first, ...rest] = lines(member, `${indent}${isLast ? '  ' : '│ '}`);
    return [`${indent}${isLast ? '└' : '├'} ${first}`, ...rest];
  });
  return [`${headline(explanation)} ${explanation.isMet ? '✓' : '✗'}${assumed(explanation)}`, ...below];
}

function assumed({ assumedGoodCount: count, isProbeDecisive }: Explanation): string {
  if (isProbeDecisive === true) return ' (so the failed probe decided)';
  return count === undefined
    ? ''
    : ` (even if the next ${count === 1 ? 'probe' : `${count} probes`} were good)`;
}

function headline({ rule, what, value, threshold, unit, operator, fault }: Explanation): string {
  if (operator !== undefined) return fault === undefined ? operator : `${operator} (at fault, so not met)`;
  if (fault !== undefined) return `${oneLine(rule)} failed: ${fault}`;
  if (value === undefined) return oneLine(rule);
  const show = (figure: number): string =>
    unit === 'ms' ? showMs(rounded(figure)) : String(rounded(figure));
  return oneLine(`${what} ${show(value)} ≥ ${show(threshold!)}`);
}

/** Three decimals are enough to read. */
const rounded = (figure: number): number => Math.round(figure * 1000) / 1000;
