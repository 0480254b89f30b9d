import { needPackages } from './debian.mjs';
import { freePort, removeFolder, startProcess, temporaryFolder } from './process.mjs';

/** A Redis of our own that keeps nothing. `options` are further settings, such as `{ requirepass: 'secret' }`. */
export async function start(options = {}) {
  await needPackages('redis-server');
  const folder = temporaryFolder('redis');
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'no',
    daemonize: 'no',
    ...options,
  };
  const server = await startProcess({
    command: '/usr/bin/redis-server',
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    port,
    cwd: folder,
  });
  return {
    ...server,
    url: `redis://127.0.0.1:${port}`,
    stop: () => server.stop().then(() => removeFolder(folder)),
  };
}
