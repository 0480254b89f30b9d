// The Nest skin's front door.
export {
  adapterForRoot,
  adapterForRootAsync,
  awaitedOptions,
  groupNamesProblems,
  groupSharing,
  NO_BREAKERS,
} from './adapter.js';
export {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type KeyedCircuitBreakerOptions,
} from './decorators/circuit-breaker.js';
export { InjectBreaker, InjectKeyedBreaker } from './decorators/inject-breaker.js';
export { OnBreaker, type OnBreakerDecorator } from './decorators/on-breaker.js';
export {
  TrackWhen,
  type ErrorPredicate,
  type TrackNarrowing,
  type TrackRule,
} from './decorators/track-when.js';
export { eventProblems, EVENTS, listenerOf, type BreakerEvent, type BreakerEventSignal } from './events.js';
export { CallNotPermittedFilter } from './filter.js';
export { CircuitBreakerInterceptor } from './interceptor.js';
export { LoggerListener } from './logger-listener.js';
export { FluxgateModule } from './module.js';
export type {
  FluxgateFeatureOptions,
  FluxgateModuleAsyncOptions,
  FluxgateModuleOptions,
  FluxgateOptionsFactory,
  FluxgateStaticOptions,
} from './options.js';
export { CREATES_UNKNOWN, getBreakerToken } from './tokens.js';
