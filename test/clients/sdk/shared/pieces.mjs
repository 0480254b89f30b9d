// The first piece of each provider's stream, and what it writes when something has gone wrong after that.
import { event, exception } from './event-stream.mjs';

const EVENTS = 'text/event-stream';
const data = (value, type) => `${type ? `event: ${type}\n` : ''}data: ${JSON.stringify(value)}\n\n`;
const said = (type, code, message) => ({ error: { type, code, message } });

export const CHAT = {
  type: EVENTS,
  first: data({
    id: '1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'made-up',
    choices: [{ index: 0, delta: { role: 'assistant', content: 'hel' }, finish_reason: null }],
  }),
  events: {
    'server_error in mid-stream': [data(said('server_error', 'server_error', 'An error.')), 'overload'],
    'rate limit in mid-stream': [data(said('rate_limit_error', 'rate_limit_exceeded', 'Slow.')), 'overload'],
    'no quota in mid-stream': [data(said('insufficient_quota', 'insufficient_quota', 'None.')), 'contrast'],
    'bad request in mid-stream': [data(said('invalid_request_error', 'bad_tool', 'No.')), 'contrast'],
    'filtered in mid-stream': [data(said('invalid_request_error', 'content_filter', 'No.')), 'contrast'],
  },
};

const STRANGE = 'to it an event with an error is one of the wrong form: a ZodError';

/** The same, read by a client that knows no error in a stream. */
export const MISTRAL = {
  ...CHAT,
  events: Object.fromEntries(
    Object.entries(CHAT.events).map(([name, [written, says]]) => [
      name,
      says === 'contrast' ? [written, says] : [written, says, STRANGE],
    ]),
  ),
};

export const RESPONSES = {
  type: EVENTS,
  first: data(
    { type: 'response.output_text.delta', item_id: '1', output_index: 0, content_index: 0, delta: 'hel' },
    'response.output_text.delta',
  ),
  events: {
    'server_error in mid-stream': [
      data({ type: 'error', code: 'server_error', message: 'An error.', param: null }, 'error'),
      'status5xx',
    ],
    'response.failed in mid-stream': [
      data(
        { type: 'response.failed', response: { id: '1', status: 'failed', ...said('server_error') } },
        'response.failed',
      ),
      'status5xx',
    ],
  },
};

const claude = (type, message) => data({ type: 'error', error: { type, message } }, 'error');
const MESSAGE = { id: '1', type: 'message', role: 'assistant', model: 'made-up', content: [], usage: {} };

export const CLAUDE = {
  type: EVENTS,
  first: data({ type: 'message_start', message: MESSAGE }, 'message_start'),
  events: {
    'overloaded in mid-stream': [claude('overloaded_error', 'Overloaded'), 'overload'],
    'rate limit in mid-stream': [claude('rate_limit_error', 'Slow down.'), 'overload'],
    'api_error in mid-stream': [claude('api_error', 'Internal server error'), 'overload'],
    'bad request in mid-stream': [claude('invalid_request_error', 'No.'), 'contrast'],
  },
};

export const GEMINI = {
  type: EVENTS,
  first: data({ candidates: [{ content: { role: 'model', parts: [{ text: 'hel' }] } }] }),
  events: {
    'UNAVAILABLE in mid-stream': [
      data({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }),
      'status5xx',
    ],
    'RESOURCE_EXHAUSTED in mid-stream': [
      data({ error: { code: 429, message: 'Slow down.', status: 'RESOURCE_EXHAUSTED' } }),
      'overload',
    ],
    'INVALID_ARGUMENT in mid-stream': [
      data({ error: { code: 400, message: 'No.', status: 'INVALID_ARGUMENT' } }),
      'contrast',
    ],
  },
};

export const COHERE = {
  type: EVENTS,
  first: data(
    { type: 'content-delta', index: 0, delta: { message: { content: { text: 'hel' } } } },
    'content-delta',
  ),
  events: {
    'ERROR in mid-stream': [
      data({ type: 'message-end', delta: { finish_reason: 'ERROR', error: 'An error.' } }, 'message-end'),
      'status5xx',
    ],
  },
};

const line = (value) => `${JSON.stringify(value)}\n`;

export const OLLAMA = {
  type: 'application/x-ndjson',
  first: line({ model: 'made-up', message: { role: 'assistant', content: 'hel' }, done: false }),
  events: {
    'runner gone in mid-stream': [
      line({ error: 'llama runner process no longer running: 2' }),
      'overload',
      'only a text about the runner of the model',
    ],
  },
};

export const BEDROCK = {
  type: 'application/vnd.amazon.eventstream',
  first: Buffer.concat([
    event('messageStart', { role: 'assistant' }),
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'hel' } }),
  ]),
  events: {
    'ThrottlingException in mid-stream': [exception('throttlingException', 'Slow down.'), 'overload'],
    'ModelStreamErrorException in mid-stream': [
      exception('modelStreamErrorException', 'An error.'),
      'overload',
    ],
    'ServiceUnavailableException in mid-stream': [
      exception('serviceUnavailableException', 'Unavailable.'),
      'overload',
    ],
    'InternalServerException in mid-stream': [exception('internalServerException', 'An error.'), 'overload'],
    'ValidationException in mid-stream': [exception('validationException', 'No.'), 'contrast'],
  },
};
