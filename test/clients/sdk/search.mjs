import { Client as Elastic } from '@elastic/elasticsearch';
import { Client as OpenSearch } from '@opensearch-project/opensearch';
import { QdrantClient } from '@qdrant/js-client-rest';
import { createClient } from '@supabase/supabase-js';

const shared = { family: 'SDK', faults: 'http', ownTimeout: true, takesSignal: false };

export const setups = [
  {
    ...shared,
    name: '@elastic/elasticsearch',
    package: '@elastic/elasticsearch',
    takesSignal: true,
    off: 'maxRetries: 0',
    call: ({ url, signal, timeoutMs, keep }) => {
      const client = new Elastic({
        node: url,
        ...(timeoutMs && { requestTimeout: timeoutMs, maxRetries: 0 }),
      });
      keep(() => client.close());
      return client.get({ index: 'items', id: '1' }, { signal });
    },
  },
  {
    ...shared,
    name: '@opensearch-project/opensearch',
    timeout: 'requestTimeout',
    package: '@opensearch-project/opensearch',
    off: 'maxRetries: 0',
    call: ({ url, timeoutMs, keep }) => {
      const client = new OpenSearch({
        node: url,
        ...(timeoutMs && { requestTimeout: timeoutMs, maxRetries: 0 }),
      });
      keep(() => client.close());
      return client.get({ index: 'items', id: '1' });
    },
  },
  {
    ...shared,
    name: '@qdrant/js-client-rest',
    timeout: 'timeout',
    package: '@qdrant/js-client-rest',
    off: '',
    call: ({ url, timeoutMs }) =>
      new QdrantClient({
        url,
        checkCompatibility: false,
        ...(timeoutMs && { timeout: timeoutMs }),
      }).getCollections(),
  },
  supabase('supabase', (query) => query),
  supabase('supabase, throwOnError()', (query) => query.throwOnError()),
];

function supabase(name, finish) {
  return {
    ...shared,
    name,
    package: '@supabase/supabase-js',
    ownTimeout: false,
    takesSignal: true,
    off: '.retry(false)',
    call: async ({ url, signal }) => {
      const query = createClient(url, 'made-up', {
        auth: { persistSession: false, autoRefreshToken: false },
        realtime: { transport: globalThis.WebSocket ?? class {} },
      })
        .from('items')
        .select();
      return finish(signal ? query.abortSignal(signal) : query);
    },
  };
}
