import type { TrackedCall } from '../../model/part.js';
import {
  closeSigns,
  codeSigns,
  errnoSigns,
  grpcSigns,
  isSystemCode,
  QUERY_CANCELED,
  smtpSigns,
  sqlServerSigns,
} from './codes.js';
import type { Fields } from './fields.js';
import { ABORTED, CONTRARY, ILL, likelyOf, NETWORK, OVERLOAD, TIMEOUT } from './kinds.js';
import { classSigns, nameSigns } from './names.js';
import { listOf, read } from '../../base/read.js';
import { amqpSigns, grpcNumberIn, isUntrusted, saysTimeout, slowIfTimeout, textSigns } from './texts.js';

const NO_QUOTA = 'insufficient_quota';

/** What an error tells that came with an answer: by its status, and by quotas and throttling beside it. */
export function answerSigns(fields: Fields, status: number): number {
  if (isThrottled(fields) || (status < 500 && isRefusedAsBusy(fields))) return OVERLOAD;
  if (status === 429) return hasNoQuota(fields) ? CONTRARY : OVERLOAD;
  return statusSigns(status);
}

/** What a status says alone. */
export function statusSigns(status: number): number {
  if (status === 529) return OVERLOAD | ILL;
  if (status === 429) return OVERLOAD;
  return status >= 500 ? ILL : CONTRARY;
}

/** AWS SDK 3 says so whatever the status. */
function isThrottled({ name, own }: Fields): boolean {
  return read(own?.retryable, 'throttling') === true || (own?.fault !== undefined && isBusy(name));
}

/** AWS answers 400 to a caller that it throttles, Google 403. */
function isRefusedAsBusy({ value, code }: Fields): boolean {
  return isBusy(code) || isBusy(read(listOf(read(value, 'errors'), 1)[0], 'reason'));
}

const isBusy = (name: unknown): boolean => (nameSigns(name) & OVERLOAD) !== 0;

/** Nothing is left of what was paid for: that does not pass by waiting. Clients keep the answer's body where they like. */
function hasNoQuota({ code, message, response, own }: Fields): boolean {
  if (code === NO_QUOTA || own?.codes?.includes(NO_QUOTA) === true) return true;
  if (
    [message, own?.body].some((text) => typeof text === 'string' && text.slice(0, 1024).includes(NO_QUOTA))
  ) {
    return true;
  }
  const bodies = [own?.error, own?.data, own?.body, read(response, 'data')];
  return bodies.some((body) => isNoQuota(body) || isNoQuota(read(body, 'error')));
}

const isNoQuota = (error: unknown): boolean =>
  read(error, 'code') === NO_QUOTA || read(error, 'type') === NO_QUOTA;

/** What an error tells by its codes, numbers and names; its text is the last resort. */
export function signsOf(fields: Fields, call: TrackedCall | undefined): number {
  const { value, code } = fields;
  if (code === NO_QUOTA) return CONTRARY;
  // Mailgun's, beside a status that it makes up.
  if (isSystemCode(fields.message)) return codeSigns(fields.message);
  const { name, message } = fields;
  // Its number says all: Connect's ConnectError may be anything.
  let signs = isOfGrpc(fields, name)
    ? grpcSigns(code as number, message)
    : codesOf(fields, message) | (nameSigns(name) || classSigns(value));
  if ((signs & ABORTED) !== 0) return abortSigns(value, message, call);
  if (typeof code === 'number' && code > 1000 && typeof read(value, 'wasClean') === 'boolean')
    return closeSigns(code);
  if (typeof message !== 'string') return signs;
  if (typeof code === 'number') signs |= amqpSigns(message);
  if (signs === 0 && code == null && fields.own !== undefined) signs = signalSigns(value);
  if (
    signs === 0 &&
    mayReadText(code, fields.ownStatus) &&
    !isStatusText(fields.ownStatus) &&
    !isStatusText(fields.ownStatusCode)
  )
    signs = isOfNest(fields, message) ? ILL : lastResort(message);
  // A client that gives up may say so under the code of a cut connection: then its text tells.
  if (code === 'ECONNABORTED' && saysTimeout(message)) signs |= TIMEOUT;
  return likelyOf(signs) !== 0 && isUntrusted(message) ? signs | CONTRARY : signs;
}

function lastResort(message: string): number {
  const number = grpcNumberIn(message);
  return number === undefined ? textSigns(message) : grpcSigns(number, message);
}

function codesOf(fields: Fields, message: unknown): number {
  const { code, own } = fields;
  let signs = textCodeSigns(code, message);
  if (own === undefined) return signs;
  const { errno, sqlState, codes } = own;
  // The name of an error says more than its class of states: MySQL's "too many connections" is of class 08.
  if (signs === 0) {
    signs =
      typeof errno === 'number' ? errnoSigns(errno, sqlState !== undefined) : textCodeSigns(errno, message);
  }
  if (signs === 0) signs = textCodeSigns(sqlState, message);
  if (codes !== undefined) for (const one of codes) signs |= textCodeSigns(one, message);
  if (code === 'EREQUEST') signs |= sqlServerSigns(own.number);
  return signs | smtpSigns(own.responseCode);
}

function textCodeSigns(code: unknown, message: unknown): number {
  if (typeof code !== 'string') return 0;
  return code === QUERY_CANCELED ? slowIfTimeout(message) : codeSigns(code);
}

/** A number is one of gRPC's only beside what gRPC and Connect have; elsewhere 14 means other things. */
function isOfGrpc({ code, own }: Fields, name: unknown): boolean {
  if (typeof code !== 'number') return false;
  return (typeof own?.details === 'string' && own.peer != null) || name === 'ConnectError';
}

/** An abort is somebody's own, unless the breaker knows that nobody aborted, or the signal says that time was over. */
function abortSigns(error: object, message: unknown, call: TrackedCall | undefined): number {
  const isTimeout =
    call?.isAborted === false ||
    isTimeoutError(read(error, 'cause')) ||
    signalSigns(error) !== 0 ||
    (typeof message === 'string' && message.endsWith(DEADLINE_TEXT));
  if (isTimeout) return NETWORK | TIMEOUT;
  // InfluxDB's client: the server did, unless somebody is known to have.
  return message === 'Response aborted' && call === undefined ? NETWORK : ABORTED;
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

/** A status that is a text is none, but it is no lost connection either. */
const isStatusText = (status: unknown): boolean => typeof status === 'string' && /^[45]\d\d$/.test(status);
/** Under a code that says nothing a text may say more. */
const mayReadText = (code: unknown, status: unknown): boolean =>
  typeof code !== 'number' || code < MOST_VAGUE || code === status;
/** Numbers below are of anybody: those of databases and statuses are above. */
const MOST_VAGUE = 100;

/** What Nest's microservices say of a handler that threw. */
const isOfNest = ({ ownStatus }: Fields, message: string): boolean =>
  ownStatus === 'error' && message === 'Internal server error';
