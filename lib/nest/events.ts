import {
  METHODS,
  mustBe,
  nearest,
  show,
  STATES,
  type BreakerState,
  type Listener,
  type Signal,
  type TransitionSignal,
} from '../core/index.js';

/** What a breaker may be listened to for: the state that was entered, or any signal of a kind. */
export type BreakerEvent = BreakerState | Signal['kind'];

/** What is told then. */
export type BreakerEventSignal<Event extends BreakerEvent> = Event extends BreakerState
  ? TransitionSignal
  : Extract<Signal, { readonly kind: Event }>;

/** Every event there is. */
export const EVENTS: readonly BreakerEvent[] = [...STATES, ...(Object.keys(METHODS) as Signal['kind'][])];

/** What is wrong with something that was given as an event. */
export function eventProblems(what: string, given: unknown): string[] {
  if (EVENTS.includes(given as BreakerEvent)) return [];
  const guess = typeof given === 'string' ? nearest(given, EVENTS) : undefined;
  const remedy = guess === undefined ? '' : `Did you mean ${show(guess)}?`;
  return [mustBe(what, `one of ${EVENTS.join(', ')}`, given, remedy)];
}

/** A listener that hears these events and nothing else, each signal once. */
export function listenerOf(events: readonly BreakerEvent[], hear: (signal: Signal) => unknown): Listener {
  const listener: { -readonly [Name in keyof Listener]: Listener[Name] } = {
    onTransition: (signal) => (events.includes(signal.to) ? hear(signal) : undefined),
  };
  for (const [kind, method] of Object.entries(METHODS)) {
    if (events.includes(kind as Signal['kind'])) listener[method] = hear;
  }
  return listener;
}
