import { CONTRARY, likely, NETWORK, OVERLOAD, SLOW, TIMEOUT } from './kinds.js';

// Texts are the last resort: they are read only where no code, number, status or name says anything.

/** The first word of an answer of Redis or Valkey tells: it has no code in any client. */
const REDIS = /^(?:OOM|READONLY|LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN)\s|^ERR max number of clients/;
/** Cheap: nearly every text that says something has one of these letters in a row. */
const HINT =
  /conn|time|clos|lost|socket|hang|reach|E[A-Z]{4}|premature|abort|offline|getaddr|resol|network|EOF|disconn|gone|GOAWAY|stream|host|maxContentLength/i;
const ERRNO =
  /\bInvalid EOF state\b|\b(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENETRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ESOCKETTIMEDOUT)\b/;
const LATE = /TIMEDOUT/;
/** A text about an option, not about a call. */
const ABOUT_INPUT =
  /\b(?:must|should|invalid|expected|option|parameter|argument|positive|integer|not a valid|allowed)\b/i;
const TIMED_OUT =
  /\btimed[ -]?out\b|^timeout\b|\btime-?out (?:expired|exceeded|error|of \d)|\b(?:read|write|connect|connection|connack|query|command|socket|request|response|operation|inactivity|idle|handshake|acquire|deadline|poll)\b[\w ]{0,24}\btime-?out\b|\bdeadline exceeded\b/i;
const GONE = [
  String.raw`\b(?:socket hang up|other side closed|premature (?:close|end)|network error|network is unreachable|stream has been aborted|reading (?:the )?response\b.{0,24}\baborted|maxContentLength size of -1 exceeded|getaddrinfo|server has gone away|client is offline)\b`,
  String.raw`\b(?:connection|socket|channel|stream|session|broker|transport)s?\b.{0,40}?\b(?:closed|lost|reset|refused|terminated|dropped|disconnected|destroyed|broken|hung up|went away|unexpectedly|abruptly)\b`,
  String.raw`\b(?:closed|lost|broken|dropped|no|terminated|closing|without) (?:the |its |a |\w+ )?connection\b`,
  String.raw`\b(?:not connected|disconnected|connection error|error connecting|unable to connect|(?:could|can|did)(?: ?not|n't|'t) (?:connect|reach)|failed to connect|connect(?:ion)? failed|name resolution failed|no hosts? could be resolved|host unreachable|isn't writeable|closed state|aborted while|closed unexpectedly|closed prematurely)\b`,
];
const CLOSED = new RegExp(GONE.join('|'), 'i');
/** The application closed it itself, or never opened it. */
const OWN_DOING =
  /\b(?:by (?:the )?(?:user|client|caller|application)|after calling|already (?:been )?closed by)\b/i;
/** Trust that does not come by waiting. */
const UNTRUSTED =
  /certificate|self[- ]signed|wrong version number|\bssl (?:alert|routines|error)|\btls alert|alert (?:handshake|protocol|number|internal)|unable to verify|altname|packet length too long|\bauth(?:entication|orization)? (?:failed|failure|error|required)|\bNOAUTH\b|\bWRONGPASS\b|access denied|password authentication|\bunauthorized\b|not authorized/i;

/** How much of a text is read. */
const MAX_LENGTH = 512;

export function textSigns(message: string): number {
  const text = message.length > MAX_LENGTH ? message.slice(0, MAX_LENGTH) : message;
  if (REDIS.test(text)) return OVERLOAD;
  if (!HINT.test(text)) return 0;
  if (UNTRUSTED.test(text)) return CONTRARY;
  if (ERRNO.test(text)) return likely(NETWORK | (LATE.test(text) ? TIMEOUT : 0));
  if (ABOUT_INPUT.test(text)) return 0;
  if (TIMED_OUT.test(text)) return likely(NETWORK | TIMEOUT);
  return CLOSED.test(text) && !OWN_DOING.test(text) ? likely(NETWORK) : 0;
}

/** A stream of HTTP/2 that ended before its answer. */
export const isCutStream = (text: unknown): boolean =>
  typeof text === 'string' &&
  /http\/2 stream closed|\bRST_STREAM\b|\bGOAWAY\b/i.test(text.slice(0, MAX_LENGTH));

/** Does it tell that trust is missing? Asked of texts beside a name that is only likely. */
export const isUntrusted = (text: string): boolean => UNTRUSTED.test(text.slice(0, MAX_LENGTH));

/** Of a query that was cancelled, and of a time-out that clients give the code of a cut connection. */
export const saysTimeout = (text: unknown): boolean =>
  typeof text === 'string' && /time-?out|max_statement_time/i.test(text.slice(0, MAX_LENGTH));
export const slowIfTimeout = (text: unknown): number => (saysTimeout(text) ? SLOW : CONTRARY);

/** A status in words: "Request failed with status code 503", "HTTP 503", "Code: 503". */
const STATUS_TEXT = /\b(?:status(?: ?code)?:?|HTTP(?:\/[\d.]+)?|code:) "?([45]\d\d)\b/i;
export function statusInText(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const digits = STATUS_TEXT.exec(text.slice(0, MAX_LENGTH))?.[1];
  return digits === undefined ? undefined : Number(digits);
}
