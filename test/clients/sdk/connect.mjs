import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { EmptySchema, file_google_protobuf_empty } from '@bufbuild/protobuf/wkt';

/** A service of one method, made by hand: nothing is generated. */
const method = {
  kind: 'rpc',
  name: 'Ask',
  localName: 'ask',
  methodKind: 'unary',
  input: EmptySchema,
  output: EmptySchema,
  idempotency: 0,
};
const service = {
  kind: 'service',
  typeName: 'shop.Items',
  name: 'Items',
  file: file_google_protobuf_empty,
  methods: [method],
  method: { ask: method },
};
Object.assign(method, { parent: service });

const connect = (name, transport) => ({
  name,
  package: '@connectrpc/connect-node',
  family: 'RPC',
  faults: 'http',
  ownTimeout: true,
  takesSignal: true,
  off: '',
  call: ({ url, signal, timeoutMs }) =>
    createClient(service, transport({ baseUrl: url, httpVersion: '1.1', useBinaryFormat: false })).ask(
      {},
      { signal, timeoutMs },
    ),
});

export const setups = [
  connect('connect-node', createConnectTransport),
  connect('connect-node, gRPC-web', createGrpcWebTransport),
];
