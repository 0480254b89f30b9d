import type { Tripper } from './tripper.js';

/**
 * Why a breaker must not take this tripper with a window of that capacity: its own problems, and what can
 * never be true.
 *
 * A rule that can never be true while the circuit is closed would leave the dependency unguarded without a
 * word; so would a branch that waits for more calls than the window holds.
 */
export function tripperProblems(tripper: Tripper, windowCapacity: number): string[] {
  const outOfReach = beyondWindow(tripper, windowCapacity).map((one) => {
    const what =
      one === tripper
        ? 'can never be true while the circuit is closed, so the circuit would never open'
        : 'this branch can never be true while the circuit is closed';
    return `${one}: ${what}: ${whoNeedsMore(one, windowCapacity)}`;
  });
  if (outOfReach.length > 0 || tripper.reach('closed', windowCapacity) !== 'never') {
    return [...tripper.problems, ...outOfReach];
  }
  return [
    ...tripper.problems,
    `${tripper}: can never be true while the circuit is closed, so the circuit would never open. ` +
      'Join a rule for the closed state: .or(FailureStreak(5)).',
  ];
}

/** The largest rules that only the size of the window keeps from ever being true when closed. */
function beyondWindow(tripper: Tripper, windowCapacity: number): Tripper[] {
  // A branch for half_open is not meant to be true here.
  if (tripper.reach('closed', Infinity) === 'never') return [];
  if (tripper.binding === 'or') return tripper.members.flatMap((one) => beyondWindow(one, windowCapacity));
  if (tripper.reach('closed', windowCapacity) === 'never') return [tripper];
  return tripper.binding === 'and' ? tripper.members.flatMap((one) => beyondWindow(one, windowCapacity)) : [];
}

function whoNeedsMore(tripper: Tripper, windowCapacity: number): string {
  const asking = leavesOf(tripper).filter((one) => beyondWindow(one, windowCapacity).length > 0);
  const who = asking[0] === tripper ? 'it' : asking.join(' and ');
  return (
    `${who} needs more calls than the window holds (${windowCapacity}). ` +
    `Lower it to ${windowCapacity} or less, or enlarge the window.`
  );
}

function leavesOf(tripper: Tripper): Tripper[] {
  return tripper.members.length === 0 ? [tripper] : tripper.members.flatMap(leavesOf);
}
