import { createConnection } from 'mysql2/promise';
import { settled } from './postgres-answers.mjs';
import { UNDER_WAY_MS, wait } from './wait.mjs';

const STATEMENTS = [
  ['unique violation', 'contrast', `INSERT INTO item VALUES (1, 'again')`],
  ['foreign key violation', 'contrast', 'INSERT INTO part VALUES (1, 999)'],
  ['syntax error', 'contrast', 'SELEC 1'],
  [
    'read-only transaction',
    'contrast',
    `BEGIN NOT ATOMIC START TRANSACTION READ ONLY; UPDATE item SET note = 'c' WHERE id = 1; END`,
  ],
  ['statement timeout', 'timeout', 'SET STATEMENT max_statement_time = 0.3 FOR SELECT sleep(5)'],
];

/** What a well MariaDB says no with. The statement is the client's; whoever gets in its way is a session beside it. */
export function mariadbAnswers(connect) {
  const plain = STATEMENTS.map(([name, says, sql]) => ({
    name,
    says,
    call: async (target) => (await connect(target))(sql),
  }));
  const run = (work) => async (target) => work(target, await beside(target), connect);
  const logIn = (wrong) => async (target) => (await connect({ ...target, ...wrong }))('SELECT 1');
  return [
    ...plain,
    { name: 'wrong password', says: 'contrast', call: logIn({ password: 'wrong' }) },
    { name: 'unknown database', says: 'contrast', call: logIn({ database: 'nowhere' }) },
    { name: 'too many connections', says: 'overload', call: run(tooMany) },
    { name: 'cancelled by an admin', says: 'contrast', call: run(stopped('KILL QUERY')) },
    { name: 'ended by an admin', says: 'transport', call: run(stopped('KILL CONNECTION')) },
    { name: 'lock timeout', says: 'contention', call: run(lockTimeout) },
    { name: 'deadlock', says: 'contention', call: run(deadlock) },
  ];
}

async function beside({ host, port, user, password, database, keep }) {
  const client = await createConnection({ host, port, user, password, database });
  client.on('error', () => {});
  keep(() => client.destroy());
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

/** A sleep that is interrupted is no error in MariaDB; a query that works is. */
const BUSY = 'SELECT count(*) FROM seq_1_to_100000000000 WHERE seq % 7 = 3';

const stopped = (how) => async (target, other, connect) => {
  const query = await connect(target);
  const slow = settled(query(BUSY));
  await wait(UNDER_WAY_MS);
  const [rows] = await other.query(
    `SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT count(*) FROM seq%'`,
  );
  for (const { id } of rows) await other.query(`${how} ${id}`);
  return (await slow)();
};

async function lockTimeout(target, other, connect) {
  await other.beginTransaction();
  await other.query(`UPDATE item SET note = 'b' WHERE id = 1`);
  const query = await connect(target);
  return query(`SET STATEMENT innodb_lock_wait_timeout = 1 FOR UPDATE item SET note = 'c' WHERE id = 1`);
}

/** The one that has changed fewer rows is chosen: the client. */
async function deadlock(target, other, connect) {
  await other.beginTransaction();
  await other.query(
    `INSERT INTO item VALUES ${[...Array(50).keys()].map((at) => `(${at + 100}, 'b')`).join()}`,
  );
  await other.query(`UPDATE item SET note = 'b' WHERE id = 2`);
  const query = await connect(target);
  const ours = settled(
    query(
      `BEGIN NOT ATOMIC START TRANSACTION; UPDATE item SET note = 'c' WHERE id = 1; UPDATE item SET note = 'c' WHERE id = 2; COMMIT; END`,
    ),
  );
  await wait(UNDER_WAY_MS);
  other.query(`UPDATE item SET note = 'b' WHERE id = 1`).catch(() => {});
  return (await ours)();
}
