import pg from 'pg';
import postgres from 'postgres';
import { drizzle } from 'drizzle-orm/node-postgres';
import { sql } from 'drizzle-orm';
import { limits } from './shared/postgres-limits.mjs';
import { postgresSetup } from './shared/sql.mjs';

const loginOf = ({ host, port, user, password, database, timeoutMs, secure }) => ({
  host,
  port,
  user,
  password,
  database,
  ...(secure && { ssl: true }),
  ...limits(timeoutMs),
});

function poolOf(target) {
  const pool = new pg.Pool(loginOf(target));
  pool.on('error', () => {});
  target.keep(() => pool.end());
  return pool;
}

const ownLimit = 'Its own time-outs are off: connectionTimeoutMillis and query_timeout.';

export const setups = [
  postgresSetup({
    name: 'pg Client',
    timeout: 'connectionTimeoutMillis, query_timeout',
    package: 'pg',
    notes: `${ownLimit} A client whose connection is lost never comes back; make a new one, or use a Pool.`,
    async connect(target) {
      const client = new pg.Client(loginOf(target));
      client.on('error', () => {});
      target.keep(() => client.end());
      await client.connect();
      return (text) => client.query(text);
    },
  }),
  postgresSetup({
    name: 'pg Pool',
    timeout: 'connectionTimeoutMillis, query_timeout',
    package: 'pg',
    notes: ownLimit,
    async connect(target) {
      const pool = poolOf(target);
      return (text) => pool.query(text);
    },
  }),
  postgresSetup({
    name: 'postgres',
    timeout: 'connect_timeout, in seconds',
    package: 'postgres',
    endsQuery: false,
    notes:
      'It connects again for ever, without a pause, when the server hangs up politely, and nothing turns that off; connect_timeout (30 s) does not end a query.',
    async connect(target) {
      const limit = target.timeoutMs === undefined ? {} : { connect_timeout: target.timeoutMs / 1000 };
      const { host, port, user: username, password, database } = target;
      const tls = target.secure && { ssl: 'verify-full' };
      const options = { host, port, username, password, database, onnotice: () => {}, ...tls, ...limit };
      const client = postgres(options);
      target.keep(() => client.end({ timeout: 0 }));
      return (text) => client.unsafe(text);
    },
  }),
  postgresSetup({
    name: 'drizzle (node-postgres)',
    timeout: 'connectionTimeoutMillis, query_timeout of pg',
    package: 'drizzle-orm',
    notes: `What pg threw is its cause. ${ownLimit}`,
    async connect(target) {
      const db = drizzle({ client: poolOf(target) });
      return (text) => db.execute(sql.raw(text));
    },
  }),
];
