import { atMost } from '../checks.mjs';
import { caught, compare } from '../measure.mjs';
import { Breaker, FailureStreak } from '../package-under-test.mjs';
import { cockatiel, NEVER, opossum, resilience } from '../peers.mjs';
import { fail } from '../work.mjs';

async function measure() {
  const breaker = new Breaker('failing', { tripper: FailureStreak(1e9) });
  return compare([
    caught('bare try/catch', { call: 'await fail()', scope: { fail } }),
    caught('execute', { call: 'await breaker.execute(fail)', scope: { breaker, fail } }),
    caught('opossum', {
      call: 'await peer.fire()',
      scope: { peer: opossum(fail, { errorThresholdPercentage: 100 }) },
    }),
    ...['count', 'sampling', 'consecutive'].map((kind) =>
      // A window full of failures is above any threshold: the volume it asks for is never there.
      caught(`cockatiel ${kind}`, {
        call: 'await peer.execute(fail)',
        scope: { peer: neverOpen(cockatiel(kind, NEVER)), fail },
      }),
    ),
    caught('nestjs-resilience', {
      call: 'await peer.execute()',
      scope: { peer: resilience(fail, { errorThresholdPercentage: 1e9 }) },
      isApart: true,
    }),
  ]);
}

/** Closed, and every call fails: tracked, recorded and judged, by rules that no number of failures meets. */
export const failing = {
  title: 'Closed, async failure, tracked',
  measure,
  checks: (rows) => [atMost(1.5, 'execute against bare try/catch', rows.execute.ratio)],
};

/** Has a cockatiel policy count a failure as ever, and stay closed all the same. */
function neverOpen(policy) {
  const { breaker } = policy.options;
  const { failure } = breaker;
  breaker.failure = (state) => failure.call(breaker, state) && false;
  return policy;
}
