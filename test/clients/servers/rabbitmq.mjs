import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { needPackages } from './debian.mjs';
import { freePort, ownerNamed, removeFolder, startProcess, temporaryFolder } from './process.mjs';

/** A RabbitMQ of our own: a node with a name, ports and folders that no other one has. */
export async function start() {
  await needPackages('rabbitmq-server');
  const owner = ownerNamed('rabbitmq');
  const folder = temporaryFolder('rabbitmq', owner);
  const [port, distribution] = [await freePort(), await freePort()];
  writeFileSync(join(folder, 'enabled_plugins'), '[].\n');
  writeFileSync(
    join(folder, 'rabbitmq.conf'),
    `listeners.tcp.1 = 127.0.0.1:${port}\nloopback_users = none\n`,
  );
  const server = await startProcess({
    command: '/usr/lib/rabbitmq/bin/rabbitmq-server',
    args: [],
    port,
    owner,
    cwd: folder,
    env: environment(folder, port, distribution),
    isUp: speaksAmqp,
  });
  return {
    ...server,
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    stop: () => server.stop().then(() => removeFolder(folder)),
  };
}

const environment = (folder, port, distribution) => ({
  HOME: folder,
  RABBITMQ_NODENAME: `atlas${port}@localhost`,
  RABBITMQ_NODE_PORT: String(port),
  RABBITMQ_DIST_PORT: String(distribution),
  RABBITMQ_MNESIA_BASE: join(folder, 'data'),
  RABBITMQ_LOG_BASE: join(folder, 'log'),
  RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
  RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
  RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
  RABBITMQ_PID_FILE: join(folder, 'pid'),
  ERL_EPMD_ADDRESS: '127.0.0.1',
});

/** It accepts connections before it serves: it is up when it answers the header of its protocol. */
async function speaksAmqp(port) {
  const socket = createConnection(port, '127.0.0.1');
  socket.on('error', () => {});
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(1000) });
    socket.write(Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]));
    await once(socket, 'data', { signal: AbortSignal.timeout(2000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
