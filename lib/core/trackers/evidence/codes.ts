import { getSystemErrorMap } from 'node:util';

import { ABORTED, CONTENTION, CONTRARY, ILL, likely, NETWORK, OVERLOAD, SLOW, TIMEOUT } from './kinds.js';
import { all, words } from './table.js';
import { isCutStream, isUntrusted } from './texts.js';

/** Whole codes, names of codes and types of events. What is not here is read by its words, below. */
const CODES: ReadonlyMap<unknown, number> = new Map([
  // Node: sockets, names. undici, and so fetch.
  ...all(
    `ECONNREFUSED ECONNRESET ECONNABORTED EPIPE EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENETRESET ENOTCONN
     ESHUTDOWN ENOTFOUND EAI_AGAIN EAI_FAIL EAI_NODATA EAI_NONAME ESERVFAIL ECONNECTION EDNS
     ERR_SOCKET_CLOSED ERR_SOCKET_CLOSED_BEFORE_CONNECTION ERR_STREAM_PREMATURE_CLOSE
     ERR_HTTP_CONTENT_LENGTH_MISMATCH ERR_HTTP2_STREAM_ERROR ERR_HTTP2_SESSION_ERROR ERR_HTTP2_GOAWAY_SESSION
     HPE_INVALID_EOF_STATE UND_ERR_SOCKET UND_ERR_RES_CONTENT_LENGTH_MISMATCH`,
    NETWORK,
  ),
  ...all(
    `ETIMEDOUT ESOCKETTIMEDOUT ETIMEOUT ERR_SOCKET_CONNECTION_TIMEOUT UND_ERR_CONNECT_TIMEOUT
     UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT`,
    NETWORK | TIMEOUT,
  ),
  // Said by clients where TLS or a login failed as well.
  ...all('ERR_NETWORK ESOCKET ERR_HTTP2_STREAM_CANCEL', likely(NETWORK)),
  // Aborted by whoever holds the signal.
  ...all('ABORT_ERR ERR_CANCELED ERR_ABORTED UND_ERR_ABORTED ECANCEL', ABORTED),
  // node_redis, tedious, Prisma
  ...all(
    'NR_CLOSED UNCERTAIN_STATE CONNECTION_BROKEN ECONNCLOSED P1001 P1017 DatabaseNotReachable ConnectionClosed',
    NETWORK,
  ),
  ...all('P1002 P1008 P2024 SocketTimeout', NETWORK | TIMEOUT),
  ...all('P2037 TooManyConnections', OVERLOAD),
  // A raw query failed: why stands below.
  ...all('P2010', 0),
  ...all('P2034 TransactionWriteConflict', CONTENTION),
  ...all('EPROTO ELOGIN EAUTH TlsConnectionError PATH_LENGTH_EXCEEDED INVALID_CA INVALID_PURPOSE', CONTRARY),
  // MySQL, MariaDB
  ...all(
    `ER_SERVER_SHUTDOWN ER_NET_READ_ERROR ER_NET_WRITE_INTERRUPTED ER_NET_READ_ERROR_FROM_PIPE ER_NEW_ABORTING_CONNECTION
     ER_CONNECTION_KILLED ER_SOCKET_UNEXPECTED_CLOSE ER_CONNECTION_ALREADY_CLOSED ER_CMD_CONNECTION_CLOSED
     ER_CLOSING_CONNECTION`,
    NETWORK,
  ),
  ...all('ER_CON_COUNT_ERROR ER_TOO_MANY_USER_CONNECTIONS ER_OUT_OF_RESOURCES', OVERLOAD),
  ...all('ER_LOCK_WAIT_TIMEOUT ER_LOCK_DEADLOCK ER_CHECKREAD', CONTENTION),
  ...all('ER_QUERY_TIMEOUT ER_STATEMENT_TIMEOUT', SLOW),
  // Oracle
  ...all(
    `ORA-03113 ORA-03114 ORA-03135 ORA-01033 ORA-01034 ORA-01089 ORA-12170 ORA-12537 ORA-12541 ORA-12547 ORA-12571
     NJS-500 NJS-501 NJS-503 NJS-510 NJS-511 NJS-530`,
    NETWORK,
  ),
  ...all('ORA-00018 ORA-00020 ORA-12516 ORA-12520', OVERLOAD),
  ...all('ORA-00054 ORA-00060 ORA-08177 SQLITE_BUSY SQLITE_LOCKED', CONTENTION),
  // Neo4j; AWS
  ...all('ServiceUnavailable', likely(NETWORK | OVERLOAD)),
  ...all('InternalError InternalFailure', likely(ILL)),
  // MongoDB: codeName and labels
  ...all(
    `HostUnreachable HostNotFound SocketException NotWritablePrimary NotPrimaryNoSecondaryOk NotPrimaryOrSecondary
     PrimarySteppedDown ShutdownInProgress InterruptedAtShutdown InterruptedDueToReplStateChange RetryableWriteError`,
    NETWORK,
  ),
  ...all('NetworkTimeout', NETWORK | TIMEOUT),
  ...all('MaxTimeMSExpired ExceededTimeLimit', SLOW),
  // The driver gives it to a connection that failed by TLS as well.
  ...all('SystemOverloadedError', likely(OVERLOAD)),
  ...all('IngressRequestRateLimitExceeded', OVERLOAD),
  ...all('WriteConflict LockTimeout LockFailed NoSuchTransaction TransientTransactionError', CONTENTION),
  // Events of LLM streams; gRPC's and Google's names
  ...all(
    `overloaded overloaded_error rate_limit_error rate_limit_exceeded server_error api_error internal_server_error
     service_unavailable service_unavailable_error server_overloaded server_is_overloaded engine_overloaded
     throttling_error RESOURCE_EXHAUSTED UNAVAILABLE`,
    OVERLOAD,
  ),
  ...all('DEADLINE_EXCEEDED', NETWORK | TIMEOUT),
  ...all('timeout_error', SLOW),
]);

