import type { Rule } from './rules.js';

// What a rule says, and how many probes it needs, worked out from its data alone.

export interface Figures {
  readonly total: number;
  readonly failures: number;
  readonly totalMs: number;
  readonly durations: readonly number[];
}

type Judged = 'closed' | 'half_open';

export function says(rule: Rule, figures: Figures, state: Judged, streak: number): boolean {
  const ask = (one: Rule): boolean => says(one, figures, state, streak);
  const { total } = figures;
  switch (rule.is) {
    case 'min':
      return total >= rule.count;
    case 'streak':
      return streak >= rule.count;
    case 'rate':
      return total > 0 && figures.failures / total >= rule.ratio;
    case 'slow':
      return total > 0 && figures.durations.filter((ms) => ms >= rule.ms).length / total >= rule.ratio;
    case 'avg':
      return total > 0 && figures.totalMs / total >= rule.ms;
    case 'closed':
    case 'half_open':
      return state === rule.is;
    case 'and':
      return rule.rules.every(ask);
    case 'or':
      return rule.rules.some(ask);
    case 'not':
      return !ask(rule.rule);
  }
}

/** How many probes the rule needs before its "no" means healthy. */
export function evidenceOf(rule: Rule): number {
  switch (rule.is) {
    case 'min':
      return rule.count;
    case 'and':
      return Math.max(1, ...rule.rules.map(evidenceOf));
    case 'or':
      return Math.max(1, ...rule.rules.filter((one) => !canNever(one, 'half_open')).map(evidenceOf));
    case 'not':
      return evidenceOf(rule.rule);
    default:
      return 1;
  }
}

/** Is it ruled out in that state by `Closed()` and `HalfOpened()` alone? */
export function canNever(rule: Rule, state: Judged): boolean {
  switch (rule.is) {
    case 'closed':
    case 'half_open':
      return rule.is !== state;
    case 'and':
      return rule.rules.some((one) => canNever(one, state));
    case 'or':
      return rule.rules.every((one) => canNever(one, state));
    case 'not':
      return mustAlways(rule.rule, state);
    default:
      return false;
  }
}

function mustAlways(rule: Rule, state: Judged): boolean {
  switch (rule.is) {
    case 'closed':
    case 'half_open':
      return rule.is === state;
    case 'and':
      return rule.rules.every((one) => mustAlways(one, state));
    case 'or':
      return rule.rules.some((one) => mustAlways(one, state));
    case 'not':
      return canNever(rule.rule, state);
    default:
      return false;
  }
}
