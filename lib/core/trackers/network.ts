import { declareFactories } from '../model/adopt.js';
import { someCause } from './errors.js';
import { read } from './read.js';
import { leaf, type Tracker } from './tracker.js';
import { isBuiltIn } from './type-of.js';

const NETWORK_CODES: ReadonlySet<unknown> = new Set([
  // Node: sockets
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  // Node: names
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ETIMEOUT',
  // undici, and so fetch
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  // axios
  'ERR_NETWORK',
]);

/** axios gives a body that was cut off the code of a 5xx: only the text tells them apart. */
const CUT_OFF_TEXTS: ReadonlySet<unknown> = new Set([
  'stream has been aborted',
  // older versions; -1 is no limit, so it cannot have been exceeded
  'maxContentLength size of -1 exceeded',
]);

/**
 * Did the request fail on its way, without a whole answer?
 *
 * Connections refused, reset or aborted, answers cut off in the middle, hosts that are down or not found,
 * timeouts of sockets and names: of Node itself, undici (and so `fetch`), axios, and the TimeoutError of
 * `AbortSignal.timeout()`, also as axios's cancellation. The usual base of a breaker around a remote call;
 * add `HttpStatusIn(500, 599)` for answers that are failures. Takes nothing, throws nothing.
 *
 * Gotcha: it also looks below the error (`TypeError: fetch failed` has the reason as its `cause`), as
 * `CausedBy` does. An AbortError is not one: the caller gave up. TLS and protocol errors are not either: they
 * do not pass by waiting. Timeout classes of other libraries (rxjs, p-timeout) need a `TypeOf`.
 * Source: the error codes of Node, undici and axios.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { NetworkErrors } from 'nestjs-fluxgate';
 *
 * const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
 * assert.equal(NetworkErrors().isFailure(new TypeError('fetch failed', { cause: reset })), true);
 * ```
 */
export function NetworkErrors(): Tracker {
  return leaf('NetworkErrors()', (error) => someCause(error, isNetworkError));
}

function isNetworkError(error: unknown): boolean {
  const code = read(error, 'code');
  if (NETWORK_CODES.has(code) || isTimeout(error)) return true;
  if (code === 'ERR_BAD_RESPONSE') return CUT_OFF_TEXTS.has(read(error, 'message'));
  // axios's cancellation does not say why; the signal it was given does.
  return code === 'ERR_CANCELED' && isTimeout(read(read(read(error, 'config'), 'signal'), 'reason'));
}

const isTimeout = (error: unknown): boolean =>
  read(error, 'name') === 'TimeoutError' && isBuiltIn(error, 'DOMException');

declareFactories(NetworkErrors);
