import { CONTENTION, CONTRARY, ILL, likely, NETWORK, OVERLOAD, SLOW, TIMEOUT } from './kinds.js';

// Texts are the last resort: they are read only where no code, number, status or name says anything.

/** Cheap: nearly every text that says something has one of these in it. */
const HINT =
  /conn|time|clos|lost|sock|hang|reach|E[A-Z]{4}|premature|abort|offline|resol|network|EOF|disconn|gone|stream|host|too many|unavail|gateway|rver error|limit|lock|serializ|pipe|route|dns|xhr|system is|maxContent/i;

const any = (...patterns: readonly string[]): RegExp => new RegExp(patterns.join('|'), 'i');
const words = (pattern: string): string => `\\b(?:${pattern})\\b`;

/** Trust that does not come by waiting. */
const UNTRUSTED =
  /certificate|self[- ]signed|wrong version number|\bssl (?:alert|routines|error)|\btls alert|alert (?:handshake|protocol|number|internal)|unable to verify|altname|packet length too long|\bauth(?:entication|orization)? (?:failed|failure|error|required)|\bNOAUTH\b|\bWRONGPASS\b|access denied|password authentication|\bunauthorized\b|not authorized|pg_hba/i;
const ERRNO =
  /\bInvalid EOF state\b|\b(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENETRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ESOCKETTIMEDOUT)\b/;
const LATE = /TIMEDOUT/;
const BUSY = any(
  words(
    'too many (?:requests|connections|clients)|rate limit (?:exceeded|reached)|connection slots are reserved',
  ),
  '^service unavailable\\.?$|^ERR max number of clients',
);
/** The names of the statuses, alone. */
const FAILED = /^(?:internal server error|bad gateway|gateway time-?out)\.?$/i;
const CONTENDED = any(words('lock wait timeout|deadlock(?:ed)?|could not serialize access'));
/** A text about what was given, not about a call. */
const ABOUT_INPUT = any(
  words(
    'must|should|invalid|expected|option|parameter|argument|positive|integer|not a valid|allowed|missing|is required|not defined|not a function|not configured|properties of|login|log in',
  ),
);
/** The application closed it itself, or never opened it. */
const OWN_DOING = any(
  words('by (?:the )?(?:user|client|caller|application)|after calling|already (?:been )?closed by'),
);
const TIMED_OUT = any(
  words('timed[ -]?out|deadline exceeded|time-?out (?:expired|exceeded|error|of \\d+)'),
  '^timeout\\b',
  words(
    '(?:read|write|connect|connection|connack|query|command|socket|request|response|operation|inactivity|idle|handshake|acquire|deadline|poll)\\b[\\w ]{0,24}\\btime-?out',
  ),
);
const CLOSED = any(
  words(
    'socket hang up|other side closed|premature (?:close|end)|network error|network request failed|network is unreachable|no route to host|broken pipe|ended by the other party|stream has been aborted|reading (?:the )?response\\b.{0,24}\\baborted|maxContentLength size of -1 exceeded|getaddrinfo|server has gone away|client is offline|websocket (?:was closed|is not open|error)|xhr poll error|upstream connect error|unexpected EOF',
  ),
  words(
    '(?:connection|socket|channel|broker|transport)s?\\b(?! (?:request|type|string|name|id|pool)\\b).{0,40}?\\b(?:closed|lost|reset|refused|terminated|dropped|disconnected|destroyed|broken|hung up|went away|unexpectedly|abruptly)',
  ),
  words(
    '(?:closed|lost|broken|dropped|no|terminated|terminating|closing|without) (?:the |its |a |\\w+ )?connection\\b(?! (?:request|type|string|name|id|pool)\\b)',
  ),
  words(
    "not connected|connection error|error connecting|(?:unable|failed) to connect|(?:could|can|did)(?: ?not|n't|'t) (?:connect|reach)|connect(?:ion)? failed|(?:failure in )?name resolution(?: failed)?|dns lookup failed|no hosts? could be resolved|host unreachable|isn't writeable|closed state|aborted while|closed unexpectedly|closed prematurely|database system is (?:starting up|shutting down|in recovery mode)",
  ),
  '^disconnected\\b',
);

/** The first word of an answer of Redis or Valkey tells: it has no code in any client. */
const REDIS = /^(?:OOM|READONLY|LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN)\s/;

/** What a text says, of one that is not too long. */
export function textSigns(text: string): number {
  if (REDIS.test(text)) return OVERLOAD;
  if (!HINT.test(text)) return 0;
  if (UNTRUSTED.test(text)) return CONTRARY;
  if (ERRNO.test(text)) return likely(NETWORK | (LATE.test(text) ? TIMEOUT : 0));
  if (FAILED.test(text)) return likely(ILL);
  if (BUSY.test(text)) return likely(OVERLOAD);
  if (CONTENDED.test(text)) return likely(CONTENTION);
  if (ABOUT_INPUT.test(text) || OWN_DOING.test(text)) return 0;
  if (TIMED_OUT.test(text)) return likely(NETWORK | TIMEOUT);
  return CLOSED.test(text) ? likely(NETWORK) : 0;
}

/** A stream of HTTP/2 that ended before its answer. */
export const isCutStream = (text: unknown): boolean =>
  typeof text === 'string' && /http\/2 stream closed|\bRST_STREAM\b|\bGOAWAY\b/i.test(text);

/** Does it tell that trust is missing? Asked of texts beside a name that is only likely. */
export const isUntrusted = (text: string): boolean => UNTRUSTED.test(text);

/** Of a query that was cancelled, and of a time-out that clients give the code of a cut connection. */
export const saysTimeout = (text: unknown): boolean =>
  typeof text === 'string' && /time-?out|max_statement_time/i.test(text);
export const slowIfTimeout = (text: unknown): number => (saysTimeout(text) ? SLOW : CONTRARY);

/** A status in words: "Request failed with status code 503", "HTTP 503", "Code: 503". */
const STATUS_TEXT =
  /\b(?:status(?: ?code)?:?|HTTP(?:\/[\d.]+)?|code:|server response:) "?([45]\d\d)\b(?! is not| must)/i;
export function statusInText(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const digits = STATUS_TEXT.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
