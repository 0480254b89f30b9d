import { types } from 'node:util';

import { CARRIERS, elementsOf, read } from '../../base/read.js';
import { all, words } from './table.js';

/** How many values of one error are looked at. */
export const MOST_VALUES = 32;
const MOST_LABELS = 8;

/** What one thrown thing has under names of its own, where clients agree what they mean. */
class OwnFields {
  request: unknown;
  rawMessage: unknown;
  headers: unknown;
  /** Boom keeps the status in `output`, tRPC the answer in `meta`. */
  holder: unknown;
  metadata: unknown;
  details: unknown;
  /** Something that gRPC's errors have beside `details`. */
  peer: unknown;
  errno: unknown;
  sqlState: unknown;
  /** Of SQL Server. */
  number: unknown;
  responseCode: unknown;
  retryable: unknown;
  fault: unknown;
  data: unknown;
  body: unknown;
  error: unknown;
  /** A status under another name than `status` and `statusCode`. */
  status: number | undefined;
  /** Texts that may be codes. */
  codes: readonly unknown[] | undefined;
  /** What clients keep the reason in. */
  carried: unknown[] | undefined;
  /** Objects under any other name. */
  kept: object[] | undefined;
}

/**
 * What is read of one thrown thing: each property once, whatever asks for it later.
 *
 * A few may be anywhere, on a prototype too, and are read by name. All others are found by going through the thing's own
 * names, which are few: to ask for each by name would cost more than all the rest.
 */
export class Fields {
  readonly code: unknown;
  readonly response: unknown;
  readonly ownStatus: unknown;
  readonly ownStatusCode: unknown;
  readonly status: number | undefined;
  /** `undefined` where it has no names of its own, or they were not read. */
  own: OwnFields | undefined;
  private text: unknown = UNREAD;
  private named: unknown = UNREAD;

  constructor(readonly value: object) {
    this.code = read(value, 'code');
    this.response = read(value, 'response');
    this.ownStatus = read(value, 'status');
    this.ownStatusCode = read(value, 'statusCode');
    this.status = statusIn(this.ownStatus) ?? statusIn(this.ownStatusCode);
  }

  get name(): unknown {
    if (this.named === UNREAD) this.named = read(this.value, 'name');
    return this.named;
  }

  /** Of a very long text both ends: what happened stands after a statement of SQL, and before a list. */
  get message(): unknown {
    if (this.text === UNREAD) this.text = shortened(read(this.value, 'message'));
    return this.text;
  }

  /** Reads what it has under names of its own, at most so many; tells how many more it might have read. */
  readOwn(most: number): number {
    let left = most;
    for (const key of namesOf(this.value)) {
      const own = (this.own ??= new OwnFields());
      if (PASSED_OVER.has(key)) continue;
      const value = read(this.value, key);
      const take = TAKEN.get(key);
      if (take !== undefined) take(own, value);
      else keep(own, value);
      if (--left === 0) return 0;
    }
    return left;
  }
}

const UNREAD = Symbol('unread');

/** How much of a text is read: as much of its end as of its beginning. */
const HALF_OF_TEXT = 384;

export function shortened(text: unknown): unknown {
  if (typeof text !== 'string' || text.length <= 2 * HALF_OF_TEXT) return text;
  return `${text.slice(0, HALF_OF_TEXT)} … ${text.slice(-HALF_OF_TEXT)}`;
}

type Take = (fields: OwnFields, value: unknown) => void;

const addCode: Take = (fields, value) => {
  if (typeof value === 'string') fields.codes = [...(fields.codes ?? []), value];
};
const addLabels: Take = (fields, value) => {
  const labels = types.isSet(value) ? firstOf(value) : elementsOf(value, MOST_LABELS);
  if (labels !== undefined) fields.codes = [...(fields.codes ?? []), ...labels];
};
function firstOf(set: Set<unknown>): unknown[] {
  const first: unknown[] = [];
  for (const one of Set.prototype.values.call(set)) {
    if (first.push(one) === MOST_LABELS) break;
  }
  return first;
}
const addStatus: Take = (fields, value) => {
  fields.status ??= statusIn(value);
};
const addCarried: Take = (fields, value) => {
  if (value != null) (fields.carried ??= []).push(value);
};

const keep: Take = (fields, value) => {
  if (isObject(value)) (fields.kept ??= []).push(value);
};

/** Read above, or by whoever needs it; or big, and no errors. */
const PASSED_OVER: ReadonlySet<string> = new Set(
  words(
    'code response status statusCode getStatus name message cause errors stack config options ' +
      'socket client connection agent params query parameters',
  ),
);

/** What a name means, where clients agree. */
const TAKEN: ReadonlyMap<string, Take> = new Map<string, Take>([
  ...all('originalCode codeName kind type', addCode),
  ...all('errorLabels errorLabelSet', addLabels),
  ...all('status_code httpStatusCode httpStatus http_code originalStatusCode', addStatus),
  ...CARRIERS.map((name): [string, Take] => [name, addCarried]),
  ['error', (fields, value) => addCarried(fields, (fields.error = value))],
  ['request', (fields, value) => (fields.request = value)],
  ['headers', (fields, value) => (fields.headers = value)],
  ...all<Take>('output meta', (fields, value) => {
    fields.holder ??= value;
    keep(fields, value);
  }),
  [
    'description',
    (fields, value) => (isObject(value) ? addCarried(fields, value) : addStatus(fields, value)),
  ],
  // An XMLHttpRequest that failed has the reason as its status text.
  ['context', (fields, value) => addCarried(fields, read(value, 'statusText'))],
  ['rawMessage', (fields, value) => (fields.rawMessage = value)],
  ['$metadata', (fields, value) => (fields.metadata = value)],
  ['$retryable', (fields, value) => (fields.retryable = value)],
  ['$fault', (fields, value) => (fields.fault = value)],
  ['details', (fields, value) => keep(fields, (fields.details = value))],
  ...all<Take>('metadata path', (fields, value) => (fields.peer ??= value)),
  ['errno', (fields, value) => (fields.errno = value)],
  ['sqlState', (fields, value) => (fields.sqlState = value)],
  ['number', (fields, value) => (fields.number = value)],
  ['responseCode', (fields, value) => (fields.responseCode = value)],
  ['data', (fields, value) => keep(fields, (fields.data = value))],
  ['body', (fields, value) => keep(fields, (fields.body = value))],
]);

/** Of a proxy nobody knows how many names it makes up: it is asked for those that mean something. */
const NAMED: readonly string[] = [...TAKEN.keys()];
/** The names of what has very many: to list them costs, so it is done once. */
const manyNames = new WeakMap<object, readonly string[]>();

function namesOf(value: object): readonly string[] {
  if (types.isProxy(value)) return NAMED;
  const known = manyNames.get(value);
  if (known !== undefined) return known;
  const names = Object.keys(value);
  if (names.length <= MOST_VALUES) return names;
  const first = names.slice(0, 2 * MOST_VALUES);
  manyNames.set(value, first);
  return first;
}

/** A status of HTTP; `undefined` for anything else. */
export const statusIn = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 100 && value <= 599 && Number.isInteger(value) ? value : undefined;

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
