import { createConnection, createServer } from 'node:net';

/** How long a server waits for the first bytes of a client that waits for the server's. */
const SILENT_CLIENT_MS = 250;

/** Listens on a port of the kernel's choice; counts connections; ends them all when it closes. */
export async function listen(server, secure = false) {
  const sockets = new Set();
  const seen = { tries: 0 };
  server.on('connection', (socket) => {
    seen.tries += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  return { ...addressOf('127.0.0.1', port, secure), seen, close };
}

export function addressOf(host, port, secure = false) {
  return { host, port, secure, url: `${secure ? 'https' : 'http'}://${host}:${port}` };
}

/** Runs `act` upon the first bytes, or soon after when the client waits for the server to speak. */
function uponBytes(act) {
  return createServer({ allowHalfOpen: false }, (socket) => {
    let isDone = false;
    const once = () => {
      clearTimeout(timer);
      if (!isDone && !socket.destroyed) act(socket);
      isDone = true;
    };
    const timer = setTimeout(once, SILENT_CLIENT_MS);
    socket.once('data', () => setTimeout(once, 5));
    socket.once('close', () => clearTimeout(timer));
  });
}

export const reset = () => listen(uponBytes((socket) => socket.resetAndDestroy()));
export const closed = () => listen(uponBytes((socket) => socket.end()));
export const mute = () => listen(createServer((socket) => socket.on('data', () => {})));

/**
 * A port where nobody listens and nobody else will: it is taken by the near end of a connection, so the kernel gives it
 * to no other server, and a connection to it is refused.
 */
export async function refused() {
  const server = createServer((socket) => socket.on('error', () => {}));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const holder = createConnection(server.address().port, '127.0.0.1');
  holder.on('error', () => {});
  await new Promise((resolve) => holder.once('connect', resolve));
  const close = () => {
    holder.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  return { ...addressOf('127.0.0.1', holder.localPort), seen: { tries: 0 }, close };
}

/** A name that no resolver knows. */
export const unresolvable = async () => ({
  ...addressOf('no-such-host.invalid', 80),
  seen: { tries: 0 },
  close: async () => {},
});
