// The engine's front door: what lib/nest, lib/testing and adapters may use.
export type { Clock, Timer } from './base/clock.js';
export { defaultClock } from './base/following-clock.js';
export { hours, minutes, seconds } from './base/duration.js';
export { leave, onReturn } from './base/generator.js';
export { BreakerNotFoundError, FluxgateConfigError } from './base/errors.js';
export { loadPeer } from './base/peer.js';
export {
  messageOf,
  RedactFault,
  redactProblems,
  redactText,
  showError,
  summaryOf,
  type ErrorSummary,
  type Redact,
} from './base/error-text.js';
export { takenData, takenList, takenObject, takenRecord } from './base/taken.js';
export { listed, oneLine, ownCopy, show } from './base/text.js';
export { at, mustBe, nameProblems, nearest, unknownKeys } from './base/validate.js';
export { warnOnce } from './base/warn.js';
export { systemRandom, type RandomSource } from './base/random.js';
export { Breaker } from './breaker.js';
export { callSite } from './call-site.js';
export type {
  CallOptions,
  CallSite,
  Fallback,
  FallbackWhen,
  MethodTraits,
  SiteOptions,
} from './call-site.js';
export type { BreakerEnvironment, ForceOpenOptions } from './environment.js';
export { callSignal, type CallContext, type Callee } from './doors/call.js';
export type { CallShape } from './doors/shape.js';
export type { IterableSource } from './doors/iterator.js';
export type { StreamSource } from './doors/observable.js';
export type { Task } from './doors/promise.js';
export {
  breakerProblems,
  hasKeys,
  KeyedBreakers,
  takenOptions,
  type KeyedBreakerOptions,
  type KeyedEnvironment,
  type KeysOptions,
  type PageOptions,
  type WhenFull,
} from './keyed/index.js';
export type { Meter } from './meter.js';
export { listenerProblems, METHODS, type Listener } from './listeners/index.js';
export { and, not, or } from './model/algebra.js';
export {
  CallNotPermittedException,
  CallTimeoutException,
  isCallNotPermitted,
  type Rejection,
} from './model/exceptions.js';
export { explanationText, type BreakerExplanation, type Explanation } from './model/explanation.js';
export { Tally, type Metric, type MetricSnapshot } from './model/metric.js';
export type { Outcome, RejectionReason } from './model/outcome.js';
export type {
  Part,
  PermitContext,
  ResultTracker,
  RetryContext,
  TrackedCall,
  TripContext,
  WindowStore,
} from './model/part.js';
export type {
  CallSignal,
  FallbackSignal,
  FaultSignal,
  ReconfiguredSignal,
  RejectedSignal,
  Signal,
  SignalOrigin,
  TransitionSignal,
  WouldTripSignal,
} from './model/signal.js';
export type { BreakerSnapshot, CallCounts, KeyedSnapshot, WarmSnapshot } from './model/snapshot.js';
export { STATES, type BreakerState, type TransitionCause } from './model/state.js';
export { readPolicy, type BreakerOptions, type InitialState } from './options.js';
export * from './permits/index.js';
export { BreakerRegistry, type RegistryOptions } from './registry.js';
export * from './retries/index.js';
export type { Ticket } from './ticket.js';
export * from './trackers/index.js';
export * from './trippers/index.js';
export type { RegistryWatcher } from './watcher.js';
export * from './windows/index.js';
