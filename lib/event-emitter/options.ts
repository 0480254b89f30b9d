import { mustBe, takenData, takenRecord, unknownKeys } from '../core/index.js';
import { eventProblems, EVENTS, type BreakerEvent } from '../nest/index.js';

/** Which topics there are, and how they are called. */
export interface FluxgateEventsOptions {
  /** What topics begin with. Default `fluxgate`: `fluxgate.payments.open`. */
  readonly prefix?: string;
  /**
   * Which events are topics. Default: all but `call`, which comes with every call, and `transition`, which says
   * what the states say.
   */
  readonly events?: readonly BreakerEvent[];
}

export const DEFAULT_PREFIX = 'fluxgate';

export const DEFAULT_EVENTS = EVENTS.filter((event) => event !== 'call' && event !== 'transition');

/** The options as they are now. */
export const takenEvents = (given: FluxgateEventsOptions): FluxgateEventsOptions =>
  takenRecord(given, takenData, KEYS);

const KEYS = ['prefix', 'events'];

/** Everything that is wrong with the options. */
export function eventsProblems(options: FluxgateEventsOptions): string[] {
  const problems = unknownKeys(options, KEYS, 'options');
  const { prefix, events } = Object(options) as FluxgateEventsOptions;
  if (prefix !== undefined && (typeof prefix !== 'string' || prefix === '')) {
    problems.push(mustBe('prefix', 'a string of at least one character', prefix));
  }
  if (events === undefined) return problems;
  if (!Array.isArray(events) || events.length === 0) {
    return [...problems, mustBe('events', 'an array of events', events)];
  }
  return [...problems, ...events.flatMap((event, i) => eventProblems(`events[${i}]`, event))];
}
