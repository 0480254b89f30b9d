import { atMost } from '../checks.mjs';
import { caught, compare } from '../measure.mjs';
import { All, Breaker, FailureStreak, TransientErrors } from '../package-under-test.mjs';

/** A breaker that never opens, and a call that fails with this error each time. */
function failing(name, tracker, error) {
  const breaker = new Breaker(name, { tracker, tripper: FailureStreak(1e9) });
  const fail = async () => {
    await Promise.resolve();
    throw error;
  };
  return caught(name, { call: 'await breaker.execute(fail)', scope: { breaker, fail } });
}

const REFUSED = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const ANSWERED = Object.assign(new Error('try later'), { response: { status: 503 } });
const BELOW = new Error('no such order', { cause: new RangeError('42 is too much') });

async function measure() {
  return compare([
    failing('All()', All(), REFUSED),
    failing('a code of its own', TransientErrors(), REFUSED),
    failing('a status of its own', TransientErrors(), ANSWERED),
    failing('nothing, in two errors', TransientErrors(), BELOW),
  ]);
}

/** Closed, and every call fails: how long `TransientErrors()` looks. */
export const tracking = {
  title: 'Closed, async failure, read by TransientErrors()',
  measure,
  checks: (rows) => [
    atMost(1.5, 'TransientErrors() that finds a code, against All()', rows['a code of its own'].ratio),
    atMost(1.5, 'TransientErrors() that finds a status, against All()', rows['a status of its own'].ratio),
    atMost(3, 'TransientErrors() that looks below for nothing', rows['nothing, in two errors'].ratio),
  ],
};
