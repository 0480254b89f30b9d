import { ask, read } from './read.js';
import { statusInText } from './texts.js';

/**
 * The status of the answer that this error tells of; `undefined` where no answer came.
 *
 * A status without an answer is none: octokit gives 500 to a request that failed on its way.
 *
 * @param code the error's `code`, which is the status where a response is beside it, and nowhere else.
 * @param response the error's `response`.
 */
export function statusOf(error: object, code: unknown, response: unknown): number | undefined {
  const asked = valid(ask(error, 'getStatus'));
  if (asked !== undefined) return asked;
  const ofResponse = firstOf(response, RESPONSE_KEYS);
  if (ofResponse !== undefined) return ofResponse;
  const own = firstOf(error, OWN_KEYS);
  if (own !== undefined) return response != null || read(error, 'request') == null ? own : undefined;
  // AWS SDK 3
  const ofMetadata = valid(read(read(error, '$metadata'), 'httpStatusCode'));
  if (ofMetadata !== undefined) return ofMetadata;
  if (typeof code === 'number' && response != null) return valid(code);
  // Connect keeps it in its text alone: "HTTP 503".
  const raw = read(error, 'rawMessage');
  return typeof raw === 'string' ? statusInText(raw) : undefined;
}

const RESPONSE_KEYS = ['status', 'statusCode'] as const;
const OWN_KEYS = [
  'status',
  'statusCode',
  'status_code',
  'httpStatusCode',
  'httpStatus',
  'http_code',
  'originalStatusCode',
] as const;

/** What `statusOf` reads: nobody reads it again. */
export const STATUS_KEYS: readonly string[] = [
  ...OWN_KEYS,
  'response',
  'request',
  '$metadata',
  'rawMessage',
  'code',
];

function firstOf(value: unknown, keys: readonly string[]): number | undefined {
  if (value == null) return undefined;
  for (const key of keys) {
    const status = valid(read(value, key));
    if (status !== undefined) return status;
  }
  return undefined;
}

const valid = (status: unknown): number | undefined =>
  typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599
    ? status
    : undefined;
