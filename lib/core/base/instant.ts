/** Instants are decided on a grid this fine: sums and differences of them are exact for months. */
const STEPS_PER_MS = 2 ** 20;

/**
 * When a duration that begins at `fromMs` is over, rounded down to the grid.
 *
 * So what is left of it is never more than it was: of 60 000 ms that begin at a fraction never 60 001, rounded up.
 */
export const instantAfter = (fromMs: number, durationMs: number): number =>
  Math.floor((fromMs + durationMs) * STEPS_PER_MS) / STEPS_PER_MS;
