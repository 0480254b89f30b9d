import pg from 'pg';
import { UNDER_WAY_MS, wait } from './wait.mjs';

const raised = (code) => `DO $$ BEGIN RAISE EXCEPTION 'made for a test' USING ERRCODE = '${code}'; END $$`;

const READ_ONLY = `DO $$ BEGIN SET TRANSACTION READ ONLY; UPDATE item SET note = 'c' WHERE id = 1; END $$`;

const STATEMENTS = [
  ['unique violation', 'contrast', `INSERT INTO item VALUES (1, 'again')`],
  ['foreign key violation', 'contrast', 'INSERT INTO part VALUES (1, 999)'],
  ['syntax error', 'contrast', 'SELEC 1'],
  ['read-only transaction', 'contrast', READ_ONLY],
  ['disk full (raised)', 'overload', raised('53100')],
  ['connection failure (raised)', 'transport', raised('08006')],
  ['starting up (raised)', 'transport', raised('57P03')],
];

/**
 * What a well PostgreSQL says no with. The statement is the client's; whoever gets in its way is a session beside it.
 * A statement that the server's own time limit has ended is a time-out: the database was too slow, as the client's own
 * limit would have said. One that somebody has cancelled has the same code and is not.
 */
export function postgresAnswers(connect) {
  const plain = STATEMENTS.map(([name, says, sql]) => ({
    name,
    says,
    call: async (target) => (await connect(target))(sql),
  }));
  const run = (work) => async (target) => work(target, await beside(target), connect);
  return [
    ...plain,
    { name: 'wrong password', says: 'contrast', call: logIn(connect, { password: 'wrong' }) },
    { name: 'unknown database', says: 'contrast', call: logIn(connect, { database: 'nowhere' }) },
    { name: 'too many connections', says: 'overload', call: run(tooMany) },
    { name: 'statement timeout', says: 'timeout', call: run(statementTimeout) },
    { name: 'cancelled by an admin', says: 'contrast', call: run(stopped('pg_cancel_backend')) },
    { name: 'ended by an admin', says: 'transport', call: run(stopped('pg_terminate_backend')) },
    { name: 'lock timeout', says: 'contention', call: run(lockTimeout) },
    { name: 'deadlock', says: 'contention', call: run(deadlock) },
    { name: 'serialization failure', says: 'contention', call: run(serialization) },
  ];
}

const logIn = (connect, wrong) => async (target) => {
  const url = new URL(target.url);
  if (wrong.password) url.password = wrong.password;
  if (wrong.database) url.pathname = `/${wrong.database}`;
  return (await connect({ ...target, ...wrong, url: url.href }))('SELECT 1');
};

/** A session beside that of the client. */
export async function beside({ host, port, user, password, database, keep }) {
  const client = new pg.Client({ host, port, user, password, database });
  client.on('error', () => {});
  keep(() => client.end());
  await client.connect();
  return client;
}

async function tooMany(target, _other, connect) {
  for (let count = 0; count < target.maxConnections; count += 1) {
    try {
      await beside(target);
    } catch {
      break;
    }
  }
  return (await connect(target))('SELECT 1');
}

/** The limit is one of the role's, as people set it, and is set back when the call is over. */
async function statementTimeout(target, other, connect) {
  await other.query(`ALTER ROLE ${target.user} SET statement_timeout = '300ms'`);
  target.keep(() => other.query(`ALTER ROLE ${target.user} RESET statement_timeout`));
  return (await connect(target))('SELECT pg_sleep(5)');
}

const stopped = (how) => async (target, other, connect) => {
  const query = await connect(target);
  const slow = settled(query('SELECT pg_sleep(5)'));
  await wait(UNDER_WAY_MS);
  await other.query(
    `SELECT ${how}(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(5)%' AND pid <> pg_backend_pid()`,
  );
  return (await slow)();
};

async function lockTimeout(target, other, connect) {
  await other.query(`BEGIN; UPDATE item SET note = 'b' WHERE id = 1`);
  const query = await connect(target);
  return query(
    `DO $$ BEGIN SET LOCAL lock_timeout = '100ms'; UPDATE item SET note = 'c' WHERE id = 1; END $$`,
  );
}

/** The client waits first, so its wait is looked at first and it is the one that is chosen. */
async function deadlock(target, other, connect) {
  await other.query(`BEGIN; UPDATE item SET note = 'b' WHERE id = 2`);
  const query = await connect(target);
  const ours = settled(
    query(
      `DO $$ BEGIN UPDATE item SET note = 'c' WHERE id = 1; UPDATE item SET note = 'c' WHERE id = 2; END $$`,
    ),
  );
  await wait(UNDER_WAY_MS);
  other.query(`UPDATE item SET note = 'b' WHERE id = 1`).catch(() => {});
  return (await ours)();
}

async function serialization(target, other, connect) {
  await other.query(`ALTER ROLE ${target.user} SET default_transaction_isolation = 'repeatable read'`);
  target.keep(() => other.query(`ALTER ROLE ${target.user} RESET default_transaction_isolation`));
  const query = await connect(target);
  const ours = settled(
    query(
      `DO $$ BEGIN PERFORM count(*) FROM item; PERFORM pg_sleep(1); UPDATE item SET note = 'c' WHERE id = 1; END $$`,
    ),
  );
  await wait(UNDER_WAY_MS);
  await other.query(`UPDATE item SET note = 'b' WHERE id = 1`);
  return (await ours)();
}

/** A function that gives what the promise gave; until it is called no rejection of it is left unhandled. */
export const settled = async (promise) =>
  Promise.resolve(promise).then(
    (value) => () => value,
    (error) => () => {
      throw error;
    },
  );
