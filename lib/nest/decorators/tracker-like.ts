import type { TrackerLike } from '../../core/index.js';

/** Is it meant as a tracker, and not as options? Whether it is a good one, `toTracker` tells. */
export function isTrackerLike(value: unknown): value is TrackerLike {
  if (typeof value === 'function') return true;
  return typeof (value as { isFailure?: unknown } | null | undefined)?.isFailure === 'function';
}
