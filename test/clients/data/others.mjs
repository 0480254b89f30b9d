import cassandra from 'cassandra-driver';
import { Client as LdapClient } from 'ldapts';
import memjs from 'memjs';

const common = { faults: 'tcp', ownTimeout: true, takesSignal: false, off: '' };

export const setups = [
  {
    ...common,
    name: 'cassandra-driver',
    timeout: 'socketOptions: { connectTimeout, readTimeout }',
    package: 'cassandra-driver',
    family: 'Document',
    tls: 'cassandra',
    notes:
      'What each host said is in innerErrors, by host. readTimeout is 12 s, connectTimeout 5 s. With `sslOptions: {}` it takes any certificate: say `rejectUnauthorized: true`.',
    async call({ host, port, secure, timeoutMs, keep }) {
      const limit =
        timeoutMs === undefined
          ? {}
          : { socketOptions: { connectTimeout: timeoutMs, readTimeout: timeoutMs } };
      const client = new cassandra.Client({
        contactPoints: [`${host}:${port}`],
        localDataCenter: 'datacenter1',
        ...(secure && { sslOptions: { rejectUnauthorized: true } }),
        ...limit,
      });
      keep(() => client.shutdown());
      return client.execute('SELECT release_version FROM system.local');
    },
  },
  {
    ...common,
    name: 'ldapts',
    timeout: 'timeout, connectTimeout',
    package: 'ldapts',
    family: 'LDAP',
    tls: 'ldap',
    notes: 'Its time-outs are off: timeout and connectTimeout.',
    async call({ host, port, secure, timeoutMs, keep }) {
      const limit = timeoutMs === undefined ? {} : { timeout: timeoutMs, connectTimeout: timeoutMs };
      const client = new LdapClient({ url: `${secure ? 'ldaps' : 'ldap'}://${host}:${port}`, ...limit });
      keep(() => client.unbind());
      await client.bind('cn=app,dc=shop', 'secret');
      return client.search('dc=shop');
    },
  },
  {
    ...common,
    name: 'ldapts, startTLS()',
    package: 'ldapts',
    family: 'LDAP',
    faults: [],
    tls: 'ldapLater',
    ownTimeout: false,
    async call({ host, port, keep }) {
      const client = new LdapClient({ url: `ldap://${host}:${port}` });
      keep(() => client.unbind());
      await client.startTLS();
      return client.search('dc=shop');
    },
  },
  {
    ...common,
    name: 'memjs',
    timeout: 'timeout, in seconds',
    package: 'memjs',
    family: 'Redis',
    off: 'retries: 0',
    notes:
      'timeout is half a second, but nothing ends a call whose connection the server closes politely. It knows no TLS.',
    async call({ host, port, timeoutMs, keep }) {
      const limit = timeoutMs === undefined ? {} : { timeout: timeoutMs / 1000 };
      const client = memjs.Client.create(`${host}:${port}`, { logger: { log: () => {} }, ...limit });
      keep(() => client.close());
      return client.get('key');
    },
  },
];
