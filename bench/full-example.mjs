/** The breaker of README's full example. */
export const fullExample = ({ TimeWindow, FailureStreak, MinRequests, FailureRate, SlowRate, seconds }) => ({
  window: TimeWindow(seconds(60)),
  tripper: FailureStreak(5)
    .or(MinRequests(20).and(FailureRate(0.5)))
    .or(MinRequests(20).and(SlowRate(0.3, seconds(1)))),
  timeoutMs: seconds(2),
});
