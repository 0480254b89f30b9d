import mssql from 'mssql';
import { Connection, Request } from 'tedious';
import { LOGIN } from './shared/wait.mjs';

/** TLS is what they ask for by default. */
const common = { family: 'SQL', faults: 'tcp', tls: 'tds', ownTimeout: true, takesSignal: false, off: '' };
const connectTimeout =
  "Connecting ends after 15 s by itself, and so does a query (requestTimeout). A server that says it has no TLS is logged in to in the clear, also with encrypt: true: only encrypt: 'strict' begins with TLS.";

export const setups = [
  {
    ...common,
    name: 'mssql',
    timeout: 'connectionTimeout, requestTimeout',
    package: 'mssql',
    notes: `${connectTimeout} What tedious threw is in originalError.`,
    async call({ host, port, timeoutMs, keep }) {
      const limit =
        timeoutMs === undefined ? {} : { connectionTimeout: timeoutMs, requestTimeout: timeoutMs };
      const pool = new mssql.ConnectionPool({ server: host, port, ...LOGIN, ...limit });
      pool.on('error', () => {});
      keep(() => pool.close());
      await pool.connect();
      return pool.request().query('SELECT 1');
    },
  },
  {
    ...common,
    name: 'tedious',
    timeout: 'connectTimeout, requestTimeout',
    package: 'tedious',
    notes: connectTimeout,
    call: ({ host, port, timeoutMs, keep }) =>
      new Promise((resolve, reject) => {
        const { user: userName, password, database } = LOGIN;
        const limit = timeoutMs === undefined ? {} : { connectTimeout: timeoutMs, requestTimeout: timeoutMs };
        const connection = new Connection({
          server: host,
          authentication: { type: 'default', options: { userName, password } },
          options: { port, database, ...limit },
        });
        keep(() => connection.close());
        connection.on('error', reject);
        const done = (error, count) => (error ? reject(error) : resolve(count));
        connection.connect((error) =>
          error ? reject(error) : connection.execSql(new Request('SELECT 1', done)),
        );
      }),
  },
];
