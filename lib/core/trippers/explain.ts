import { showError } from '../base/text.js';
import type { Explanation } from '../model/explanation.js';
import type { TripContext } from '../model/part.js';
import type { Tripper } from './tripper.js';

/** What a tripper says about this context, and why. Asks every leaf; never throws. */
export function explain(tripper: Tripper, context: TripContext): Explanation {
  const rule = tripper.toString();
  if (tripper.members.length > 0) {
    const members = tripper.members.map((member) => explain(member, context));
    const operator = tripper.binding === 'leaf' ? 'not' : tripper.binding;
    return { rule, isMet: JOINS[operator](members), operator, members };
  }
  try {
    return { rule, isMet: tripper.isTripped(context), ...tripper.measure?.(context) };
  } catch (error) {
    return { rule, isMet: false, fault: showError(error) };
  }
}

const JOINS = {
  and: (members: readonly Explanation[]) => members.every(({ isMet }) => isMet),
  or: (members: readonly Explanation[]) => members.some(({ isMet }) => isMet),
  not: ([member]: readonly Explanation[]) => !member!.isMet,
} as const;