/** Codes by the words in them, for clients that are not in the table. The first that fits decides. */
const WORDS: readonly [RegExp, number][] = [
  [/(?:^|[_-])(?:SSL|TLS|CERT|CERTIFICATE)(?:[_-]|$)|^UNABLE_TO_|SELF_SIGNED|HOSTNAME_MISMATCH/i, CONTRARY],
  [
    /INVALID|UNSUPPORTED|NOT_ALLOWED|^(?:OTP|SESSION|LOGIN|CART|BOOKING|CHECKOUT|RESERVATION|INVITATION)[_-]/i,
    0,
  ],
  [/LOCK_?(?:WAIT|TIME)|DEADLOCK|WRITE_?CONFLICT|SERIALIZATION_FAILURE/i, CONTENTION],
  [/TIME[_-]?OUT|TIMED_?OUT/i, likely(NETWORK | TIMEOUT)],
  [/TOO_?MANY_?REQUESTS|RATE[_-]?LIMIT|THROTTL|OVERLOADED|SERVER_?BUSY|SLOW_?DOWN/i, OVERLOAD],
  [
    /(?:CONN|CONNECT|CONNECTION|SOCKET)[_-]?(?:IS_)?(?:LOST|CLOSED?|RESET|REFUSED|ABORTED|BROKEN|DESTROYED|DROPPED|TERMINATED|ENDED|DISCONNECTED|FAILED|FAILURE|ERROR|ERR|UNAVAILABLE)(?:_|$)|NETWORK[_-]?(?:ERROR|ERR|FAILURE|FAILED)|PREMATURE_CLOSE|UNREACHABLE/i,
    likely(NETWORK),
  ],
];

/** A code longer than this is none. */
const MAX_LENGTH = 64;
/** `HV`: of a foreign server, which Postgres asked. */
const SQLSTATE = /^(?:\d[0-9A-Z]|HV)[0-9A-Z]{3}$/;
/** An answer of a database about this query. */
const ANSWER = /^(?:ER_|P\d{4}$|ORA-)/;

/** What a code says that is a text: of Node, a driver, a database, an event. */
export function codeSigns(code: string): number {
  const known = CODES.get(code);
  if (known !== undefined) return known;
  if (code.length > MAX_LENGTH) return 0;
  if (SQLSTATE.test(code)) return sqlStateSigns(code);
  for (const [pattern, signs] of WORDS) if (pattern.test(code)) return signs;
  return ANSWER.test(code) ? CONTRARY : 0;
}

/** A code of the operating system or of undici: it means the same wherever it stands. */
export const isSystemCode = (code: unknown): code is string =>
  typeof code === 'string' && CODES.has(code) && /^(?:E[A-Z]|UND_ERR_)/.test(code);

