/** No client hides what it knows deeper, and no tracker looks further. */
export const LIMITS = { depth: 5, perLevel: 32, values: 240, text: 500 };

/** Read through the prototype too: a getter or a default of the class. */
export const INHERITED = [
  'name',
  'message',
  'code',
  'errno',
  'status',
  'statusCode',
  'statusText',
  'headers',
  'cause',
  'reason',
  'response',
  'errors',
  'errored',
  'retryable',
];

/** Node's own streams and agents hold the whole world: this is what an answer or a request says of itself. */
export const OF_STREAMS = [
  'statusCode',
  'statusMessage',
  'status',
  'headers',
  'errored',
  'aborted',
  'complete',
  'code',
  'body',
  'text',
];

/** Error classes that are there without an import; a decoded value gets the real one. */
export const BUILT_INS = [
  'Object',
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'EvalError',
  'URIError',
  'AggregateError',
  'DOMException',
];

/** Own properties of every error that are not enumerable, so that no row has to say it. */
export const HIDDEN_IN_ERRORS = ['message', 'cause'];
