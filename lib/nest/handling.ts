import type { Listener } from '../core/index.js';
import { listenerOf, type BreakerEvent } from './events.js';
import { addToList, ownList, prototypesOf, type ClassType, type Method } from './member.js';
import { HANDLINGS } from './tokens.js';

/** What `@OnBreaker` says of a method. */
export interface Handling {
  readonly key: string | symbol;
  /** `Class.method`. */
  readonly where: string;
  /** A breaker's name, or `*`. */
  readonly breaker: string;
  readonly events: readonly BreakerEvent[];
}

export const addHandling = (prototype: object, handling: Handling): void =>
  addToList(HANDLINGS, prototype, handling);

/** Those of a class, inherited ones too; a method that a subclass overrides counts as the subclass has it. */
export function handlingsOf(type: ClassType): Handling[] {
  const prototypes = prototypesOf(type);
  return prototypes.flatMap((prototype) =>
    ownList<Handling>(HANDLINGS, prototype).filter(
      ({ key }) => prototypes.find((nearest) => Object.hasOwn(nearest, key)) === prototype,
    ),
  );
}

/** The method of this object as a listener. */
export function listenerFor(instance: object, { key, events }: Handling): Listener {
  // By its name, at each signal: a test may have put a spy in its place.
  return listenerOf(events, (signal) => (instance as Record<string | symbol, Method>)[key]!(signal));
}
