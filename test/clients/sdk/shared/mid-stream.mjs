import { createServer } from 'node:http';
import { once } from 'node:events';

/** Long enough for the client to have read what came before. */
const PAUSE_MS = 500;

/** What comes after the first piece of a stream. */
const ENDS = {
  'reset in mid-stream': (response) => response.socket.resetAndDestroy(),
  'closed in mid-stream': (response) => response.socket.end(),
};

/** Why the signal aborts while nothing more comes: the usual cells, but in mid-stream. */
const ABORTS = {
  deadline: ['timeout', () => new DOMException('The time is over.', 'TimeoutError')],
  caller: ['contrast', () => new Error('The user has left the page.')],
};

/** A server that begins a stream well, then does what `end` does. */
async function serve(keep, { type, first }, end) {
  const server = createServer((request, response) => {
    response.on('error', () => {});
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': type });
      response.write(first);
      setTimeout(() => end(response), PAUSE_MS);
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
 * The answers of a stream that breaks after its first piece: cut off, aborted by a signal, and with each of `events`:
 * { name: [what is written, what it is, why nothing in the error tells] }.
 */
export function breaking(pieces, call, takesSignal) {
  const answer = (name, says, end, why) => ({
    name,
    says,
    ...(why !== undefined && { tells: false, why }),
    call: async ({ keep }) => call(await serve(keep, pieces, end)),
  });
  const cut = Object.entries(ENDS).map(([name, end]) => answer(name, 'transport', end));
  const told = Object.entries(pieces.events).map(([name, [written, says, why]]) =>
    answer(name, says, (response) => response.end(written), why),
  );
  return [...cut, ...told, ...(takesSignal ? aborted(pieces, call) : [])];
}

const aborted = (pieces, call) =>
  Object.entries(ABORTS).map(([name, [says, reason]]) => ({
    name,
    says,
    knows: { isAborted: true },
    call: async ({ keep }) => {
      const controller = new AbortController();
      const target = await serve(keep, pieces, () => controller.abort(reason()));
      return call({ ...target, signal: controller.signal });
    },
  }));
