import { leaveAlone } from './promise.js';
import { oneLine, ownCopy, show } from './text.js';
import { mustBe } from './validate.js';

/**
 * Hides what must not be shown of an error's text: tokens, addresses, names.
 *
 * It is given the error's message (at most 1024 characters of it), and gives what is shown in its place. `name` and
 * `code` are shown beside it as they are. It must answer at once; when it throws or gives no string, name and code
 * are shown alone. Asked when a text is shown, not for each call.
 */
export type Redact = (
  text: string,
  about: { readonly name: string; readonly code: string | number | undefined },
) => string;

/** More of a message is kept nowhere, and given to nobody's `redact`. */
const MAX_MESSAGE = 1024;
const MAX_NAME = 80;
const UNREADABLE = 'an error that cannot be read';

/**
 * What is kept of an error: an error object can hold a request, its answer and its body.
 *
 * Frozen before it is handed out. `showError` takes it as it takes the error.
 */
export class ErrorSummary {
  constructor(
    /** Of its class; empty for what was thrown and is no error. */
    readonly name: string,
    /** At most 1024 characters. */
    readonly message: string,
    /** `ECONNREFUSED`; where the error has none, that of its `cause`. */
    readonly code: string | number | undefined,
  ) {}
}

/**
 * Reads an error once, and lets it go. Never throws.
 *
 * @param last what was kept of the error before: in an outage most say the same, and there is nothing to copy.
 */
export function summaryOf(error: unknown, last?: ErrorSummary): ErrorSummary {
  try {
    if (error instanceof ErrorSummary) return error;
    if (!(typeof error === 'object' && error !== null && 'message' in error)) {
      return new ErrorSummary('', ownCopy(show(error)), undefined);
    }
    const { name, message, code, cause } = error as Read;
    // `fetch failed` says nothing; its code does.
    const known = codeIn(code) ?? codeIn(cause?.code);
    const isSame = last?.message === message && last?.name === name && last?.code === known && name !== '';
    if (isSame) return last!;
    return new ErrorSummary(
      typeof name === 'string' && name !== '' ? ownCopy(name, MAX_NAME) : 'Error',
      typeof message === 'string' ? ownCopy(message, MAX_MESSAGE) : '',
      typeof known === 'string' ? ownCopy(known, MAX_NAME) : known,
    );
  } catch {
    return new ErrorSummary('', UNREADABLE, undefined);
  }
}

/** What is read of an error; any of it may be anything. */
type Read = { readonly [Key in keyof ErrorSummary]: unknown } & {
  readonly cause?: { readonly code?: unknown } | null;
};

const codeIn = (given: unknown): ErrorSummary['code'] =>
  typeof given === 'number' || (typeof given === 'string' && given !== '') ? given : undefined;

/**
 * `Name: message (CODE)` of whatever was thrown, as one printable line. Never throws.
 *
 * @param onFault hears what `redact` threw.
 */
export function showError(error: unknown, redact?: Redact, onFault?: (fault: unknown) => void): string {
  const summary = summaryOf(error);
  const { name, message, code } = summary;
  const text = redact === undefined ? message : (redactText(message, summary, redact, onFault) ?? '');
  const said = name !== '' && text !== '' ? `${name}: ${text}` : name + text;
  const shown = said === '' ? 'an error' : said;
  return oneLine(typeof code !== 'string' || shown.includes(code) ? shown : `${shown} (${code})`);
}

/** What `redact` leaves of a text; `undefined` when it failed. Never throws. */
export function redactText(
  text: string,
  { name, code }: Pick<ErrorSummary, 'name' | 'code'>,
  redact: Redact,
  onFault?: (fault: unknown) => void,
): string | undefined {
  try {
    const left: unknown = redact(ownCopy(text, MAX_MESSAGE), { name, code });
    if (typeof left === 'string') return left;
    leaveAlone(left);
    throw new TypeError(mustBe('what redact gives', 'a string', left));
  } catch (fault) {
    onFault?.(fault);
    return undefined;
  }
}

/** `redact` failed a listener of ours, which has told what it could: it throws this, so that `onFault` hears of it. */
export class RedactFault extends Error {
  constructor(readonly fault: unknown) {
    super('redact failed');
  }
}

/** What is wrong with what was given as `redact`. */
export function redactProblems(given: unknown): string[] {
  if (given === undefined || typeof given === 'function') return [];
  return [mustBe('redact', 'a function (text, { name, code }) => string', given)];
}

/** What a refusal of ours says, or whatever else was thrown meanwhile. Never throws. */
export function messageOf(error: unknown): string {
  try {
    const { message } = error as { readonly message?: unknown };
    return typeof message === 'string' ? oneLine(message, 1000) : showError(error);
  } catch {
    return showError(error);
  }
}
