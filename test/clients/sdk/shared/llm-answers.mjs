import { createServer } from 'node:http';
import { once } from 'node:events';

const JSON_TYPE = { 'content-type': 'application/json' };
const EVENTS = { 'content-type': 'text/event-stream' };
const error = (type, code, message) => JSON.stringify({ error: { type, code, message } });

/** What providers answer beside the usual statuses: [status, headers, body, what it is]. */
const ANSWERS = {
  'overloaded, 529': [529, JSON_TYPE, error('overloaded_error', null, 'Overloaded'), 'overload'],
  'no quota left': [
    429,
    JSON_TYPE,
    error('insufficient_quota', 'insufficient_quota', 'You exceeded your current quota.'),
    'contrast',
  ],
  'content filter': [
    400,
    JSON_TYPE,
    error('invalid_request_error', 'content_filter', 'The prompt was filtered.'),
    'contrast',
  ],
  '400 that quotes': [
    400,
    JSON_TYPE,
    error('invalid_request_error', 'bad_tool', 'The tool said: connect ECONNREFUSED 10.0.0.1:443'),
    'contrast',
  ],
};

/** In the middle of a stream, as each provider writes it. */
const MID_STREAM = {
  openai: {
    'server_error in mid-stream': [
      error('server_error', 'server_error', 'The server had an error.'),
      'overload',
    ],
    'rate limit in mid-stream': [error('rate_limit_error', 'rate_limit_exceeded', 'Slow down.'), 'overload'],
    'no quota in mid-stream': [error('insufficient_quota', 'insufficient_quota', 'None left.'), 'contrast'],
  },
  anthropic: {
    'overloaded in mid-stream': [
      JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
      'overload',
    ],
    'bad request in mid-stream': [
      JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: 'No.' } }),
      'contrast',
    ],
  },
};

async function serve(keep, status, headers, body) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  keep(() => server.closeAllConnections());
  keep(() => server.close());
  const { port } = server.address();
  return { host: '127.0.0.1', port, url: `http://127.0.0.1:${port}`, keep };
}

const answer = (call, name, says, status, headers, body) => ({
  name,
  says,
  call: async ({ keep }) => call(await serve(keep, status, headers, body)),
});

export const answersOf = (call) =>
  Object.entries(ANSWERS).map(([name, [status, headers, body, says]]) =>
    answer(call, name, says, status, headers, body),
  );

export const eventsOf = (provider, call) =>
  Object.entries(MID_STREAM[provider]).map(([name, [data, says]]) =>
    answer(call, name, says, 200, EVENTS, `event: error\ndata: ${data}\n\n`),
  );
