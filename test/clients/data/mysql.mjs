import mariadb from 'mariadb';
import mysql from 'mysql2/promise';
import { mariadbSetup } from './shared/sql.mjs';

const loginOf = ({ host, port, user, password, database, secure, timeoutMs }) => ({
  host,
  port,
  user,
  password,
  database,
  ...(secure && { ssl: {} }),
  ...(timeoutMs === undefined ? {} : { connectTimeout: timeoutMs }),
});

export const setups = [
  mariadbSetup({
    name: 'mysql2 connection',
    timeout: 'connectTimeout, query({ sql, timeout })',
    package: 'mysql2',
    notes:
      'connectTimeout (10 s) does not end a query: query({ sql, timeout }). A connection that is lost never comes back.',
    async connect(target) {
      const connection = await mysql.createConnection(loginOf(target));
      connection.on('error', () => {});
      target.keep(() => connection.destroy());
      return (sql) => connection.query({ sql, timeout: target.timeoutMs });
    },
  }),
  mariadbSetup({
    name: 'mysql2 pool',
    timeout: 'connectTimeout, query({ sql, timeout })',
    package: 'mysql2',
    notes: 'connectTimeout (10 s) does not end a query: query({ sql, timeout }).',
    async connect(target) {
      const pool = mysql.createPool(loginOf(target));
      target.keep(() => pool.end());
      return (sql) => pool.query({ sql, timeout: target.timeoutMs });
    },
  }),
  mariadbSetup({
    name: 'mariadb pool',
    timeout: 'acquireTimeout, socketTimeout',
    package: 'mariadb',
    off: 'acquireTimeout: 1000',
    notes:
      'The pool tries to connect again until acquireTimeout (10 s) is over, also after a wrong password; why is in the cause. socketTimeout and queryTimeout are off.',
    async connect(target) {
      const { timeoutMs } = target;
      const limit = timeoutMs === undefined ? {} : { acquireTimeout: timeoutMs, socketTimeout: timeoutMs };
      const pool = mariadb.createPool({ ...loginOf(target), ...limit });
      target.keep(() => pool.end());
      return (sql) => pool.query(sql);
    },
  }),
  mariadbSetup({
    name: 'mariadb connection',
    timeout: 'connectTimeout, socketTimeout',
    package: 'mariadb',
    notes: 'connectTimeout (1 s) does not end a query: socketTimeout, queryTimeout.',
    async connect(target) {
      const limit = target.timeoutMs === undefined ? {} : { socketTimeout: target.timeoutMs };
      const connection = await mariadb.createConnection({ ...loginOf(target), ...limit });
      connection.on('error', () => {});
      target.keep(() => connection.destroy());
      return (sql) => connection.query(sql);
    },
  }),
];
