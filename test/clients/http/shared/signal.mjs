/** What people give to clients without a time-out of their own. */
export const withTimeout = (signal, timeoutMs) =>
  timeoutMs === undefined ? signal : AbortSignal.timeout(timeoutMs);
