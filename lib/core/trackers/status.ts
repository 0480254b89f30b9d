import { statusIn, type Fields } from './fields.js';
import { ask, read } from './read.js';
import { statusInText } from './texts.js';

/**
 * The status of the answer that this error tells of; `undefined` where no answer came.
 *
 * A status without an answer is none: octokit gives 500 to a request that failed on its way. A number in `code` is one only
 * beside a response.
 */
export function statusOf(fields: Fields): number | undefined {
  const { value, code, response } = fields;
  const asked = statusIn(ask(value, 'getStatus'));
  if (asked !== undefined) return asked;
  if (response != null) {
    return (
      statusIn(read(response, 'status')) ??
      statusIn(read(response, 'statusCode')) ??
      fields.status ??
      statusIn(code)
    );
  }
  if (fields.status !== undefined) return fields.request == null ? fields.status : undefined;
  // AWS SDK 3
  const ofMetadata = statusIn(read(fields.metadata, 'httpStatusCode'));
  // Connect keeps it in its text alone: "HTTP 503".
  return ofMetadata ?? (typeof fields.rawMessage === 'string' ? statusInText(fields.rawMessage) : undefined);
}
