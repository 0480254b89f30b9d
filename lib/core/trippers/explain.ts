import { showError } from '../base/error-text.js';
import { syncAnswer } from '../model/adopt.js';
import type { Explanation } from '../model/explanation.js';
import type { TripContext } from '../model/part.js';
import type { Faults } from '../model/signal.js';
import type { Tripper } from './tripper.js';

const NOBODY: Faults = { fault: () => undefined, show: showError };

/** What a tripper says about this context, and why. Asks every leaf, once. Never throws: what a leaf throws is told. */
export function explain(tripper: Tripper, context: TripContext, faults: Faults = NOBODY): Explanation {
  const tell = tripper.members.length > 0 ? joined : leaf;
  try {
    return Object.freeze(tell(tripper, context, faults));
  } catch (error) {
    faults.fault('tripper', error);
    // Its own text is at fault.
    return Object.freeze({ rule: 'a tripper', isMet: false, fault: faults.show(error) });
  }
}

function joined(tripper: Tripper, context: TripContext, faults: Faults): Explanation {
  const members = Object.freeze(tripper.members.map((member) => explain(member, context, faults)));
  const operator = tripper.binding === 'leaf' ? 'not' : tripper.binding;
  return { rule: tripper.toString(), ...verdict(operator, members), operator, members };
}

/** As it is judged: members are asked in order until one decides; without, a member's fault is the whole's. */
function verdict(
  operator: NonNullable<Explanation['operator']>,
  members: readonly Explanation[],
): Pick<Explanation, 'isMet' | 'fault'> {
  const decisive = operator === 'or';
  let first: string | undefined;
  for (const { isMet, fault } of members) {
    if (fault === undefined && operator === 'not') return { isMet: !isMet };
    if (fault === undefined && isMet === decisive) return { isMet };
    if (fault !== undefined && !decisive) return { isMet: false, fault };
    first ??= fault;
  }
  return first === undefined ? { isMet: !decisive } : { isMet: false, fault: first };
}

function leaf(tripper: Tripper, context: TripContext, faults: Faults): Explanation {
  const rule = tripper.toString();
  try {
    const isMet = syncAnswer(tripper.isTripped(context), rule, 'trippers');
    return { rule, isMet, ...tripper.measure?.(context) };
  } catch (error) {
    faults.fault('tripper', error);
    return { rule, isMet: false, fault: faults.show(error) };
  }
}
