// A service in a process of its own, which answers after a while; so its answers are there though the client is blocked.
import { createServer } from 'node:http';

const server = createServer((_, response) => {
  setTimeout(() => response.end('pong'), 50);
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
