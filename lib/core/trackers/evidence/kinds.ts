// What a thrown value tells of the dependency, as bits of one number.

/** No whole answer came: refused, reset, closed, cut off, unresolvable. */
export const NETWORK = 1;
/** The client gave up waiting. */
export const TIMEOUT = 2;
/** The server answers that its own time was over. */
export const SLOW = 4;
/** The server answers that it has too much to do, or is not ready. */
export const OVERLOAD = 8;
/** Others were at the same rows. */
export const CONTENTION = 16;
/** The server answers that it failed, without a status of HTTP. */
export const ILL = 32;
/** The dependency answered about this very request, or trust is missing: it does not pass by waiting. */
export const CONTRARY = 64;
/** Somebody aborted the call. */
export const ABORTED = 128;

/** Only likely: it counts where nothing in the whole value is contrary. */
export const likely = (kind: number): number => kind << 8;
/** The kinds that are likely by these signs. */
export const likelyOf = (signs: number): number => signs >> 8;
