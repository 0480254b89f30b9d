import { describe, expect, it } from '@jest/globals';
import { BadRequestException, ServiceUnavailableException } from '@nestjs/common';

import {
  ContentionErrors,
  HttpStatusIn,
  NetworkErrors,
  OverloadErrors,
  TimeoutErrors,
  type Tracker,
  TransientErrors,
} from '../../../lib/core/trackers/index.js';
import { HOSTILE } from './hostile.js';

/** An error of a class of this name, as clients that are not installed here make them. */
function made(className: string, message: string, fields: object = {}): Error {
  const made = { [className]: class extends Error {} }[className]!;
  return Object.assign(new made(message), fields);
}
const error = (message: string, fields: object = {}): Error => Object.assign(new Error(message), fields);
const plain = (fields: object): unknown => fields;
const grpc = (code: number, details = 'made', message = `${code} made`): Error =>
  error(message, { code, details, metadata: new (class Metadata {})() });
const closeEvent = (code: number): unknown =>
  new (class CloseEvent {
    get code(): number {
      return code;
    }
    get wasClean(): boolean {
      return false;
    }
  })();
const EMPTY = {};
const selfSigned = error('self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });

/** Transport failures, by what tells. */
const NETWORK: [string, unknown][] = [
  ['undici’s text in a client of its own', error('terminated')],
  ['the same in words of its own', error('Startup failed with message: terminated')],
  ['a cut payload', error('Payload stream closed prematurely')],
  ['a server that aborted', error('Server aborted request')],
  ['a cut answer in the words of a client', error('Unexpected response error: Error: aborted')],
  [
    'node-fetch in the words of a client',
    error('Request failed: Invalid response body while trying to fetch http://a/b: Premature close'),
  ],
  ['SFTP that ended', error('getConnection: Unexpected end event', { code: 'ERR_GENERIC_CLIENT' })],
  [
    'an error of Node that was made a text',
    error('{"errno":-111,"code":"ECONNREFUSED","syscall":"connect"}'),
  ],
  ['a WebSocket that broke', closeEvent(1006)],
  ['the same below', error('Unknown error', { cause: closeEvent(1012) })],
  ['a made-up status beside its code', error('terminated', { status: 500, code: 500, request: {} })],
  ['InfluxDB, cut off', error('Response aborted', { name: 'AbortError' })],
  [
    'socket.io by its request',
    made('TransportError', 'xhr poll error', {
      context: new (class XMLHttpRequest {
        statusText = error('connect ECONNREFUSED', { code: 'ECONNREFUSED' });
      })(),
    }),
  ],
  [
    'Boom that makes up a status',
    error('Client request error', { code: 'ECONNREFUSED', output: { statusCode: 502 } }),
  ],
  ['an error under details', error('x', { details: [error('y', { code: 'ECONNRESET' })] })],
  ['an error under data', error('x', { data: { error: error('y', { code: 'ECONNREFUSED' }) } })],
  ['an error under body', error('x', { body: error('y', { code: 'ECONNREFUSED' }) })],
  ['an error in a Set', error('x', { attempts: new Set([error('y', { code: 'ECONNREFUSED' })]) })],
  [
    'AMQP that is told to go',
    error('Connection closed: 320 (CONNECTION-FORCED) with message "broker forced"', { code: 320 }),
  ],
  ['Redis without its sentinels', error('All sentinels are unreachable. Retrying from scratch')],
  ['a poll of socket.io', made('TransportError', 'xhr poll error', { description: 0 })],
  [
    'an error in a plain object, beside a cause',
    error('x', { cause: error('y'), ctx: { error: error('z', { code: 'ECONNREFUSED' }) } }),
  ],
  [
    'the second of a list of plain objects',
    error('x', { attempts: [{ error: error('y') }, { error: error('z', { code: 'ECONNRESET' }) }] }),
  ],
  ['a made-up status beside a code', made('MailgunAPIError', 'ECONNREFUSED', { status: 400 })],
  ['a cluster without a node', error('None of startup nodes is available')],
  ['a number that says nothing', error('connection has ended', { code: 9 })],
  [
    'Unreachable hosts - your application id may be incorrect.',
    error('Unreachable hosts - your application id may be incorrect.'),
  ],
  [
    'knex, behind a long statement',
    error(`select ${'a, '.repeat(300)} - Connection terminated unexpectedly`),
  ],
  ['This socket has been ended by the other party', error('This socket has been ended by the other party')],
  [
    'WebSocket was closed before the connection was established',
    error('WebSocket was closed before the connection was established'),
  ],
  ['SSL connection has been closed unexpectedly', error('SSL connection has been closed unexpectedly')],
  [
    'upstream connect error or disconnect/reset before headers',
    error('upstream connect error or disconnect/reset before headers'),
  ],
  ['the database system is starting up', error('the database system is starting up')],
  ['temporary failure in name resolution', error('temporary failure in name resolution')],
  [
    'terminating connection due to administrator command',
    error('terminating connection due to administrator command'),
  ],
  ['broken pipe', error('broken pipe')],
  ['Oracle', error('x', { code: 'ORA-12541' })],
  [
    'Prisma below meta, by its kind',
    error('Raw query failed', {
      code: 'P2010',
      meta: { driverAdapterError: error('x', { cause: { kind: 'ConnectionClosed' } }) },
    }),
  ],
  ['mqtt', error("Couldn't connect to server")],
  [
    'Azure that was cut off',
    made('RestError', 'Error reading response as text: aborted', { code: 'PARSE_ERROR' }),
  ],
  [
    'a cut stream of Connect',
    made('ConnectError', '[canceled] http/2 stream closed with error code CANCEL (0x8)', {
      name: 'ConnectError',
      code: 1,
    }),
  ],
  ['a cut stream of gRPC', grpc(13, 'x', '13 INTERNAL: Received RST_STREAM with code 2')],
  ['a code of Node', error('connect', { code: 'ECONNREFUSED' })],
  ['a negative errno', error('connect', { errno: process.platform === 'darwin' ? -61 : -111 })],
  ['an errno that is a text', made('FetchError', 'reason', { errno: 'ECONNRESET' })],
  ['a code in originalCode', error('lost', { code: 'ESOCKET', originalCode: 'ECONNRESET' })],
  ['a code under detail', made('StripeConnectionError', 'x', { detail: error('y', { code: 'EPIPE' }) })],
  ['a code under a property nobody knows', error('x', { whatHappened: error('y', { code: 'ECONNRESET' }) })],
  ['an errno word in a text', made('ConnectionError', 'connect ECONNREFUSED 127.0.0.1:9200')],
  [
    'axios that was cut off',
    error('stream has been aborted', { code: 'ERR_BAD_RESPONSE', status: 200, response: { status: 200 } }),
  ],
  [
    'a stream of HTTP/2 that was cancelled',
    error('x', { code: 'ERR_HTTP2_STREAM_CANCEL', cause: error('y', { code: 'ECONNREFUSED' }) }),
  ],
  ['a cut-off body', error('Premature close', { code: 'ERR_STREAM_PREMATURE_CLOSE' })],
  ['a broken stream of HTTP/2', error('Stream closed', { code: 'ERR_HTTP2_STREAM_ERROR' })],
  [
    'a parser that meets the end',
    made('HTTPParserError', 'Invalid EOF state', { code: 'HPE_INVALID_EOF_STATE' }),
  ],
  ['the same without a code', made('HTTPParserError', 'Invalid EOF state')],
  ['a code of its own that says network', error('x', { code: 'app/network-error' })],
  ['a code of its own that says closed', error('write CONNECTION_CLOSED', { code: 'CONNECTION_CLOSED' })],
  ['mysql2', error('Connection lost', { code: 'PROTOCOL_CONNECTION_LOST', fatal: true })],
  ['SQLSTATE 08', error('x', { code: '08006' })],
  [
    'SQLSTATE 57P below a mapper',
    made('DrizzleQueryError', 'Failed query', { cause: error('x', { code: '57P01' }) }),
  ],
  [
    'SQLSTATE 57P of a driver error',
    made('QueryFailedError', 'x', { driverError: error('x', { code: '57P02' }) }),
  ],
  ['an SQL state beside a number', error('x', { errno: 1927, sqlState: '70100' })],
  ['Prisma', error('x', { code: 'P1001' })],
  [
    'Prisma below meta',
    error('Raw query failed', {
      code: 'P2010',
      meta: { driverAdapterError: error('x', { cause: { kind: 'postgres', originalCode: '57P01' } }) },
    }),
  ],
  [
    'mssql',
    error('Connection lost', {
      code: 'ESOCKET',
      originalError: error('x', { cause: error('y', { code: 'ECONNRESET' }) }),
    }),
  ],
  ['pg', error('Connection terminated unexpectedly')],
  ['pg that is gone', error('Client has encountered a connection error and is not queryable')],
  ['mysql2 that is gone', error("Can't add new command when connection is in closed state")],
  ['ioredis', made('MaxRetriesPerRequestError', 'Reached the max retries per request limit (which is 20).')],
  ['ioredis without a queue', error("Stream isn't writeable and enableOfflineQueue options is false")],
  ['node-redis', made('SocketClosedUnexpectedlyError', 'Socket closed unexpectedly')],
  ['node-redis offline', made('ClientOfflineError', 'The client is offline')],
  ['amqplib', error('Socket closed abruptly during opening handshake')],
  ['amqplib later', made('IllegalOperationError', 'Channel closed')],
  ['kafkajs', made('KafkaJSNumberOfRetriesExceeded', 'Closed connection')],
  ['nats', made('ConnectionError', 'error connecting - node provided an undefined error')],
  ['nats later', made('RequestError', 'connection disconnected')],
  ['mqtt', error("Couldn't connect to server")],
  ['a database that cannot be reached', error('Cannot connect to the database')],
  ['mongodb', made('MongoServerSelectionError', 'connection <monitor> to 127.0.0.1:1 closed')],
  [
    'mongoose',
    made('MongooseServerSelectionError', 'x', {
      reason: new (class TopologyDescription {
        servers = new Map([
          [
            'db:1',
            new (class ServerDescription {
              error = error('y', { cause: error('z', { code: 'ENOTFOUND' }) });
            })(),
          ],
        ]);
      })(),
    }),
  ],
  [
    'cassandra',
    made('NoHostAvailableError', 'All hosts tried', {
      innerErrors: { 'db:1': error('x', { code: 'ECONNRESET' }) },
    }),
  ],
  ['gRPC 14', grpc(14)],
  [
    'Connect 14',
    made('ConnectError', '[unavailable] x', { name: 'ConnectError', code: 14, rawMessage: 'x' }),
  ],
  ['a long text', error(`connection lost ${'x '.repeat(400)}`)],
  ['a string of a broker', 'Error: Connection lost. Trying to reconnect...'],
  ['a plain object of a broker', plain({ err: error('x', { code: 'ECONNREFUSED' }), url: 'amqp://x' })],
  [
    'a plain object of a broker with a text',
    plain({ err: error('Socket closed abruptly during opening handshake') }),
  ],
  ['the proxy of Nest', error('Connection closed')],
  ['the proxy of Nest for Redis', error('Connection is closed.')],
  ['a plain object that has a code', error('x', { info: { code: 'ECONNRESET' } })],
  [
    'a list with the same twice',
    error('x', { cause: 5, attempts: [EMPTY, EMPTY, { err: error('y', { code: 'EPIPE' }) }] }),
  ],
  ['an array', error('x', { attempts: [{ statusCode: 1 }, error('y', { code: 'ECONNRESET' })] })],
  ['a Map', error('x', { byHost: new Map([['a', error('y', { code: 'ECONNRESET' })]]) })],
  [
    'the 32nd of an array',
    error('x', { attempts: [...Array.from({ length: 31 }, () => ({})), error('y', { code: 'EPIPE' })] }),
  ],
  ['a cause that is a text', error('x', { cause: 'socket hang up' })],
  [
    'a good status of an answer that was cut off',
    error('x', { code: 'ECONNRESET', response: { status: 200 } }),
  ],
  [
    'an exception of Nest with the reason',
    new ServiceUnavailableException('x', { cause: error('y', { code: 'ECONNRESET' }) }),
  ],
];

/** Time-outs of the client. */
const TIMEOUTS: [string, unknown][] = [
  ['the text of a signal', error('The operation was aborted due to timeout')],
  ['a control socket', error('Timeout (control socket)')],
  ['a reply', error('reply timeout')],
  ['a network', error('fetchError: network timeout')],
  ['the word alone', error('"timeout"')],
  ['an error of Node that was made a text', error('{"code":"ESOCKETTIMEDOUT","connect":false}')],
  [
    'a time-out of a signal in a list',
    error('x', { attempts: [new DOMException('too late', 'TimeoutError')] }),
  ],
  ['AbortSignal.timeout()', new DOMException('too late', 'TimeoutError')],
  ['a code', error('x', { code: 'UND_ERR_HEADERS_TIMEOUT' })],
  ['a code of its own', error('x', { code: 'CONNECT_TIMEOUT' })],
  ['a class', made('APIConnectionTimeoutError', 'Request timed out.')],
  ['a class that says impl', made('TimeoutErrorImpl', 'Timeout has occurred')],
  ['a name', Object.assign(new Error('late'), { name: 'TimeoutError' })],
  ['a class without a text', made('TimeoutError', '')],
  ['axios', error('timeout of 5 ms exceeded', { code: 'ECONNABORTED' })],
  [
    'axios that was cancelled',
    error('canceled', { code: 'ERR_CANCELED', config: { signal: { reason: { name: 'TimeoutError' } } } }),
  ],
  [
    'gaxios that was aborted',
    made('GaxiosError', 'aborted', { config: { signal: { reason: { name: 'TimeoutError' } } } }),
  ],
  ['an abort with that reason', made('AbortError', 'x', { cause: new DOMException('x', 'TimeoutError') })],
  ['an abort with that text', made('CanceledError', 'The operation was aborted due to timeout')],
  ['gRPC 4', grpc(4)],
  ['pg', error('Query read timeout')],
  ['pg while it connects', error('timeout expired')],
  ['ioredis', error('Command timed out')],
  ['amqp-connection-manager', error('timeout')],
  ['a text with an errno that says late', error('connect ETIMEDOUT 10.0.0.1:443')],
  ['mqtt', error('connack timeout')],
  ['mongoose', made('MongooseError', 'Operation `as.findOne()` buffering timed out after 10000ms')],
  ['knex', made('KnexTimeoutError', 'Knex: Timeout acquiring a connection.')],
];

const OVERLOAD: [string, unknown][] = [
  ['a WebSocket of a busy server', closeEvent(1013)],
  ['a status in words', error('429: Too Many Requests')],
  ['a service in words', error('Service unavailable, message: try later')],
  ['a body as a text', error('{"error":{"message":"Too many requests"}}')],
  ['MISCONF', error('MISCONF Redis is configured to save RDB snapshots, but it is unable to persist')],
  ['NOREPLICAS', error('NOREPLICAS Not enough good replicas to write.')],
  ['AMQP without resources', error('Channel closed: 506 (RESOURCE-ERROR) with message "x"', { code: 506 })],
  [
    'AWS SDK 2, throttled',
    error('Rate exceeded', { code: 'ThrottlingException', name: 'ThrottlingException', statusCode: 400 }),
  ],
  [
    'Google, throttled by 403',
    error('Rate exceeded', { status: 403, errors: [{ reason: 'userRateLimitExceeded' }], code: 403 }),
  ],
  ['Azure SQL, busy', made('RequestError', 'x', { code: 'EREQUEST', number: 40501 })],
  ['a thrown text with a status 429', 'Request failed with status code 429'],
  ['gRPC 8 in a text', made('GRPCResourceExhastedError', '8 RESOURCE_EXHAUSTED: too many')],
  ['Too Many Requests', error('Too Many Requests')],
  ['Service Unavailable', error('Service Unavailable')],
  ['sorry, too many clients already', error('sorry, too many clients already')],
  ['a 429', plain({ response: { status: 429 } })],
  ['a 529', made('OverloadedError', 'x', { status: 529 })],
  ['SQLSTATE 53', error('sorry, too many clients already', { code: '53300' })],
  [
    'MySQL 1040',
    error('Too many connections', { code: 'ER_CON_COUNT_ERROR', errno: 1040, sqlState: '08004' }),
  ],
  ['Prisma', error('x', { code: 'P2037' })],
  ...[
    'LOADING Redis is loading',
    'BUSY Redis is busy',
    'MASTERDOWN Link',
    'CLUSTERDOWN The cluster',
    'TRYAGAIN x',
    'OOM command not allowed',
  ].map((text): [string, unknown] => [text, made('SimpleError', text)]),
  ['Redis that is full', error('ERR max number of clients reached')],
  ['gRPC 8', grpc(8)],
  ['gRPC 14', grpc(14)],
  ['a set of labels', made('MongoServerError', 'x', { errorLabelSet: new Set(['SystemOverloadedError']) })],
  ['a label of MongoDB', made('MongoServerError', 'x', { errorLabels: ['SystemOverloadedError'] })],
  ['an event of Anthropic', made('APIError', 'x', { type: 'overloaded_error', error: {} })],
  [
    'an event below',
    made('APIError', 'x', { error: { type: 'error', error: { type: 'rate_limit_error' } } }),
  ],
  ['an event of OpenAI', made('APIError', 'x', { code: 'server_error' })],
  ['Bedrock', Object.assign(new Error('x'), { name: 'ThrottlingException', $fault: 'client' })],
  ['Bedrock in mid-stream', Object.assign(new Error('x'), { name: 'ModelStreamErrorException' })],
  [
    'AWS, with its 400',
    error('x', {
      name: 'ProvisionedThroughputExceededException',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
    }),
  ],
  ['AWS that says so', error('x', { $retryable: { throttling: true }, $metadata: { httpStatusCode: 400 } })],
  ['a class', made('QdrantClientResourceExhaustedError', 'x')],
  ['SMTP 421', error('x', { code: 'EENVELOPE', responseCode: 421 })],
];

const CONTENTION: [string, unknown][] = [
  ['SQL Server, a deadlock', made('RequestError', 'x', { code: 'EREQUEST', number: 1205 })],
  ['SQL Server, a lock', made('RequestError', 'x', { code: 'EREQUEST', number: 1222 })],
  [
    'Lock wait timeout exceeded; try restarting transaction',
    error('Lock wait timeout exceeded; try restarting transaction'),
  ],
  [
    'could not serialize access due to concurrent update',
    error('could not serialize access due to concurrent update'),
  ],
  ['SQLite', error('x', { code: 'SQLITE_BUSY' })],
  ...['40001', '40P01', '55P03', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'P2034'].map(
    (code): [string, unknown] => [code, error('x', { code })],
  ),
  ['MySQL 1213 without a name', error('x', { errno: 1213, sqlState: '40001' })],
  ['MongoDB', made('MongoServerError', 'x', { code: 112, codeName: 'WriteConflict' })],
  ['a label', made('MongoServerError', 'x', { errorLabels: ['TransientTransactionError'] })],
  ['below a mapper', made('DrizzleQueryError', 'x', { cause: error('y', { code: '40001' }) })],
  ['gRPC 10', grpc(10)],
];

const SERVER: [string, unknown][] = [
  ['a WebSocket of a server that failed', closeEvent(1011)],
  ['a status with its name', error('503: Service Unavailable')],
  ['the same of a client', error('Request processing failed: Zendesk Error (500): Internal Server Error')],
  ['the same in a page', error('<html><head><title>502 Bad Gateway</title></head></html>')],
  ['a status in a body as a text', error('{"statusCode":503,"message":"Service Unavailable"}')],
  ['an HTTP response in words', error('Unexpected HTTP response: 502')],
  ['a server error', error('Server Error')],
  ['Azure SQL, not there now', made('RequestError', 'x', { code: 'EREQUEST', number: 40613 })],
  ['AMQP that failed', error('Connection closed: 541 (INTERNAL-ERROR) with message "x"', { code: 541 })],
  ['Boom', error('x', { isBoom: true, output: { statusCode: 503 } })],
  ['tRPC', made('TRPCClientError', 'x', { meta: { response: new Response(null, { status: 503 }) } })],
  ['a status beside a request and headers', error('x', { statusCode: 503, request: {}, headers: {} })],
  ['a name with a status', error('{}', { name: '503 Service Unavailable' })],
  [
    'a number that its text calls a status',
    made('ApiException', 'HTTP-Code: 503 Message: Unknown', { code: 503, body: '' }),
  ],
  ['gRPC 13 in a text', error('13 INTERNAL: x')],
  ['an event source', error('Non-200 status code (503)', { code: 503 })],
  ['Bad Gateway', error('Bad Gateway')],
  ['Internal Server Error', error('Internal Server Error')],
  ['ws', error('Unexpected server response: 503')],
  ['a 500', plain({ status: 500 })],
  ['gRPC 13', grpc(13)],
  ['a handler of a microservice that threw', plain({ status: 'error', message: 'Internal server error' })],
];

/** Of the database's own time limit. */
const SLOW: [string, unknown][] = [
  ['SQLSTATE 57014', error('canceling statement due to statement timeout', { code: '57014' })],
  [
    'MariaDB',
    error('Query execution was interrupted (max_statement_time exceeded)', {
      errno: 1969,
      sqlState: '70100',
    }),
  ],
  ['MongoDB', error('x', { codeName: 'MaxTimeMSExpired' })],
];

/** What does not pass by waiting, and the caller's own. */
const CONTRAST: [string, unknown][] = [
  ['a server without TLS', made('ConnectionError', "server does not support 'tls'")],
  ['the same of Postgres', made('ConnectionError', 'The server does not support SSL connections')],
  [
    'the same of Mongoose',
    made(
      'MongooseServerSelectionError',
      'connecting with SSL enabled, but the server is not accepting SSL connections',
      {
        reason: { servers: new Map([['a', { error: error('x', { code: 'ECONNRESET' }) }]]) },
      },
    ),
  ],
  ['a WebSocket that was closed for its message', closeEvent(1008)],
  ['a WebSocket that said farewell', closeEvent(1000)],
  ['a body that quotes', error('{"error":{"message":"webhook failed: connect ECONNREFUSED 10.0.0.1:80"}}')],
  [
    'a 400 in words that quotes',
    error('Zendesk Error (400): Bad Request - webhook failed: connect ECONNREFUSED 10.0.0.1:80'),
  ],
  ['a room', error('Room 500 not found')],
  [
    'TLS below Boom',
    error('Client request error', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT', output: { statusCode: 502 } }),
  ],
  [
    'TLS below socket.io',
    made('TransportError', 'xhr poll error', {
      context: new (class XMLHttpRequest {
        statusText = selfSigned;
      })(),
    }),
  ],
  [
    'TLS below Algolia',
    made('RetryError', 'Unreachable hosts - your application id may be incorrect.', {
      stackTrace: [{ request: {}, response: { status: 0, content: 'self-signed certificate' }, host: {} }],
    }),
  ],
  [
    'TLS in the middle of a long text',
    error(
      `Failed to connect to server. ${'x'.repeat(260)} Server certificate is not trusted. ${'y'.repeat(300)}`,
    ),
  ],
  ['a foreign server of Postgres', error('connect ECONNREFUSED', { code: 'HV000' })],
  ['a missing queue of AMQP', error('Channel closed: 404 (NOT-FOUND) with message "x"', { code: 404 })],
  ['a constraint of SQL Server', made('RequestError', 'x', { code: 'EREQUEST', number: 2627 })],
  ['a long chain of certificates', made('ConnectionError', 'x', { code: 'PATH_LENGTH_EXCEEDED' })],
  ['a certificate of another host', made('ConnectionError', 'Hostname mismatch')],
  ['a reservation', error('Reservation timed out')],
  ['a tenant', error('No connection for tenant acme')],
  ['a channel of people', error('Channel general was closed')],
  ...['OTP_TIMEOUT', 'SESSION_TIMEOUT', 'RESERVATION_TIMEOUT'].map((code): [string, unknown] => [
    code,
    error('x', { code }),
  ]),
  ['what a validation was given', made('ValidationError', 'x', { value: { code: 'ECONNRESET' } })],
  ['a text of a status of its own', plain({ statusCode: '400', message: 'connect ECONNREFUSED' })],
  ['a thrown text with a status 404', 'Request failed with status code 404: connect ECONNREFUSED'],
  [
    'TLS of gRPC',
    grpc(14, 'x', '14 UNAVAILABLE: No connection established. Last error: Error: self-signed certificate'),
  ],
  [
    'TLS of MongoDB',
    made('MongoServerSelectionError', 'self-signed certificate', {
      cause: made('MongoNetworkError', 'x', {
        errorLabelSet: new Set(['SystemOverloadedError']),
        cause: selfSigned,
      }),
    }),
  ],
  [
    'an answer whose cause is its body',
    error('x', { response: { status: 400 }, cause: { error: { code: 'ECONNREFUSED' } } }),
  ],
  [
    'socket.io on a 404',
    made('TransportError', 'websocket error', {
      description: { message: 'Unexpected server response: 404' },
    }),
  ],
  ['socket.io on a 401', made('TransportError', 'x', { description: 401 })],
  ['a JSON text that is none', new SyntaxError('"connection timed out" is not valid JSON')],
  ['a wrong time-out', made('InvalidTimeoutError', 'x')],
  ['a configuration of limits', made('RateLimitConfigError', 'x')],
  ['a session', error('User session timed out')],
  ['Zip code: 500 is wrong', error('Zip code: 500 is wrong')],
  ['Order status 500 is unknown', error('Order status 500 is unknown')],
  [
    'Request failed: 404 upstream connection refused',
    error('Request failed: 404 upstream connection refused'),
  ],
  [
    'GET /x returned 400 Bad Request: connect ECONNREFUSED 127.0.0.1',
    error('GET /x returned 400 Bad Request: connect ECONNREFUSED 127.0.0.1'),
  ],
  [
    'Bad Request: webhook url test failed: connect ECONNREFUSED',
    error('Bad Request: webhook url test failed: connect ECONNREFUSED'),
  ],
  ['a status that is a text', error('connect ECONNREFUSED', { status: '400' })],
  ['a coupon', error('Coupon is void', { coupon: { code: 'TIMEOUT10', status: 503 } })],
  ['an entity that is called so', error('x', { truck: { code: 'overloaded' } })],
  ['a validation', made('ZodError', 'connection refused')],
  [
    'an entity that was not found',
    made('EntityNotFoundError', 'Could not find any "Connection" that was closed'),
  ],
  [
    'a duplicate of MongoDB',
    made('MongoServerError', 'E11000 duplicate key: connection index closed', { code: 11000 }),
  ],
  [
    'a login of MongoDB',
    made('MongoServerError', 'Authentication failed.', {
      code: 18,
      errorLabelSet: new Set(['HandshakeError', 'ResetPool']),
    }),
  ],
  ['a login of MQTT', error('Connection refused: Bad username or password', { code: 4 })],
  ['a stream that the application ended', error('x', { code: 'ERR_STREAM_DESTROYED' })],
  ['an error of one’s own upstream', made('UpstreamError', 'x')],
  ['gRPC 3 in a text that quotes', error('3 INVALID_ARGUMENT: connect ECONNREFUSED 10.0.0.1:443')],
  ['a number like a status', error('connection closed', { code: 404 })],
  ['Account not connected', error('Account not connected')],
  ['Failed to connect account', error('Failed to connect account')],
  ['Could not connect wallet: user rejected', error('Could not connect wallet: user rejected')],
  ['Could not reach agreement', error('Could not reach agreement')],
  ['Issue is in a closed state', error('Issue is in a closed state')],
  ['The position was closed prematurely', error('The position was closed prematurely')],
  ['Poll timeout', error('Poll timeout')],
  ['Timeout value too large', error('Timeout value too large')],
  ['BUSY signal', error('BUSY signal')],
  ['READONLY file', error('READONLY file')],
  ['Electrical socket is broken', error('Electrical socket is broken')],
  ['Your session timed out', error('Your session timed out')],
  ['Premature end of input', error('Premature end of input')],
  ['getaddrinfo is not a function', error('getaddrinfo is not a function')],
  ['User disconnected their account', error('User disconnected their account')],
  [
    'the words in the middle of a very long text',
    error(`${'x '.repeat(300)}connection lost${' x'.repeat(300)}`),
  ],
  ['user disconnected', error('user disconnected')],
  ['Your connection request to Bob was refused', error('Your connection request to Bob was refused')],
  ['no connection string was given', error('no connection string was given')],
  ['Missing DATABASE_URL: cannot connect', error('Missing DATABASE_URL: cannot connect')],
  ['timeout is not defined', error('timeout is not defined')],
  ['status 500 is not a valid status', error('status 500 is not a valid status')],
  ['Session terminated: please log in again', error('Session terminated: please log in again')],
  ['connection pool is closed', error('connection pool is closed')],
  ['stream is closed', error('stream is closed')],
  ['HTTP 404', error('HTTP 404')],
  ['Unexpected status code: 404', error('Unexpected status code: 404')],
  [
    "Cannot read properties of undefined (reading 'connection')",
    error("Cannot read properties of undefined (reading 'connection')"),
  ],
  [
    'the same by axios',
    plain({ response: { status: 429, data: { error: { code: 'insufficient_quota' } } } }),
  ],
  [
    'the same in a body that is a text',
    made('E', '429', { statusCode: 429, body: '{"type":"insufficient_quota"}' }),
  ],
  [
    'the same in a text',
    made('SDKError', 'API error: Status 429. Body: {"type":"insufficient_quota"}', { statusCode: 429 }),
  ],
  [
    'the same, one level deeper',
    made('RateLimitError', '429', { status: 429, error: { error: { type: 'insufficient_quota' } } }),
  ],
  ['a self-signed certificate', selfSigned],
  ['the same below axios over fetch', error('Network Error', { code: 'ERR_NETWORK', cause: selfSigned })],
  [
    'the same below a connection error',
    made('ConnectionError', 'x', { cause: error('fetch failed', { cause: selfSigned }) }),
  ],
  ['the same below a stream of HTTP/2', error('x', { code: 'ERR_HTTP2_STREAM_CANCEL', cause: selfSigned })],
  ['the same in words alone', made('ConnectionError', 'self-signed certificate')],
  ['TLS to a plain server', error('x', { code: 'EPROTO', errno: -71 })],
  ['the same in the code of another', error('connection lost', { code: 'HANDSHAKE_SSL_ERROR' })],
  [
    'a wrong password of a mapper',
    made('SequelizeAccessDeniedError', 'x', { parent: error('y', { code: '28P01' }) }),
  ],
  [
    'a pool that waits for a wrong password',
    error('pool failed to retrieve a connection', {
      code: 'ER_GET_CONNECTION_TIMEOUT',
      cause: error('y', { code: 'ER_ACCESS_DENIED_ERROR' }),
    }),
  ],
  ['a wrong password of a broker', made('ConnectionError', 'Authentication failed: connection closed')],
  ...['23505', '42601', '42P01', '22001', '3D000', 'ER_DUP_ENTRY', 'ER_PARSE_ERROR', 'P2002'].map(
    (code): [string, unknown] => [code, error('duplicate key', { code })],
  ),
  [
    'an answer of the database in the words of a lost connection',
    error('connection lost', { code: '23505' }),
  ],
  ['a query that somebody cancelled', error('canceling statement due to user request', { code: '57014' })],
  ['WRONGTYPE', made('ReplyError', 'WRONGTYPE Operation against a key holding the wrong kind of value')],
  ['NOAUTH', made('ReplyError', 'NOAUTH Authentication required.')],
  ['BUSYGROUP', made('ReplyError', 'BUSYGROUP Consumer Group name already exists')],
  ...[3, 5, 12, 16, 7, 6, 9, 11].map((code): [string, unknown] => [`gRPC ${code}`, grpc(code)]),
  [
    'Connect 5',
    made('ConnectError', '[not_found] x', { name: 'ConnectError', code: 5, rawMessage: 'x', details: [] }),
  ],
  [
    'TLS below Connect',
    made('ConnectError', '[internal] x', { name: 'ConnectError', code: 13, cause: selfSigned }),
  ],
  ['a name that nobody chose', made('X', 'x', { code: 99, name: 'ConnectError' })],
  ['a number that is not of gRPC', error('x', { code: 14 })],
  ['a missing queue', error('Operation failed: QueueDeclare; 404 (NOT-FOUND)', { code: 404 })],
  ['an AbortError', new DOMException('aborted', 'AbortError')],
  ['a cancellation', error('canceled', { code: 'ERR_CANCELED', name: 'CanceledError' })],
  [
    'an abort with the caller’s reason',
    made('AbortError', 'x', { cause: error('the connection was closed by the user') }),
  ],
  [
    'an abort below the name of a lost connection',
    made('ConnectionError', 'x', { cause: made('AbortError', 'y') }),
  ],
  ['a 404', plain({ status: 404 })],
  [
    'a 400 that quotes',
    made('BadRequestError', '400 upstream said connect ECONNREFUSED', {
      status: 400,
      error: { code: 'ECONNREFUSED' },
    }),
  ],
  [
    'a 400 with a body that quotes',
    error('x', { response: { status: 400, data: { code: 'ETIMEDOUT' } }, status: 400 }),
  ],
  ['an exception of Nest that quotes', new BadRequestException('the webhook timed out: ECONNRESET')],
  ['a content filter', made('BadRequestError', 'x', { status: 400, code: 'content_filter' })],
  ['a 429 without quota', made('RateLimitError', 'x', { status: 429, code: 'insufficient_quota' })],
  [
    'the same in a body',
    made('APICallError', 'x', { statusCode: 429, data: { error: { code: 'insufficient_quota' } } }),
  ],
  [
    'the same in mid-stream',
    made('APIError', 'x', { code: 'insufficient_quota', type: 'insufficient_quota' }),
  ],
  ['a status without an answer', made('RequestError', 'aborted', { status: 500, request: {} })],
  ['SMTP 550', error('x', { code: 'EENVELOPE', responseCode: 550 })],
  ['a wrong option', error('timeout must be a positive integer')],
  ['a wrong option of a connection', error('Invalid connection option: socket closed is not allowed')],
  ['a connection that the application closed', error('The connection was closed by the user')],
  ['a very long code', error('x', { code: 'TIMEOUT_'.repeat(20) })],
  ['an errno of no system', error('x', { errno: -123456 })],
  ['an errno beside nothing', error('x', { errno: 1040 })],
  ['an errno of MySQL that nobody needs', error('x', { errno: 1062, sqlState: '23000' })],
  ['a code of the driver about this query', error('connection lost', { code: 'ER_BAD_FIELD_ERROR' })],
  ['a code about an option', error('x', { code: 'ERR_INVALID_TIMEOUT' })],
  ['no error', error('no such order')],
  [
    'a thing of its own that keeps an error',
    error('x', {
      pool: new (class Pool {
        last = error('y', { code: 'ECONNRESET' });
      })(),
    }),
  ],
  ['a TypeError', new TypeError("Cannot read properties of undefined (reading 'code')")],
  ['undefined', undefined],
  ['a string', 'There is no matching message handler defined in the remote service.'],
  ['a name that only holds the word', made('SlowTimeoutSettings', 'x')],
];

const all: readonly (readonly [string, unknown])[] = [
  ...NETWORK,
  ...TIMEOUTS,
  ...OVERLOAD,
  ...SERVER,
  ...SLOW,
];
const says = (tracker: Tracker, [, value]: readonly [string, unknown]): boolean => tracker.isFailure(value);
const titled = (list: readonly (readonly [string, unknown])[]) => list.map((one) => [one[0], one] as const);

describe('TransientErrors', () => {
  it.each(titled(all))('sees an ill dependency: %s', (_, one) => {
    expect(says(TransientErrors(), one)).toBe(true);
  });

  it.each(titled([...CONTRAST, ...CONTENTION]))('does not take for one: %s', (_, one) => {
    expect(says(TransientErrors(), one)).toBe(false);
  });
});

describe('NetworkErrors', () => {
  it.each(titled([...NETWORK, ...TIMEOUTS]))('sees that no whole answer came: %s', (_, one) => {
    expect(says(NetworkErrors(), one)).toBe(true);
  });

  const answers = [
    ...OVERLOAD.filter(([name]) => name !== 'gRPC 14'),
    ...SERVER,
    ...SLOW,
    ...CONTENTION,
    ...CONTRAST,
  ];
  it.each(titled(answers))('does not take an answer for one: %s', (_, one) => {
    expect(says(NetworkErrors(), one)).toBe(false);
  });
});

describe('OverloadErrors', () => {
  it.each(titled(OVERLOAD))('sees: %s', (_, one) => {
    expect(says(OverloadErrors(), one)).toBe(true);
  });

  const others = [
    ...NETWORK.filter(([name]) => !/(gRPC|Connect) 14/.test(name)),
    ...TIMEOUTS,
    ...SERVER,
    ...SLOW,
    ...CONTENTION,
    ...CONTRAST,
  ];
  it.each(titled(others))('does not take for one: %s', (_, one) => {
    expect(says(OverloadErrors(), one)).toBe(false);
  });
});

describe('TimeoutErrors', () => {
  it.each(titled([...TIMEOUTS, ...SLOW]))('sees that the time was over: %s', (_, one) => {
    expect(says(TimeoutErrors(), one)).toBe(true);
  });

  it.each(titled([...NETWORK, ...OVERLOAD, ...SERVER, ...CONTENTION, ...CONTRAST]))(
    'does not take for one: %s',
    (_, one) => {
      expect(says(TimeoutErrors(), one)).toBe(false);
    },
  );

  const ABORTS: [string, unknown][] = [
    ['AbortError', new DOMException('aborted', 'AbortError')],
    ['a client’s own name for it', made('APIUserAbortError', 'Request was aborted.')],
    ['a code', error('aborted', { code: 'ABORT_ERR' })],
    ['a number', grpc(1)],
  ];
  it.each(ABORTS)('takes an abort that nobody made for the client’s time-out: %s', (_, one) => {
    for (const tracker of [TimeoutErrors(), TransientErrors(), NetworkErrors()]) {
      expect(tracker.isFailure(one, { isAborted: false })).toBe(true);
      expect(tracker.isFailure(one, { isAborted: true })).toBe(false);
      expect(tracker.isFailure(one)).toBe(false);
    }
  });

  it.each<[string, unknown]>([
    ['a code', error('aborted', { code: 'ECONNRESET' })],
    ['the same below', error('x', { cause: error('socket hang up', { code: 'ECONNRESET' }) })],
    ['a cut answer', error('x', { code: 'ERR_STREAM_PREMATURE_CLOSE' })],
    ['AWS SDK 2', made('TimeoutError', 'socket hang up', { code: 'TimeoutError' })],
  ])('takes a connection that an abort has cut for that abort: %s', (_, one) => {
    for (const tracker of [TransientErrors(), NetworkErrors()]) {
      expect(tracker.isFailure(one, { isAborted: true })).toBe(false);
      expect(tracker.isFailure(one, { isAborted: false })).toBe(true);
      expect(tracker.isFailure(one)).toBe(true);
    }
  });

  it('believes what no abort can do, also after an abort', () => {
    const refused = error('x', { code: 'ECONNREFUSED' });
    expect(TransientErrors().isFailure(refused, { isAborted: true })).toBe(true);
    expect(TransientErrors().isFailure({ status: 503 }, { isAborted: true })).toBe(true);
  });

  it('believes no text once the caller has aborted', () => {
    expect(TransientErrors().isFailure(error('connection closed'), { isAborted: true })).toBe(false);
    expect(TransientErrors().isFailure(error('connection closed'), { isAborted: false })).toBe(true);
  });
});

describe('ContentionErrors', () => {
  it.each(titled(CONTENTION))('sees: %s', (_, one) => {
    expect(says(ContentionErrors(), one)).toBe(true);
  });

  it.each(titled([...all, ...CONTRAST]))('does not take for one: %s', (_, one) => {
    expect(says(ContentionErrors(), one)).toBe(false);
  });
});

describe('HttpStatusIn', () => {
  const tracker = HttpStatusIn(503);
  it.each<[string, unknown]>([
    ['response.status', { response: { status: 503 } }],
    ['response.statusCode', { response: { statusCode: 503 } }],
    ['status', { status: 503 }],
    ['statusCode', { statusCode: 503 }],
    ['status_code', { status_code: 503 }],
    ['$metadata', { $metadata: { httpStatusCode: 503 } }],
    ['a code beside a response', { code: 503, response: { headers: {} } }],
    ['the text of Connect', { code: 14, rawMessage: 'HTTP 503' }],
    ['the words of a client', error('Invalid WSDL URL\n Code: 503')],
    ['the words of many a service', error('payments answered HTTP 503')],
    ['words with a status', error('Request failed with status code 503')],
    ['a cause', { cause: { statusCode: 503 } }],
    ['a thrown text', 'Request failed with status code 503'],
    ['the last of several errors', { lastError: { statusCode: 503 }, errors: [{ statusCode: 500 }] }],
    ['errors', { errors: [{ statusCode: 503 }] }],
    ['an exception of Nest', new ServiceUnavailableException()],
    ['a status beside a request with a response', { status: 503, request: {}, response: {} }],
  ])('reads %s', (_, one) => {
    expect(tracker.isFailure(one)).toBe(true);
    expect(HttpStatusIn(500).isFailure(one)).toBe(false);
  });

  it.each<[string, unknown]>([
    ['a status beside a request without a response', { status: 503, request: {} }],
    ['a code alone', { code: 503 }],
    ['another thrown text', 'Order 503 is late'],
    ['a thrown number', 503],
    ['the words beside a number', error('HTTP 503', { code: 7 })],
    ['a string', { status: '503' }],
    ['no number of HTTP', { status: 1503 }],
    ['the status of what is below a 404', { status: 404, cause: { status: 503 } }],
    ['a number of something that is kept beside it', { limits: { status: 503 } }],
  ])('does not read %s', (_, one) => {
    expect(tracker.isFailure(one)).toBe(false);
  });
});

describe('What any made-up error meets', () => {
  const trackers = [
    TransientErrors(),
    NetworkErrors(),
    OverloadErrors(),
    TimeoutErrors(),
    ContentionErrors(),
    HttpStatusIn(500, 599),
  ];

  it.each(HOSTILE)('never throws: %s', (_, one) => {
    for (const tracker of trackers) {
      expect(typeof tracker.isFailure(one)).toBe('boolean');
      expect(typeof tracker.isFailure({ cause: one, inner: one, errors: [one] })).toBe('boolean');
      expect(typeof tracker.isFailure({ kept: one, list: [one], set: new Set([one]) })).toBe('boolean');
    }
  });

  const KEYS = [
    'code name message cause errors reason error err lastError originalError driverError inner status statusCode getStatus',
    'response request errno number sqlState originalCode codeName kind type errorLabels responseCode details metadata path',
    'config options $retryable $fault $metadata rawMessage data body own',
  ].flatMap((line) => line.split(' '));

  it.each(trackers.map((tracker) => [String(tracker), tracker] as const))(
    '%s runs no getter more than once',
    (_, tracker) => {
      const run = new Map<string, number>();
      const VALUES: Record<string, unknown>[] = [
        {},
        { status: 429, request: {}, response: {} },
        { status: 404 },
        { code: 4, details: 'x' },
        { name: 'AbortError' },
      ];
      for (const values of VALUES) {
        run.clear();
        const one = {};
        for (const key of KEYS) {
          const get = (): unknown => {
            run.set(key, (run.get(key) ?? 0) + 1);
            return values[key];
          };
          Object.defineProperty(one, key, { enumerable: true, get });
        }
        tracker.isFailure(one);
        expect(run.size).toBeGreaterThan(2);
        expect([...run].filter(([, times]) => times > 1)).toEqual([]);
      }
    },
  );

  it('ends: cycles, long chains, wide lists, proxies of proxies', () => {
    const cycle: Error = error('x');
    Object.assign(cycle, { cause: cycle, inner: [cycle] });
    let deep = error('connection closed');
    for (let i = 0; i < 10_000; i++) deep = error('x', { cause: deep });
    const asked = { times: 0 };
    const endless: unknown = new Proxy(
      {},
      {
        get: () => {
          asked.times++;
          return endless0();
        },
      },
    );
    function endless0(): unknown {
      return new Proxy({}, { get: (_, key) => (asked.times++, key === 'message' ? 'x' : endless0()) });
    }
    for (const tracker of trackers) {
      expect(tracker.isFailure(cycle)).toBe(false);
      expect(tracker.isFailure(deep)).toBe(false);
      asked.times = 0;
      tracker.isFailure(endless);
      expect(asked.times).toBeLessThan(500);
    }
  });

  it('takes nothing of an array but its elements', () => {
    const list = Object.assign(['a'], { slice: () => 5 });
    const labels = new Set(
      Array.from({ length: 100 }, (_, i) => (i === 99 ? 'RetryableWriteError' : `${i}`)),
    );
    for (const tracker of trackers) {
      expect(tracker.isFailure(error('x', { errors: list, errorLabels: list }))).toBe(false);
      expect(tracker.isFailure(error('x', { errorLabelSet: labels }))).toBe(false);
    }
  });

  it('reads a few long texts, and no more', () => {
    const long = `${'connection '.repeat(46)}`;
    const many = (at: number): Error =>
      new AggregateError(Array.from({ length: 32 }, (_, i) => error(i === at ? `${long}closed` : long)));
    expect(TransientErrors().isFailure(many(0))).toBe(true);
    expect(TransientErrors().isFailure(many(31))).toBe(false);
  });

  it('looks at the first 32 values of ten thousand', () => {
    const wide = error('x');
    for (let i = 0; i < 10_000; i++)
      Object.assign(wide, { [`p${i}`]: i === 31 ? error('y', { code: 'ECONNRESET' }) : {} });
    expect(TransientErrors().isFailure(wide)).toBe(true);
    expect(TransientErrors().isFailure(wide)).toBe(true);
    Object.assign(wide, { p31: 0, p40: error('y', { code: 'ECONNRESET' }) });
    expect(TransientErrors().isFailure(wide)).toBe(false);
  });
});
