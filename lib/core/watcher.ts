import type { Breaker } from './breaker.js';

/** Who wants to know which breakers come and go. */
export interface RegistryWatcher {
  /** Also called, at once, for every breaker that is there already, those made by key too. */
  onAdded?(breaker: Breaker): void;
  onRemoved?(breaker: Breaker): void;
}
