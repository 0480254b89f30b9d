import { needPackages } from './debian.mjs';
import { freePort, startProcess } from './process.mjs';

/** A NATS server of our own, without persistence. */
export async function start() {
  await needPackages('nats-server');
  const port = await freePort();
  const server = await startProcess({
    command: '/usr/sbin/nats-server',
    args: ['--addr', '127.0.0.1', '--port', String(port)],
    port,
  });
  return { ...server, url: `nats://127.0.0.1:${port}` };
}
