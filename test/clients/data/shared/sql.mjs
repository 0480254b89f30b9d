import { LOGIN } from './wait.mjs';
import { mariadbAnswers } from './mariadb-answers.mjs';
import { postgresAnswers } from './postgres-answers.mjs';

const LONG_S = 60;

/**
 * A client of a SQL database. `connect(target)` resolves with a function that runs one statement, as people keep it
 * for many calls; `target` has the login and `keep`, and `timeoutMs` when the client's own short time-out is asked for.
 */
const sqlSetup = (real, sleep, answersOf) => (setup) => ({
  family: 'SQL',
  faults: 'tcp',
  real,
  ownTimeout: true,
  takesSignal: false,
  off: '',
  ...without(setup, 'connect', 'more'),
  async call(target) {
    const query = await setup.connect({ ...LOGIN, ...target });
    return query('SELECT 1');
  },
  async session(server, { keep }) {
    const query = await setup.connect({ ...server, keep });
    return { quick: () => query('SELECT 1'), slow: () => query(`SELECT ${sleep}(${LONG_S})`) };
  },
  answers: [...answersOf(setup.connect), ...(setup.more ?? [])],
});

export const postgresSetup = sqlSetup('postgres', 'pg_sleep', postgresAnswers);
export const mariadbSetup = sqlSetup('mariadb', 'sleep', mariadbAnswers);

const without = (object, ...names) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
