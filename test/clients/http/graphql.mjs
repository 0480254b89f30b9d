import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client/core';
import { Client, fetchExchange } from '@urql/core';
import { GraphQLClient } from 'graphql-request';
import { withTimeout } from './shared/signal.mjs';

const shared = { family: 'HTTP', faults: 'http', ownTimeout: true, takesSignal: true, off: '' };
const QUERY = '{ items }';

function apollo({ url, signal, timeoutMs, keep }) {
  const client = new ApolloClient({ link: new HttpLink({ uri: url }), cache: new InMemoryCache() });
  keep(() => client.stop());
  const fetchOptions = { signal: withTimeout(signal, timeoutMs) };
  return client.query({ query: gql(QUERY), context: { fetchOptions } });
}

function urql({ url, signal, timeoutMs }) {
  const fetchOptions = { signal: withTimeout(signal, timeoutMs) };
  const client = new Client({ url, exchanges: [fetchExchange], fetchOptions, preferGetMethod: false });
  return client.query(QUERY, {}).toPromise();
}

export const setups = [
  {
    ...shared,
    name: 'graphql-request',
    package: 'graphql-request',
    call: ({ url, signal, timeoutMs }) =>
      new GraphQLClient(url, { signal: withTimeout(signal, timeoutMs) }).request(QUERY),
  },
  { ...shared, name: '@apollo/client', package: '@apollo/client', call: apollo },
  { ...shared, name: '@urql/core', package: '@urql/core', call: urql },
];
