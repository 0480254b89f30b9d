import { oneLine } from './base/text.js';
import { explanationText, type BreakerExplanation, type Explanation } from './model/explanation.js';
import type { Metric } from './model/metric.js';
import type { TripContext } from './model/part.js';
import type { Faults } from './model/signal.js';
import type { TransitionCause } from './model/state.js';
import { hungCountIn, type Circuit, type ForcedOpen } from './states.js';
import { explain, type Tripper } from './trippers/index.js';

/** Where a breaker stands, as its mover has it. */
interface Standing extends Pick<TripContext, 'failureStreak' | 'reopens'>, Faults {
  readonly circuit: Circuit;
  readonly cause: TransitionCause | null;
  wallAt(atMs: number): number;
}

/**
 * The rule on the figures of this state, as they are at `nowMs`; `null` in states that judge nothing, and where the
 * window is at fault. It asks the user's trippers: they may call the breaker, and move the circuit.
 */
export function explainCircuit(
  tripper: Tripper,
  standing: Standing,
  nowMs: number,
  isProbeBad = false,
): Explanation | null {
  const { circuit, failureStreak, reopens } = standing;
  const state = circuit.state === 'half_open' ? 'half_open' : 'closed';
  const hungCount = hungCountIn(circuit, nowMs);
  const ask = (metric: Metric, streak: number): Explanation =>
    explain(tripper, { metric, state, failureStreak: streak, reopens, hungCount }, standing);
  if (circuit.state !== 'half_open') {
    const metric = metricOf(circuit, nowMs);
    return metric === undefined ? null : ask(metric, failureStreak);
  }
  const told = ask(circuit.tally, failureStreak);
  const assumedGoodCount = tripper.evidence - circuit.tally.totalCount;
  if (told.isMet) return told;
  if (assumedGoodCount > 0) {
    // As it was judged: bad for certain, whatever the probes still needed say.
    const certain = ask(circuit.tally.plusGood(assumedGoodCount), 0);
    if (certain.isMet) return Object.freeze({ ...certain, assumedGoodCount });
  }
  // Where no branch applies to half_open, or the rule is at fault, the probe itself decides.
  return isProbeBad ? Object.freeze({ ...told, isProbeDecisive: true }) : told;
}

/** The figures that a state remembers; `undefined` where it remembers none, or its window is at fault. */
export function metricOf(circuit: Circuit, nowMs: number): Metric | undefined {
  let metric: Metric | undefined;
  try {
    if ('window' in circuit) metric = circuit.window.metric(nowMs);
  } catch {
    // Told to onFault by those who need the figures to judge.
  }
  return metric;
}

/** Why is it in this state? In `open` that was decided when it opened; elsewhere the rule is asked now. */
export function explainBreaker(
  breaker: string,
  tripper: Tripper,
  standing: Standing,
  nowMs: number,
): BreakerExplanation {
  const { circuit, cause } = standing;
  const { state, changedAt } = circuit;
  const isDecided = state === 'open';
  const rule = isDecided ? circuit.explanation : explainCircuit(tripper, standing, nowMs);
  const { operatorReason = null } = circuit as Partial<ForcedOpen>;
  const headline = `${oneLine(breaker)} is ${state}${causeText(cause, operatorReason)}`;
  return Object.freeze({
    breaker,
    state,
    changedAt,
    cause,
    operatorReason,
    at: isDecided ? changedAt : standing.wallAt(nowMs),
    rule,
    text: rule === null ? headline : `${headline}\n${explanationText(rule)}`,
  });
}

function causeText(cause: TransitionCause | null, operatorReason: string | null): string {
  if (operatorReason !== null) return ` (operator: ${oneLine(operatorReason)})`;
  if (cause === null) return '';
  return ` (${cause === 'timeout' ? 'time limit' : cause})`;
}
