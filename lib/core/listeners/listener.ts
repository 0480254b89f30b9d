import { mustBe } from '../base/validate.js';
import type {
  CallSignal,
  FallbackSignal,
  FaultSignal,
  ReconfiguredSignal,
  RejectedSignal,
  TransitionSignal,
  WouldTripSignal,
} from '../model/signal.js';

/**
 * Who wants to know: an object with any of these methods.
 *
 * Signals come in order, after the state is final. A listener that throws, rejects or is slow never
 * touches a call: its fault goes to `onFault`, once. A promise it returns is not waited for. It may
 * call the breaker; what that causes is told after the signal at hand.
 *
 * `onCall`, `onRejected` and `onFallback` run in calls: keep them cheap. A breaker without such listeners pays
 * nothing for them.
 *
 * @example
 * ```ts
 * import { Breaker, type Listener } from 'nestjs-fluxgate';
 *
 * const pager: Listener = {
 *   onTransition: ({ breaker, to, rule }) => {
 *     if (to === 'open') console.log(`${breaker} opened: ${rule}`);
 *   },
 * };
 * new Breaker('payments', { listeners: [pager] });
 * ```
 */
export interface Listener {
  onTransition?(signal: TransitionSignal): unknown;
  onCall?(signal: CallSignal): unknown;
  onRejected?(signal: RejectedSignal): unknown;
  onFallback?(signal: FallbackSignal): unknown;
  onWouldTrip?(signal: WouldTripSignal): unknown;
  onReconfigured?(signal: ReconfiguredSignal): unknown;
  onFault?(signal: FaultSignal): unknown;
}

/** Which method hears which kind of signal. */
export const METHODS = {
  transition: 'onTransition',
  call: 'onCall',
  rejected: 'onRejected',
  fallback: 'onFallback',
  wouldTrip: 'onWouldTrip',
  reconfigured: 'onReconfigured',
  fault: 'onFault',
} as const;

/** What is wrong with something that was given as a listener. */
export function listenerProblems(what: string, given: unknown): string[] {
  const names = Object.values(METHODS);
  const listener = Object(given) as Listener;
  const methods = names.filter((name) => listener[name] !== undefined);
  if (methods.length === 0) return [mustBe(what, `an object with any of ${names.join(', ')}`, given)];
  return methods
    .filter((name) => typeof listener[name] !== 'function')
    .map((name) => mustBe(`${what}.${name}`, 'a method', listener[name]));
}
