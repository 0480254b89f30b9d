import { show } from '../base/text.js';
import { at, COUNT, DURATION_MS, numberProblems, RATIO, showMs } from '../base/validate.js';
import { declareFactories } from '../model/adopt.js';
import type { TripContext } from '../model/part.js';
import { SEES_COUNTS } from './sees.js';
import { leaf, type Tripper } from './tripper.js';

/**
 * Are there enough calls to judge?
 *
 * Joined to a rate, so that one failed call of one is not "100 % failed":
 * `MinRequests(20).and(FailureRate(0.5))`. Alone it opens the circuit on traffic, healthy or not. In
 * half_open it is also the evidence: the circuit closes after `count` probes, not after the first good one.
 *
 * @param count calls, a whole number ≥ 1: at least so many successes and failures; ignored and rejected calls
 * are not counted. A bad one is a problem of the part, thrown by whoever is handed it.
 *
 * Gotcha: a `CountWindow(size)` never holds more than `size` calls; a branch that asks for more is refused.
 * To ask for fewer probes than calls, keep the large number to the closed state:
 * `Closed().and(MinRequests(100)).or(HalfOpened().and(MinRequests(10)))`, each joined to its rate.
 * Source: `MinRequests` of the Python library, `minimumNumberOfCalls` of Resilience4j.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { MinRequests, Tally } from 'nestjs-fluxgate';
 *
 * const metric = new Tally();
 * metric.add(20, false);
 * assert.ok(MinRequests(1).isTripped({ metric, state: 'closed', failureStreak: 0, reopens: 0 }));
 * ```
 */
export function MinRequests(count: number): Tripper {
  const text = `MinRequests(${show(count)})`;
  const problems = at(text, numberProblems('count', count, COUNT));
  const calls = problems.length === 0 ? count : 1;
  return leaf({
    text,
    problems,
    test: ({ metric }) => metric.totalCount >= calls,
    measure: ({ metric }) => ({ what: 'MinRequests', value: metric.totalCount, threshold: calls }),
    sees: SEES_COUNTS,
    evidence: calls,
    // Half_open counts its own probes, whatever the window.
    reach: (state, windowCapacity) => (state === 'closed' && calls > windowCapacity ? 'never' : 'maybe'),
  });
}

/**
 * Have too many of the remembered calls failed?
 *
 * The usual rule, for services with steady traffic. With little traffic a rate jumps: join `MinRequests`, or
 * use `FailureStreak`.
 *
 * @param ratio failures ÷ counted calls, in (0, 1]: at least this share. 0.5 is half; 50 is refused. A bad
 * one is a problem of the part, thrown by whoever is handed it.
 *
 * Gotcha: ignored calls are in neither number, rejected ones neither. With nothing remembered it is false.
 * Source: `FailureRate` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { FailureRate, Tally } from 'nestjs-fluxgate';
 *
 * const metric = new Tally();
 * for (const isFailure of [true, false]) metric.add(20, isFailure);
 * assert.ok(FailureRate(0.5).isTripped({ metric, state: 'closed', failureStreak: 0, reopens: 0 }));
 * ```
 */
export function FailureRate(ratio: number): Tripper {
  const text = `FailureRate(${show(ratio)})`;
  return leaf({
    text,
    problems: at(text, numberProblems('ratio', ratio, RATIO)),
    test: ({ metric }) => metric.totalCount > 0 && metric.failureRate >= ratio,
    measure: ({ metric }) => ({ what: 'FailureRate', value: metric.failureRate, threshold: ratio }),
    sees: { ...SEES_COUNTS, leastShare: ratio },
  });
}

/**
 * Have too many calls in a row failed?
 *
 * Opens at once when a dependency is gone, and needs no minimum of calls: `FailureStreak(5).or(…)`. Not for
 * busy services that fail now and then: with 1000 calls in flight 5 failures in a row mean little.
 *
 * @param count failures, a whole number ≥ 1, since the circuit entered its state; a success starts anew, an
 * ignored call changes nothing. A bad one is a problem of the part, thrown by whoever is handed it.
 *
 * Gotcha: it does not look at the window, so the failures may be hours apart. In half_open it counts probes.
 * Source: `FailureStreak` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { FailureStreak, Tally } from 'nestjs-fluxgate';
 *
 * const context = { metric: new Tally(), state: 'closed', failureStreak: 5, reopens: 0 } as const;
 * assert.ok(FailureStreak(5).isTripped(context));
 * ```
 */
export function FailureStreak(count: number): Tripper {
  const text = `FailureStreak(${show(count)})`;
  return leaf({
    text,
    problems: at(text, numberProblems('count', count, COUNT)),
    test: ({ failureStreak }) => failureStreak >= count,
    measure: ({ failureStreak }) => ({ what: 'FailureStreak', value: failureStreak, threshold: count }),
    sees: { ...SEES_COUNTS, leastStreak: count, leastShare: Infinity }, // It looks at no share.
  });
}

