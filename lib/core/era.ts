/**
 * Is what was asked for a lane still true? Counts, for the whole process, how often anybody began or stopped to hear
 * calls: it happens seldom, so the lanes of all may be opened anew then. What concerns one breaker only is
 * the `period` of its closed state.
 *
 * To ask two audiences and the group's in each call took longer than to compare one number; and audiences that told
 * their breakers would keep those alive that a group has dropped.
 */
export const era = { current: 0 };
