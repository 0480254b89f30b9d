import { CONTENTION, CONTRARY, ILL, likely, NETWORK, OVERLOAD, SLOW, TIMEOUT } from './kinds.js';

// Texts are the last resort: they are read only where no code, number, status or name says anything.

/** Cheap: nearly every text that says something has one of these in it. */
const HINT =
  /conn|time|clos|lost|sock|hang|reach|E[A-Z]{4}|premature|abort|offline|resol|network|EOF|disconn|gone|stream|host|too many|unavail|gateway|rver error|limit|lock|serializ|pipe|route|dns|startup|unexpected|system is|maxContent/i;

const any = (...patterns: readonly string[]): RegExp => new RegExp(patterns.join('|'), 'i');
const words = (...patterns: readonly string[]): string => `\\b(?:${patterns.join('|')})\\b`;

/** Trust that does not come by waiting. */
const UNTRUSTED =
  /certificate|self[- ]signed|not (?:support|accepting) ?'?(?:ssl|tls)\b|wrong version number|\bssl (?:alert|routines|error)|\btls(?:v\d+)? alert|alert (?:handshake|protocol|number|internal)|unable to verify|altname|hostname mismatch|packet length too long|\bauth(?:entication|orization)? (?:failed|failure|error|required)|\bNOAUTH\b|\bWRONGPASS\b|access denied|password authentication|\bunauthorized\b|not authorized|pg_hba|bad username|access[_-]refused/i;
const ERRNO =
  /\bInvalid EOF state\b|\b(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENETRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ESOCKETTIMEDOUT)\b/;
const LATE = /TIMEDOUT/;
const BUSY = any(
  words(
    'too many (?:requests|connections|clients)|rate limit (?:exceeded|reached)|connection slots are reserved',
  ),
  '^service unavailable(?=\\.?$|[,:;])|^ERR max number of clients',
);
/** The names of the statuses, alone. */
const FAILED = /^(?:(?:internal )?server error|bad gateway|gateway time-?out)\.?$/i;
const CONTENDED = any(words('lock wait timeout|deadlock(?:ed)?|could not serialize access'));
/** An answer of 4xx in words: what it quotes is somebody else's. */
const ANSWERED =
  /^(?:4\d\d\b(?! is\b)|bad request|not found|forbidden|unauthorized|unprocessable)\b|\bfailed: 4\d\d\b/i;
/** How clients hand on that an answer was cut off: at the end of a text of theirs. */
const CUT =
  /(?:^|: )(?:premature close|socket hang up)$|(?:^|message: )terminated$|\bError: aborted$|stream closed prematurely$|^server aborted request$|\bunexpected end event$/i;