/**
 * Have too many of the remembered calls been slow?
 *
 * Opens before slow turns into failed; successes count too. Join `MinRequests`. For a mean instead of a share
 * there is `AvgLatency`, which a few extreme calls can tip.
 *
 * @param ratio slow calls ÷ counted calls, in (0, 1]: at least this share.
 * @param thresholdMs from how many ms a call is slow, > 0: `seconds(1)`. A bad number is a problem of the
 * part, thrown by whoever is handed it.
 *
 * Gotcha: failures have durations and can be slow. Several thresholds in one tripper are fine; each is
 * counted by itself.
 * Source: `SlowRate` of the Python library, there with seconds and without failures.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { SlowRate, Tally } from 'nestjs-fluxgate';
 *
 * const metric = new Tally([1000]);
 * metric.add(1500, false);
 * assert.ok(SlowRate(0.3, 1000).isTripped({ metric, state: 'closed', failureStreak: 0, reopens: 0 }));
 * ```
 */
export function SlowRate(ratio: number, thresholdMs: number): Tripper {
  const text = `SlowRate(${show(ratio)}, ${showMs(thresholdMs)})`;
  const slow = numberProblems('thresholdMs', thresholdMs, DURATION_MS);
  return leaf({
    text,
    problems: at(text, [...numberProblems('ratio', ratio, RATIO), ...slow]),
    test: ({ metric }) => metric.totalCount > 0 && metric.slowRate(thresholdMs) >= ratio,
    measure: ({ metric }) => ({
      what: `SlowRate over ${showMs(thresholdMs)}`,
      value: metric.slowRate(thresholdMs),
      threshold: ratio,
    }),
    slowThresholdsMs: slow.length === 0 ? [thresholdMs] : [],
    sees: { ...SEES_COUNTS, readsTime: true, leastShare: ratio },
  });
}

/**
 * Are the remembered calls too slow on average?
 *
 * For dependencies whose calls take about the same time. Where a few may be slow by nature, use `SlowRate`.
 *
 * @param thresholdMs mean duration in ms, > 0: at least so long. A bad one is a problem of the part, thrown
 * by whoever is handed it.
 *
 * Gotcha: failures count with their duration: many fast ones (connection refused) lower the mean. With
 * nothing remembered it is false. Join `MinRequests`.
 * Source: `AvgLatency` of the Python library, there with seconds and failures as 0.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { AvgLatency, Tally } from 'nestjs-fluxgate';
 *
 * const metric = new Tally();
 * for (const durationMs of [100, 300]) metric.add(durationMs, false);
 * assert.ok(AvgLatency(200).isTripped({ metric, state: 'closed', failureStreak: 0, reopens: 0 }));
 * ```
 */
export function AvgLatency(thresholdMs: number): Tripper {
  const text = `AvgLatency(${showMs(thresholdMs)})`;
  return leaf({
    text,
    problems: at(text, numberProblems('thresholdMs', thresholdMs, DURATION_MS)),
    test: ({ metric }) => metric.totalCount > 0 && metric.avgDurationMs >= thresholdMs,
    measure: ({ metric }) => ({
      what: 'AvgLatency',
      value: metric.avgDurationMs,
      threshold: thresholdMs,
      unit: 'ms',
    }),
    sees: { ...SEES_COUNTS, readsTime: true },
  });
}

/**
 * Do too many calls hang?
 *
 * For a dependency that never answers: such a call never ends, so no rule of ended calls sees it, and without
 * `timeoutMs` nothing ends it. Join it: `FailureStreak(5).or(HungCalls(10, seconds(30)))`.
 *
 * @param count calls, a whole number ≥ 1: at least so many of those that this state of the circuit let in.
 * @param thresholdMs a call hangs that has given nothing for longer than so many ms, > 0: `seconds(30)`. A stream
 * hangs until its first value. A bad number is a problem of the part, thrown by whoever is handed it.
 *
 * Gotcha: no timer opens the circuit. Readings (`explain()`) are exact at any time, but the circuit moves when the next
 * call is asked for, or ends; `changedAt` is that moment. The calls that hang are not ended: for that there is
 * `timeoutMs`, which should be longer than `thresholdMs`, or the calls are over before they hang.
 * Source: the clients that wait for ever by default (docs/clients.md).
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Breaker, HungCalls, seconds } from 'nestjs-fluxgate';
 * import { ManualClock } from 'nestjs-fluxgate/testing';
 *
 * const clock = new ManualClock();
 * const breaker = new Breaker('payments', { tripper: HungCalls(2, seconds(30)) }, { clock });
 * for (let i = 0; i < 2; i++) void breaker.execute(() => new Promise(() => {}));
 * clock.advance(seconds(31));
 * await assert.rejects(breaker.execute(async () => 'paid'), { code: 'CIRCUIT_NOT_PERMITTED' });
 * ```
 */
export function HungCalls(count: number, thresholdMs: number): Tripper {
  const text = `HungCalls(${show(count)}, ${showMs(thresholdMs)})`;
  const wrong = [
    ...numberProblems('count', count, COUNT),
    ...numberProblems('thresholdMs', thresholdMs, DURATION_MS),
  ];
  const hung = ({ hungCount }: TripContext): number => hungCount?.(thresholdMs) ?? 0;
  return leaf({
    text,
    problems: at(text, wrong),
    test: (context) => hung(context) >= count,
    measure: (context) => ({
      what: `HungCalls over ${showMs(thresholdMs)}`,
      value: hung(context),
      threshold: count,
    }),
    sees: {
      readsTime: true,
      leastStreak: Infinity,
      leastShare: Infinity,
      leastHungMs: wrong.length === 0 ? thresholdMs : Infinity,
    },
  });
}

declareFactories(MinRequests, FailureRate, FailureStreak, SlowRate, AvgLatency, HungCalls);
