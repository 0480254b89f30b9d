import { LOGIN } from './wait.mjs';
import { mariadbAnswers } from './mariadb-answers.mjs';
import { postgresAnswers } from './postgres-answers.mjs';

const LONG_S = 60;
const SHORT_MS = 1000;

/**
 * A client of a SQL database. `connect(target)` resolves with a function that runs one statement, as people keep it
 * for many calls; `target` has the login and `keep`, `secure` where it must be TLS, and `timeoutMs` when the client's own short time-out is asked for;
 * `endsQuery: false` when that ends no query.
 */
const sqlSetup = (real, tls, sleep, answersOf) => (setup) => ({
  family: 'SQL',
  faults: 'tcp',
  real,
  tls,
  ownTimeout: true,
  takesSignal: false,
  off: '',
  ...without(setup, 'connect', 'endsQuery'),
  async call(target) {
    const query = await setup.connect({ ...LOGIN, ...target });
    return query('SELECT 1');
  },
  async session(server, { keep }) {
    const query = await setup.connect({ ...server, keep });
    return { quick: () => query('SELECT 1'), slow: () => query(`SELECT ${sleep}(${LONG_S})`) };
  },
  answers: [
    ...answersOf(setup.connect),
    ...(setup.endsQuery === false ? [] : [slowQuery(setup, `SELECT ${sleep}(5)`)]),
  ],
});

/** A query that is longer than the client's own limit. */
const slowQuery = ({ connect }, text) => ({
  name: 'own time-out of a query',
  says: 'timeout',
  call: async (target) => (await connect({ ...target, timeoutMs: SHORT_MS }))(text),
});

export const postgresSetup = sqlSetup('postgres', 'postgres', 'pg_sleep', postgresAnswers);
export const mariadbSetup = sqlSetup('mariadb', 'mysql', 'sleep', mariadbAnswers);

const without = (object, ...names) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
