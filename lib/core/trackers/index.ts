export { isClass, type Class } from '../base/class.js';
export { CausedBy, Custom, ErrorCode, HttpStatusIn } from './errors.js';
export { NetworkErrors } from './network.js';
export { ResponseStatusIn, ResultError, resultTrackerProblems } from './results.js';
export { ContentionErrors, OverloadErrors, TimeoutErrors, TransientErrors } from './transient.js';
export { toTracker, Tracker, type TrackerLike } from './tracker.js';
export { All, TypeOf } from './type-of.js';
