import { ABORTED, CONTENTION, CONTRARY, likely, NETWORK, OVERLOAD, TIMEOUT } from './kinds.js';
import { prototypeOf, read } from '../../base/read.js';

/** Names and classes by their words. The first that fits decides. */
const NAMES: readonly [RegExp, number][] = [
  [/(?:abort|aborted|cancel|canceled|cancelled)(?:error|exception)?$/i, ABORTED],
  [
    /writeconflict|deadlock|serializationfailure|optimisticlock|lock(?:wait|acquisition)?timeout/i,
    CONTENTION,
  ],
  // About what was given: it takes the weight from words that are only likely.
  [
    /(?:validation|zod|cast|constraint|badrequest|forbidden|unauthorized|authentication|accessdenied|invalid|unsupported|duplicate|unknown|wrong|nosuch|missing)\w*(?:error|exception)$|^(?!.*(?:host|broker|server)).*notfound\w*(?:error|exception)?$|^syntaxerror$/i,
    CONTRARY,
  ],
  [
    /(?:time_?out|timed_?out|deadline_?exceeded)(?:error|exception)?(?:impl)?$|^timeout(?:error|exception)/i,
    NETWORK | TIMEOUT,
  ],
  [
    /(?:throttl(?:ed|ing)|toomanyrequests|rate_?limit(?:ed|exceeded)?|slowdown|overloaded|resourceexhausted|throughputexceeded|requestlimitexceeded|serverbusy|toomanyconnections)(?:error|exception)?$/i,
    OVERLOAD,
  ],
  // What Bedrock's streams throw; they have no status.
  [/^(?:modelstreamerror|internalserver|serviceunavailable|modelnotready)(?:error|exception)$/i, OVERLOAD],
  [
    /(?:connection|connect|network|socket|disconnect(?:ed|s\w*)?|unreachable|offline|hostavailable|hostnotfound|hostnotreachable|serverselection)(?:is|was|closed?|lost|reset|refused|terminated|dropped|acquire|unexpectedly)*(?:error|exception)$|^(?:maxretriesperrequesterror|kafkajsnumberofretriesexceeded)$/i,
    likely(NETWORK),
  ],
];

const MAX_LENGTH = 64;
/** How many classes above the error's own are looked at. */
const MOST_CLASSES = 8;
const SAY_NOTHING: ReadonlySet<unknown> = new Set([
  'Error',
  'TypeError',
  'RangeError',
  'ReferenceError',
  'EvalError',
  'URIError',
  'AggregateError',
  'Object',
  '',
]);

/** What a name says: that of the error, or of a class. */
export function nameSigns(name: unknown): number {
  if (typeof name !== 'string' || SAY_NOTHING.has(name) || name.length > MAX_LENGTH) return 0;
  for (const [pattern, signs] of NAMES) if (pattern.test(name)) return signs;
  return 0;
}

const known = new WeakMap<object, number>();

/** What the classes say that an error is of. Many clients leave `name` as 'Error'. */
export function classSigns(error: object): number {
  const first = prototypeOf(error);
  if (first === null) return 0;
  let signs = known.get(first);
  if (signs === undefined) known.set(first, (signs = signsOfClasses(first)));
  return signs;
}

function signsOfClasses(first: object): number {
  let prototype: object | null = first;
  for (let i = 0; prototype !== null && i < MOST_CLASSES; i++) {
    const signs = nameSigns(read(read(prototype, 'constructor'), 'name'));
    if (signs !== 0) return signs;
    prototype = prototypeOf(prototype);
  }
  return 0;
}
