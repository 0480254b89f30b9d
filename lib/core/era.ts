/**
 * Is what was asked for a lane still true? Counts, for the whole process, how often a breaker got other rules, or calls
 * other listeners or meters: it happens seldom, so the lanes of all may be opened anew then.
 *
 * Calls look at this one number. To ask breaker, notifier, both audiences and meters each time made a call 5 % longer.
 */
export const era = { current: 0 };
