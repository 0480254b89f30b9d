import { atMost } from '../checks.mjs';
import { compare, subject } from '../measure.mjs';
import {
  Breaker,
  Closed,
  CountWindow,
  FailureRate,
  FailureStreak,
  HalfOpened,
  hours,
  MinRequests,
  seconds,
  TimeWindow,
} from '../package-under-test.mjs';
import { call } from '../work.mjs';

const execute = (name, options) =>
  subject(name, {
    call: 'await breaker.execute(call)',
    scope: { breaker: new Breaker(name, options), call },
  });

/** A window that has turned once, so that every further call drops an old one. */
function filled(breaker, calls) {
  for (let i = 0; i < calls; i++) breaker.executeSync(() => i);
  return breaker;
}

/** The size of a window costs nothing. */
export async function windowSizes() {
  const of = (name, window, fill = 0) => {
    const breaker = filled(new Breaker(name, { window, tripper: FailureStreak(5) }), fill);
    return subject(name, { call: 'await breaker.execute(call)', scope: { breaker, call } });
  };
  const counts = await compare(
    [10, 100, 10_000, 1_000_000].map((size) => of(`CountWindow(${size})`, CountWindow(size), size)),
  );
  const times = await compare(
    [
      ['1 s', seconds(1)],
      ['1 min', seconds(60)],
      ['1 h', hours(1)],
      ['24 h', hours(24)],
    ].map(([text, sizeMs]) => of(`TimeWindow(${text})`, TimeWindow(sizeMs))),
  );
  const spread = (rows) => {
    const all = Object.values(rows).map(({ ratio }) => ratio);
    return Math.max(...all) / Math.min(...all);
  };
  return {
    title: 'The size of the window',
    rows: { ...counts, ...times },
    checks: [
      atMost(1.2, 'CountWindow, 10 to 1 000 000: most against least', spread(counts)),
      atMost(1.2, 'TimeWindow, 1 s to 24 h: most against least', spread(times)),
    ],
  };
}

/** Twenty leaves: ten branches of a minimum and a rate, none of them met. */
function twentyLeaves() {
  const branch = (i) => MinRequests(10 + i).and(FailureRate(0.5 + i / 100));
  let tree = branch(0);
  for (let i = 1; i < 8; i++) tree = tree.or(branch(i));
  return tree.or(Closed().and(FailureStreak(50))).or(HalfOpened().and(FailureStreak(5)));
}

export async function tripperTree() {
  const rows = await compare([
    execute('default tripper', {}),
    execute('tree of 20 leaves', { tripper: twentyLeaves() }),
    sick('default tripper, 1 of 10 fails', {}),
    sick('tree of 20 leaves, 1 of 10 fails', { tripper: twentyLeaves() }),
  ]);
  const some = 'tree of 20 leaves, 1 of 10 fails';
  return {
    title: 'The size of the rule',
    rows,
    checks: [
      atMost(1.3, 'tree of 20 leaves against the default', rows['tree of 20 leaves'].ratio),
      atMost(1.3, `${some}, against the default`, rows[some].ns / rows['default tripper, 1 of 10 fails'].ns),
    ],
  };
}

/** With failures in the window, so that no rule can be answered by "nothing has failed". */
function sick(name, options) {
  const breaker = new Breaker(name, options);
  return subject(name, {
    call: 'await breaker.execute(call); if (i % 10 === 0) breaker.acquire().fail(error)',
    scope: { breaker, call, error: new Error('down') },
  });
}