/** What an abort does to a connection that is in use, and not to any other. */
const OF_ABORT: ReadonlySet<unknown> = new Set(
  words(
    'ECONNRESET ECONNABORTED EPIPE ERR_STREAM_PREMATURE_CLOSE ERR_SOCKET_CLOSED ERR_HTTP2_STREAM_ERROR UND_ERR_SOCKET',
  ),
);
export const isOfAbort = (code: unknown): boolean => OF_ABORT.has(code);

/** How a WebSocket was closed. The other numbers are about what was sent, or a farewell. */
const CLOSE_CODES: ReadonlyMap<unknown, number> = new Map([
  [1001, NETWORK],
  [1005, NETWORK],
  [1006, NETWORK],
  [1011, ILL],
  [1012, NETWORK],
  [1013, OVERLOAD],
  [1014, ILL],
]);
export const closeSigns = (code: number): number => CLOSE_CODES.get(code) ?? 0;

/** `57014` is a cancelled query, by a time limit or by somebody: only its text tells. */
export const QUERY_CANCELED = '57014';

function sqlStateSigns(state: string): number {
  if (state.startsWith('08') || state.startsWith('57P')) return NETWORK;
  if (state.startsWith('53')) return OVERLOAD;
  return CONTENDED.has(state) ? CONTENTION : CONTRARY;
}

/** Serialization failure, deadlock, lock not available. */
const CONTENDED: ReadonlySet<string> = new Set(['40001', '40P01', '55P03']);

/** The numbers of gRPC and Connect. Those that are not here (NOT_FOUND, INVALID_ARGUMENT) are answers about this call. */
const GRPC: ReadonlyMap<number, number> = new Map([
  [1, ABORTED],
  // What Nest makes of an RpcException, a caller's mistake too.
  [2, 0],
  [4, NETWORK | TIMEOUT],
  [8, OVERLOAD],
  [10, CONTENTION],
  // Connect says it of TLS trouble as well.
  [13, likely(ILL)],
  [14, NETWORK | OVERLOAD],
  [15, ILL],
]);
/** Under these a stream that was cut hides. */
const HIDING: ReadonlySet<number> = new Set([1, 2, 13]);

export function grpcSigns(code: number, message: unknown): number {
  if (typeof message === 'string' && isUntrusted(message)) return CONTRARY;
  if (HIDING.has(code) && isCutStream(message)) return likely(NETWORK);
  return GRPC.get(code) ?? CONTRARY;
}

/** `errno: -111` for ECONNREFUSED. The number differs between systems. */
const ERRNOS: ReadonlyMap<number, number> = new Map(
  [...getSystemErrorMap()].map(([number, [name]]) => [number, CODES.get(name) ?? 0]),
);

/** A server of MySQL by its number, where a driver knows no name for it. */
const MYSQL: ReadonlyMap<number, number> = new Map([
  [1040, OVERLOAD],
  [1203, OVERLOAD],
  [1205, CONTENTION],
  [1213, CONTENTION],
  [1053, NETWORK],
  [1927, NETWORK],
  [1969, SLOW],
  [3024, SLOW],
]);

/** SQL Server and Azure SQL: not there now, too busy, a deadlock, a lock. */
const SQL_SERVER: ReadonlyMap<unknown, number> = new Map([
  ...[40143, 40197, 40613, 40540].map((number): [number, number] => [number, ILL]),
  ...[10928, 10929, 40501, 49918, 49919, 49920].map((number): [number, number] => [number, OVERLOAD]),
  [1205, CONTENTION],
  [1222, CONTENTION],
]);
export const sqlServerSigns = (number: unknown): number => SQL_SERVER.get(number) ?? 0;

/** A negative number is one of the operating system's; a positive one beside an SQL state is MySQL's. */
export function errnoSigns(errno: number, hasSqlState: boolean): number {
  const known = errno < 0 ? ERRNOS : hasSqlState ? MYSQL : undefined;
  return known?.get(errno) ?? 0;
}

/** SMTP: the service is not available, a local error, no storage, a temporary failure of authentication. */
const SMTP_LATER: ReadonlySet<unknown> = new Set([421, 451, 452, 454]);
/** `responseCode` of mail clients. */
export const smtpSigns = (code: unknown): number => (SMTP_LATER.has(code) ? OVERLOAD : 0);
