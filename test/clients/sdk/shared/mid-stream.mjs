import { createServer } from 'node:http';
import { once } from 'node:events';

/** Long enough for the client to have read what came before. */
const PAUSE_MS = 50;

/** What comes after the first piece of a stream. */
const ENDS = {
  'reset in mid-stream': (response) => response.socket.resetAndDestroy(),
  'closed in mid-stream': (response) => response.socket.end(),
};

/** A server that begins a stream well, then does what `end` does. */
async function serve(keep, type, first, end) {
  const server = createServer((request, response) => {
    response.on('error', () => {});
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': type });
      response.write(first);
      setTimeout(end, PAUSE_MS, response);
    });
  });
  server.on('connection', (socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  keep(() => server.closeAllConnections());
  keep(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}`, keep };
}

/**
 * The answers of a stream that breaks after its first piece: cut off, and with each of `events`:
 * { name: [what is written, what it is, why nothing in the error tells] }.
 */
export function breaking({ type, first, events }, call) {
  const answer = (name, says, end, why) => ({
    name,
    says,
    ...(why !== undefined && { tells: false, why }),
    call: async ({ keep }) => call(await serve(keep, type, first, end)),
  });
  const cut = Object.entries(ENDS).map(([name, end]) => answer(name, 'transport', end));
  const told = Object.entries(events).map(([name, [written, says, why]]) =>
    answer(name, says, (response) => response.end(written), why),
  );
  return [...cut, ...told];
}
