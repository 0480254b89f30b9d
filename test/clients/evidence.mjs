// What a person who reads the whole value could know from it, whatever the library says.

const CODES =
  /\b(ECONN(?:REFUSED|RESET|ABORTED)|E?SOCKETTIMEDOUT|EPIPE|E(?:HOST|NET)(?:UNREACH|DOWN)|ENETRESET|ENOTFOUND|EAI_(?:AGAIN|FAIL)|ERR_STREAM_PREMATURE_CLOSE|ERR_HTTP_CONTENT_LENGTH_MISMATCH|ERR_SOCKET_CLOSED\w*|UND_ERR_(?:SOCKET|CONNECT_TIMEOUT|RES_CONTENT_LENGTH_MISMATCH)|ERR_HTTP2_\w+|PROTOCOL_CONNECTION_LOST|CONNECTION_(?:CLOSED|ENDED|DESTROYED)|P1001|P1017|P2024|ESOCKET|ECONNECTION|EDNS|EPROTOCOL|ECONNCLOSED|NR_CLOSED|08[0-9A-Z]{3}|57P0\d)\b/;
const TEXTS =
  /\b(connect(?:ion|or)?|socket|stream|client|server|broker|channel|network|redis|host|link|session)\b[^.]{0,40}\b(clos(?:e|ed|ing)|lost|ended|terminated|reset|refused|aborted|failed|unreachable|unavailable|disconnected|offline|dropped|destroyed|hang up|hung up)\b|reading response[^.]{0,20}aborted|socket hang up|other side closed|premature(?:ly)? clos|closed unexpectedly|\bdisconnected\b|network error|unexpected end of (?:file|stream|json)|stream has been aborted|maxContentLength size of -1|failed to connect|could not connect|cannot connect|couldn't connect|connection error|can't reach|getaddrinfo|\bEOF\b/i;
const NAMES =
  /(Connection|Connect|Network|Socket|Disconnect)\w*(Error|Exception|Closed\w*)$|NoHostAvailable|MaxRetriesPerRequest/;
const TIMEOUT_CODES = /\b(E?TIMED?OUT|ETIMEOUT|ESOCKETTIMEDOUT|UND_ERR_\w*TIMEOUT|\w*TIMEOUT\w*|57014)\b/;
const TIMEOUT_TEXTS = /\btime[d]?[ -]?out\b|deadline exceeded/i;
const OVERLOAD =
  /\b429\b|too many (?:requests|connections|clients)|rate.?limit|overload|throttl|^53\d{3}$|RESOURCE_?EXHAUSTED/i;

const TLS = /certificate|self.?signed|wrong.version.number|(?:^|[^a-z])(?:e|start)?(?:ssl|tls)(?:[^a-z]|$)/i;
/** What Node says of any connection that is lost in the handshake: it may be the server that is ill. */
const LOST_IN_HANDSHAKE = 'before secure TLS connection was established';

/** Which kinds of failure anything in the value tells of: 'transport', 'timeout', 'status5xx', 'overload', 'tls'. */
export function evidenceOf(value, knows) {
  const kinds = new Set();
  for (const said of saidBy(value)) {
    for (const kind of kindsIn(said, knows)) kinds.add(kind);
  }
  return { kinds, why: whyNot(value) };
}

function kindsIn({ key, text, number, names }, knows) {
  if (number !== undefined) return ofNumber(key, number);
  if (names !== undefined) return ofNames(names, knows);
  const found = [];
  const isCode = /code|errno|kind|type|name|status|reason/i.test(key);
  if (isCode ? CODES.test(text) || NAMES.test(text) : TEXTS.test(text) || CODES.test(text))
    found.push('transport');
  if (
    (isCode ? TIMEOUT_CODES : TIMEOUT_TEXTS).test(text) ||
    /^Timeout\w*$|Timeout(Error|Exception)$/.test(text)
  ) {
    found.push('timeout');
  }
  if (/^AbortError$/.test(text) && knows?.isAborted === false) found.push('timeout');
  if (/\b(?:status|code|http)\D{0,12}5\d\d\b|\b50[0-4] [A-Z]/i.test(text)) found.push('status5xx');
  if (OVERLOAD.test(text)) found.push('overload');
  if (TLS.test(text.replace(LOST_IN_HANDSHAKE, ''))) found.push('tls');
  return found;
}

function ofNumber(key, number) {
  if (/status|code/i.test(key)) {
    if (number >= 500 && number <= 599) return ['status5xx'];
    if (number === 429 || number === 8) return ['overload'];
    if (number === 14) return ['transport'];
    if (number === 4) return ['timeout'];
  }
  return /errno/i.test(key) && number < 0 ? ['transport'] : [];
}

function ofNames(names, knows) {
  const found = [];
  if (names.some((name) => NAMES.test(name))) found.push('transport');
  if (names.some((name) => /Time-?d?out/i.test(name))) found.push('timeout');
  if (names.includes('AbortError') && knows?.isAborted === false) found.push('timeout');
  return found;
}

/** Every text, number and class name of the value, with the name of its property; settings and requests left out. */
function* saidBy(code, key = '') {
  if (typeof code === 'string') yield { key, text: code };
  else if (typeof code === 'number') yield { key, number: code };
  else if (typeof code === 'object' && code !== null) {
    if (code.chain !== undefined && code.$ === 'error') yield { key, names: code.chain };
    for (const [at, one] of parts(code)) {
      if (!OF_THE_CALL.test(at)) yield* saidBy(one, at);
      else if (one?.own?.signal !== undefined) yield* saidBy(one.own.signal, 'signal');
    }
  }
}

/** What the caller had asked for tells nothing of how it went. */
const OF_THE_CALL =
  /^(config|options|request|req|_?settings|toJSON|headers|transitional|params|args|timings|url|input|init|commandOptions)$/i;

function parts(code) {
  const items = code.items ?? [];
  const listed = items.flatMap((one, at) =>
    Array.isArray(one) ? [[String(one[0]), one[1]]] : [[String(at), one]],
  );
  return [...Object.entries(code.own ?? {}), ...Object.entries(code.inherited ?? {}), ...listed];
}

/** What there is, where that is not enough. */
export function whyNot(value) {
  if (typeof value === 'string') return `a text that tells nothing: ${value.slice(0, 80)}`;
  if (value?.$ === 'undefined') return 'undefined is thrown';
  const name = value?.own?.name || value?.inherited?.name || value?.chain?.find((one) => one !== '');
  const message = value?.own?.message ?? value?.inherited?.message ?? '';
  const text =
    typeof message === 'string' && message !== ''
      ? `: ${message.split('\n')[0].slice(0, 90)}`
      : ' without a text';
  return `only ${typeof name === 'string' ? name : 'an object'}${text}`;
}
