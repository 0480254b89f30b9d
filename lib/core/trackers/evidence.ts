import type { TrackedCall } from '../model/part.js';
import { codeSigns, errnoSigns, GRPC, QUERY_CANCELED, smtpSigns } from './codes.js';
import { ABORTED, CONTRARY, ILL, likelyOf, NETWORK, OVERLOAD, TIMEOUT } from './kinds.js';
import { classSigns, nameSigns } from './names.js';
import { listOf, read } from './read.js';
import { isUntrusted, saysTimeout, slowIfTimeout, textSigns } from './texts.js';

/** One thrown thing, or one below it, with what is read of each first. No property of it is read twice. */
export interface Thrown {
  readonly value: object;
  readonly code: unknown;
  readonly name: unknown;
  readonly message: unknown;
  readonly response: unknown;
}

export const thrown = (value: object, code: unknown, response: unknown): Thrown => ({
  value,
  code,
  response,
  name: read(value, 'name'),
  message: read(value, 'message'),
});

/** What is read here of each, and so nowhere else. */
export const EVIDENCE_KEYS: readonly string[] = [
  'code',
  'name',
  'message',
  'errno',
  'sqlState',
  'originalCode',
  'codeName',
  'kind',
  'type',
  'errorLabels',
  'responseCode',
  'details',
  'metadata',
  'path',
  'config',
  'options',
  '$retryable',
  '$fault',
];
const CODE_LIKE = ['originalCode', 'codeName', 'kind', 'type'] as const;
const MOST_LABELS = 8;
const NO_QUOTA = 'insufficient_quota';

/** What an error tells that came with an answer: by its status, and by quotas and throttling beside it. */
export function answerSigns(one: Thrown, status: number): number {
  if (isThrottled(one)) return OVERLOAD;
  if (status === 429) return hasNoQuota(one) ? CONTRARY : OVERLOAD;
  if (status === 529) return OVERLOAD | ILL;
  return status >= 500 ? ILL : CONTRARY;
}

/** AWS answers 400 to a caller that it throttles. */
function isThrottled({ value, name }: Thrown): boolean {
  if (read(read(value, '$retryable'), 'throttling') === true) return true;
  return read(value, '$fault') !== undefined && (nameSigns(name) & OVERLOAD) !== 0;
}

/** Nothing is left of what was paid for: that does not pass by waiting. */
function hasNoQuota({ value, code, response }: Thrown): boolean {
  if (code === NO_QUOTA || read(value, 'type') === NO_QUOTA) return true;
  const bodies = [value, read(value, 'data'), read(response, 'data')];
  return bodies.some((body) => {
    const error = read(body, 'error');
    return read(error, 'code') === NO_QUOTA || read(error, 'type') === NO_QUOTA;
  });
}

/** What an error tells by its codes, numbers and names; its text is the last resort. */
export function signsOf(one: Thrown, call: TrackedCall | undefined): number {
  const { code, name, message } = one;
  if (code === NO_QUOTA) return CONTRARY;
  let signs = codesOf(one) | (nameSigns(name) || classSigns(one.value));
  if ((signs & ABORTED) !== 0) return abortSigns(one, call);
  if (typeof message !== 'string') return signs;
  if (signs === 0 && code == null) signs = signalSigns(one.value);
  if (signs === 0 && mayReadText(code)) signs = ownSigns(one, message);
  // A client that gives up may say so under the code of a cut connection: then its text tells.
  if (code === 'ECONNABORTED' && saysTimeout(message)) signs |= TIMEOUT;
  return likelyOf(signs) !== 0 && isUntrusted(message) ? signs | CONTRARY : signs;
}

function codesOf(one: Thrown): number {
  const { value, code, message } = one;
  const sqlState = read(value, 'sqlState');
  const errno = read(value, 'errno');
  let signs = typeof code === 'number' ? numberSigns(one, code) : textCodeSigns(code, message);
  // The name of an error says more than its class of states: MySQL's "too many connections" is of class 08.
  if (signs === 0) {
    signs =
      typeof errno === 'number' ? errnoSigns(errno, sqlState !== undefined) : textCodeSigns(errno, message);
  }
  if (signs === 0) signs = textCodeSigns(sqlState, message);
  for (const key of CODE_LIKE) signs |= textCodeSigns(read(value, key), message);
  for (const label of listOf(read(value, 'errorLabels'), MOST_LABELS)) signs |= textCodeSigns(label, message);
  return signs | smtpSigns(read(value, 'responseCode'));
}

function textCodeSigns(code: unknown, message: unknown): number {
  if (typeof code !== 'string') return 0;
  return code === QUERY_CANCELED ? slowIfTimeout(message) : codeSigns(code);
}

/** A number is one of gRPC's only beside what gRPC and Connect have; elsewhere 14 means other things. */
function numberSigns({ value, name }: Thrown, code: number): number {
  const signs = GRPC.get(code);
  if (signs === undefined) return 0;
  const details = read(value, 'details');
  const isGrpc =
    typeof details === 'string' && (read(value, 'metadata') != null || read(value, 'path') != null);
  return isGrpc || name === 'ConnectError' ? signs : 0;
}

/** An abort is somebody's own, unless the breaker knows that nobody aborted, or the signal says that time was over. */
function abortSigns({ value, message }: Thrown, call: TrackedCall | undefined): number {
  const isTimeout =
    call?.isAborted === false ||
    isTimeoutError(read(value, 'cause')) ||
    signalSigns(value) !== 0 ||
    (typeof message === 'string' && message.endsWith(DEADLINE_TEXT));
  return isTimeout ? NETWORK | TIMEOUT : ABORTED;
}

/** How the reason of `AbortSignal.timeout()` reads, where a client keeps its text alone. */
const DEADLINE_TEXT = 'aborted due to timeout';

/** Some clients do not say why they were cancelled; the signal that they were given does. */
function signalSigns(error: object): number {
  const isOver = ['config', 'options'].some((key) =>
    isTimeoutError(read(read(read(error, key), 'signal'), 'reason')),
  );
  return isOver ? NETWORK | TIMEOUT : 0;
}

const isTimeoutError = (error: unknown): boolean => read(error, 'name') === 'TimeoutError';

/** A number or the code of an answer says what it is; under other codes a text may say more. */
function mayReadText(code: unknown): boolean {
  return code == null || typeof code === 'string' || code === 0;
}

/** What Nest's microservices say of a handler that threw, or else the text. */
function ownSigns({ value }: Thrown, message: string): number {
  const isNest = message === 'Internal server error' && read(value, 'status') === 'error';
  return isNest ? ILL : textSigns(message);
}
