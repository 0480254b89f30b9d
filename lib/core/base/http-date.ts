/** `Sun, 06 Nov 1994 08:49:37 GMT`, and its old form `Sunday, 06-Nov-94 08:49:37 GMT`. */
const HTTP_DATE = /^[A-Z][a-z]{2,8}, \d\d?[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d GMT$/;
/** `Sun Nov  6 08:49:37 1994`: the oldest form, which means GMT without saying so. */
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;
/** Of servers that know no better; only with its zone, which would be a guess. */
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** The instant of a date in a header, epoch ms; NaN for anything else. */
export function httpDateMs(text: string): number {
  if (ASCTIME.test(text)) return Date.parse(`${text} GMT`);
  // Nothing else is parsed: V8 makes a date of nearly every text that has a number in it.
  return HTTP_DATE.test(text) || ISO.test(text) ? Date.parse(text) : NaN;
}