/** The body of an answer, as it came: what it quotes is somebody else's. */
const BODY = /^\s*["']?[{<]/;
/** An error of Node.js that was made a text. */
const ERROR_AS_JSON =
  /^\{(?:"errno":-\d+,)?"code":"E(?:CONN|PIPE|HOST|NET|NOTFOUND|AI_|TIMEDOUT|SOCKETTIMEDOUT)/;
/** A text about what was given, not about a call. */
const ABOUT_INPUT = any(
  words(
    'must|should|invalid|expected|option|parameter|argument|positive|integer|not a valid|allowed|missing|is required|not defined|not a function|not configured|properties of|property|login|log in|account|reservation|invitation|wallet|customer|player|sessions?|otp|cart|booking|checkout|auction',
  ),
);
/** The application closed it itself, or never opened it. */
const OWN_DOING = any(
  words('by (?:the )?(?:user|client|caller|application)|after calling|already (?:been )?closed by'),
);
/** The end of a sentence: what follows would make it one about something else. */
const END = String.raw`(?=$|[.,:;!?)\n]| - | (?:to|by|during|before|while|after|in)\b)`;
const TIMED_OUT = any(
  words('timed ?-?out|aborted due to timeout|deadline exceeded|time-?out (?:expired|exceeded|error|of \\d+)'),
  String.raw`^"?time-?out(?=$|[".,:;!)]| \(| (?:expired|exceeded|after|while|waiting|acquiring|reached|occurred|has occurred))`,
  String.raw`\b(?:read|write|connect|connection|connack|query|command|socket|network|reply|request|response|operation|inactivity|idle|handshake|acquire)(?: \w+)? time-?out(?=$|[.,:;!)]| (?:expired|exceeded|after|while|waiting|reached|occurred))`,
);
const CLOSED = any(
  words(
    "socket hang up|xhr (?:poll|post) error|all sentinels are unreachable|other side closed|network request failed|no route to host|ended by the other party|stream has been aborted|reading (?:the )?response\\b.{0,24}\\baborted|maxContentLength size of -1 exceeded|getaddrinfo E[A-Z]+|server has gone away|client is offline|websocket (?:was closed|is not open|error)|socket not ready|none of startup nodes|upstream connect error|unreachable hosts?|closed abruptly|connection error|error connecting|connect(?:ion)? failed|(?:failure in )?name resolution failed|failure in name resolution|no hosts? could be resolved|host unreachable|isn't writeable|connection is in closed state|aborted while|database system is (?:starting up|shutting down|in recovery mode)",
  ),
  `\\b(?:premature (?:close|end)|network (?:error|is unreachable)|broken pipe|dns lookup failed|unexpected EOF)${END}`,
  words(
    '(?:connection|socket)s?\\b(?! (?:request|type|string|name|id|pool)\\b).{0,40}?\\b(?:closed|lost|reset|refused|terminated|dropped|disconnected|destroyed|ended|hung up|went away|unexpectedly|abruptly)',
    'channel (?:is |was |has been |has |already )?(?:closed|ended|lost|terminated)',
  ),
  words('(?:broker|transport|client|server) (?:is |was |has been )?(?:closed|disconnected|not connected)'),
  words(
    '(?:closed|lost|broken|dropped|no|terminated|terminating|closing|without) (?:the |its |a |\\w+ )?connection\\b(?! (?:request|type|string|name|id|pool|between|for)\\b)',
  ),
  "\\b(?:unable to|failed to|could not|cannot|can not|did not|couldn't|can't|didn't) (?:connect|reach)(?= to\\b|$|[.:;,)]| \\(| (?:the )?(?:server|host|database|broker)\\b)",
  '^(?:not connected|disconnected|unexpected close)\\.?$',
);

/** The first words of an answer of Redis, Valkey and their like tell: it has no code in any client. */
const REDIS =
  /^(?:OOM command|READONLY You|LOADING \w+ is loading|BUSY \w+ is busy|MASTERDOWN Link|CLUSTERDOWN |TRYAGAIN |MISCONF |NOREPLICAS )/;

/** Why a broker of AMQP closed: its number, in a text of a form of its own. */
const AMQP = /\((CONNECTION-FORCED|INTERNAL-ERROR|RESOURCE-ERROR)\)/;
const OF_AMQP: ReadonlyMap<string | undefined, number> = new Map([
  ['CONNECTION-FORCED', NETWORK],
  ['INTERNAL-ERROR', ILL],
  ['RESOURCE-ERROR', OVERLOAD],
]);
export const amqpSigns = (text: string): number => OF_AMQP.get(AMQP.exec(text)?.[1]) ?? 0;

/** gRPC's own text, where a client keeps nothing else: "14 UNAVAILABLE: …". */
const GRPC_TEXT = /^(\d{1,2}) [A-Z_]{5,}: /;
export function grpcNumberIn(text: string): number | undefined {
  const digits = GRPC_TEXT.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What a text says, of one that is not too long. */
export function textSigns(text: string): number {
  if (REDIS.test(text)) return OVERLOAD;
  if (!HINT.test(text)) return 0;
  if (BODY.test(text)) return bodySigns(text);
  if (UNTRUSTED.test(text) || ANSWERED.test(text)) return CONTRARY;
  if (ERRNO.test(text)) return likely(NETWORK | (LATE.test(text) ? TIMEOUT : 0));
  if (FAILED.test(text)) return likely(ILL);
  if (BUSY.test(text)) return likely(OVERLOAD);
  if (CONTENDED.test(text)) return likely(CONTENTION);
  if (CUT.test(text)) return likely(NETWORK);
  if (ABOUT_INPUT.test(text) || OWN_DOING.test(text)) return 0;
  if (TIMED_OUT.test(text)) return likely(NETWORK | TIMEOUT);
  return CLOSED.test(text) ? likely(NETWORK) : 0;
}

function bodySigns(text: string): number {
  if (ERROR_AS_JSON.test(text)) return likely(NETWORK | (LATE.test(text) ? TIMEOUT : 0));
  return BUSY.test(text) ? likely(OVERLOAD) : 0;
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

/** A status in words: "Request failed with status code 503", "HTTP 503", "Code: 503", "503: Service Unavailable", `"status":503`. */
const STATUS_TEXT = any(
  String.raw`\b(?:status(?: ?code)?:?|HTTP(?:/[\d.]+)?(?: response:?)?|HTTP-code:|server response:) [("]?([45]\d\d)\b(?! is\b| must\b| lines\b)`,
  String.raw`(?:^|[\n\r]) {0,4}code: ([45]\d\d)\b`,
  String.raw`\b(4\d\d)\)?:? (?:bad request|unauthorized|forbidden|not found|conflict|unprocessable|too many requests)\b`,
  String.raw`\b(5\d\d)\)?:? (?:internal server error|not implemented|bad gateway|service (?:temporarily )?unavailable|gateway time-?out)\b`,
  String.raw`"status(?:_?code)?" ?: ?"?([45]\d\d)\b`,
);
export function statusInText(text: unknown): number | undefined {
  // Most texts have neither digit, which is found sooner than the rest.
  if (typeof text !== 'string' || !(text.includes('5') || text.includes('4'))) return undefined;
  const digits = STATUS_TEXT.exec(text)
    ?.slice(1)
    .find((one) => one !== undefined);
  return digits === undefined ? undefined : Number(digits);
}

/** Contentful calls its errors "503 Service Unavailable". */
export function statusInName(name: unknown): number | undefined {
  return typeof name === 'string' && /^[45]\d\d [A-Z]/.test(name) ? Number(name.slice(0, 3)) : undefined;
}
