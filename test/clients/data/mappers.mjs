import 'reflect-metadata';
import knex from 'knex';
import { Sequelize } from 'sequelize';
import { DataSource } from 'typeorm';
import { limits } from './shared/postgres-limits.mjs';
import { postgresSetup } from './shared/sql.mjs';

export const setups = [
  postgresSetup({
    name: 'knex (pg)',
    timeout: '.timeout(ms) of a query',
    package: 'knex',
    notes:
      'acquireConnectionTimeout (60 s) ends waiting for a connection, not a query; a query has .timeout(ms).',
    async connect({ host, port, user, password, database, secure, timeoutMs, keep }) {
      const limit = timeoutMs === undefined ? {} : { acquireConnectionTimeout: timeoutMs };
      const connection = { host, port, user, password, database, ...(secure && { ssl: true }) };
      const db = knex({ client: 'pg', connection, ...limit });
      keep(() => db.destroy());
      const timed = (query) => (timeoutMs === undefined ? query : query.timeout(timeoutMs));
      return (text) => timed(db.raw(text));
    },
  }),
  postgresSetup({
    name: 'typeorm (postgres)',
    timeout: 'connectTimeoutMS, extra: { query_timeout }',
    package: 'typeorm',
    notes:
      'A query throws QueryFailedError with what pg threw in driverError. Its time-outs are those of pg: connectTimeoutMS, extra.query_timeout.',
    async connect({ host, port, user: username, password, database, secure, timeoutMs, keep }) {
      const limit =
        timeoutMs === undefined ? {} : { connectTimeoutMS: timeoutMs, extra: { query_timeout: timeoutMs } };
      const tls = secure && { ssl: true };
      const login = { host, port, username, password, database };
      const source = new DataSource({ type: 'postgres', ...login, ...tls, ...limit });
      keep(() => source.isInitialized && source.destroy());
      await source.initialize();
      return (text) => source.query(text);
    },
  }),
  postgresSetup({
    name: 'sequelize (pg)',
    timeout: 'dialectOptions: { connectionTimeoutMillis, query_timeout }',
    package: 'sequelize',
    notes:
      'Its time-outs are those of pg and off: dialectOptions.connectionTimeoutMillis and query_timeout. pool.acquire (60 s) ends neither the first connection nor a query.',
    async connect({ host, port, user, password, database, secure, timeoutMs, keep }) {
      const dialectOptions = { ...limits(timeoutMs), ...(secure && { ssl: true }) };
      const options = { dialect: 'postgres', host, port, logging: false, dialectOptions };
      const db = new Sequelize(database, user, password, options);
      keep(() => db.close());
      return (text) => db.query(text);
    },
  }),
];
