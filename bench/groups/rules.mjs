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

const ofWindow = (name, window, fill = 0) => {
  const breaker = filled(new Breaker(name, { window, tripper: FailureStreak(5) }), fill);
  return subject(name, { call: 'await breaker.execute(call)', scope: { breaker, call } });
};

/** Most against least. */
const spread = (rows) => {
  const all = Object.values(rows).map(({ ratio }) => ratio);
  return Math.max(...all) / Math.min(...all);
};

const SIZES = [10, 100, 10_000, 1_000_000];
const SPANS = [
  ['1 s', seconds(1)],
  ['1 min', seconds(60)],
  ['1 h', hours(1)],
  ['24 h', hours(24)],
];

/** The size of a window costs nothing. */
export const countWindows = {
  title: 'The size of the window: calls',
  measure: () => compare(SIZES.map((size) => ofWindow(`CountWindow(${size})`, CountWindow(size), size))),
  checks: (rows) => [atMost(1.2, 'CountWindow, 10 to 1 000 000: most against least', spread(rows))],
};

export const timeWindows = {
  title: 'The size of the window: time',
  measure: () => compare(SPANS.map(([text, sizeMs]) => ofWindow(`TimeWindow(${text})`, TimeWindow(sizeMs)))),
  checks: (rows) => [atMost(1.2, 'TimeWindow, 1 s to 24 h: most against least', spread(rows))],
};

/** Twenty leaves: ten branches of a minimum and a rate, none of them met. */
function twentyLeaves() {
  const branch = (i) => MinRequests(10 + i).and(FailureRate(0.5 + i / 100));
  let tree = branch(0);
  for (let i = 1; i < 8; i++) tree = tree.or(branch(i));
  return tree.or(Closed().and(FailureStreak(50))).or(HalfOpened().and(FailureStreak(5)));
}

const SICK = 'tree of 20 leaves, 1 of 10 fails';

export const tripperTree = {
  title: 'The size of the rule',
  measure: () =>
    compare([
      execute('default tripper', {}),
      execute('tree of 20 leaves', { tripper: twentyLeaves() }),
      sick('default tripper, 1 of 10 fails', {}),
      sick(SICK, { tripper: twentyLeaves() }),
    ]),
  checks: (rows) => [
    atMost(1.4, 'tree of 20 leaves against the default', rows['tree of 20 leaves'].ratio),
    atMost(1.4, `${SICK}, against the default`, rows[SICK].ns / rows['default tripper, 1 of 10 fails'].ns),
  ],
};

/** With failures in the window, so that no rule can be answered by "nothing has failed". */
function sick(name, options) {
  const breaker = new Breaker(name, options);
  return subject(name, {
    call: 'await breaker.execute(call); if (i % 10 === 0) breaker.acquire().fail(error)',
    scope: { breaker, call, error: new Error('down') },
  });
}
