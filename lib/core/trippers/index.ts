export { explain } from './explain.js';
export { AvgLatency, FailureRate, FailureStreak, HungCalls, MinRequests, SlowRate } from './leaves.js';
export { tripperProblems } from './problems.js';
export type { Reach } from './question.js';
export { Closed, DEFAULT_TRIPPER, HalfOpened, TripWhen } from './states.js';
export { toTripper, Tripper, type TripperLike } from './tripper.js';
