import { show } from '../../base/text.js';
import { mustBe, numberProblems, type NumberRule } from '../../base/validate.js';
import { codeSigns } from './codes.js';
import { statusIn, type Fields } from './fields.js';
import { ask, read } from '../../base/read.js';
import { statusInName, statusInText } from './texts.js';
import { refuse } from '../tracker.js';

/**
 * The status of the answer that this error tells of; `undefined` where no answer came.
 *
 * A status without an answer is none: octokit gives 500 to a request that failed on its way. A number in `code` is one only
 * beside a response.
 */
export function statusOf(fields: Fields): number | undefined {
  const { value, code, response, own } = fields;
  const ofField = fields.status ?? own?.status;
  const asked = statusIn(ask(value, 'getStatus'));
  if (asked !== undefined) return asked;
  if (response != null) {
    return (
      statusIn(read(response, 'status')) ??
      statusIn(read(response, 'statusCode')) ??
      ofField ??
      statusIn(code)
    );
  }
  if (ofField !== undefined) return own?.request == null || own.headers != null ? ofField : undefined;
  // AWS SDK 3
  const ofMetadata = statusIn(read(own?.metadata, 'httpStatusCode'));
  if (ofMetadata !== undefined) return ofMetadata;
  const held = own?.holder;
  const ofHolder = statusIn(read(held, 'statusCode')) ?? statusIn(read(read(held, 'response'), 'status'));
  // Boom makes one up for a request that failed on its way.
  if (ofHolder !== undefined) return typeof code === 'string' && codeSigns(code) !== 0 ? undefined : ofHolder;
  // Connect keeps it in its text alone; others have nothing but a text.
  const ofText = statusInText(fields.message) ?? statusInName(fields.name);
  // A number in `code` is a status where the text says so too: "HTTP-Code: 503".
  return typeof code === 'number' && code !== ofText ? statusInText(own?.rawMessage) : ofText;
}

const STATUS: NumberRule = {
  allowed: 'a whole number from 100 to 599',
  accepts: (value) => Number.isInteger(value) && value >= 100 && value <= 599,
};

/** The text of a tracker of statuses; throws what is wrong with its arguments. */
export function statusRange(name: string, from: number, to: number): string {
  const range = from === to ? [from] : [from, to];
  const text = `${name}(${range.map(show).join(', ')})`;
  refuse(text, numberProblems('from', from, STATUS));
  refuse(text, numberProblems('to', to, STATUS));
  if (from > to) {
    refuse(text, [mustBe('to', `at least from (${from})`, to, `Did you mean ${name}(${to}, ${from})?`)]);
  }
  return text;
}
