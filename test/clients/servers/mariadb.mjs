import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needPackages } from './debian.mjs';
import { freePort, ownerNamed, removeFolder, startProcess, temporaryFolder } from './process.mjs';

const run = promisify(execFile);
const HOST = '127.0.0.1';
const USER = 'app';
const PASSWORD = 'secret';
const DATABASE = 'shop';
/** The fewest that MariaDB takes; one more is kept for the superuser. */
const MAX_CONNECTIONS = 10;

const SCHEMA = `
  CREATE DATABASE ${DATABASE};
  CREATE USER ${USER}@'%' IDENTIFIED BY '${PASSWORD}';
  GRANT ALL ON \`%\`.* TO ${USER}@'%';
  USE ${DATABASE};
  CREATE TABLE item (id int PRIMARY KEY, note text) ENGINE=InnoDB;
  CREATE TABLE part (id int PRIMARY KEY, item_id int NOT NULL, FOREIGN KEY (item_id) REFERENCES item (id)) ENGINE=InnoDB;
  INSERT INTO item VALUES (1, 'one'), (2, 'two');
`;

/** A MariaDB of our own with two small tables; its user is no superuser. */
export async function start() {
  await needPackages('mariadb-server');
  const owner = ownerNamed('mysql');
  const folder = temporaryFolder('mariadb', owner);
  const port = await freePort();
  await makeData(folder, owner);
  const server = await startProcess({
    command: '/usr/sbin/mariadbd',
    args: settings(port, folder),
    port,
    owner,
    cwd: folder,
    isUp: greets,
  });
  const user = { user: USER, password: PASSWORD, database: DATABASE, maxConnections: MAX_CONNECTIONS };
  const url = `mysql://${USER}:${PASSWORD}@${HOST}:${port}/${DATABASE}`;
  await prepare(folder, owner);
  return { ...server, ...user, url, stop: () => server.stop().then(() => removeFolder(folder)) };
}

async function makeData(folder, owner) {
  const options = [
    '--no-defaults',
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
  ];
  await run('mariadb-install-db', [...options, `--datadir=${join(folder, 'data')}`], {
    ...owner,
    cwd: folder,
    // Temporary tables of two of them in one folder would disturb each other.
    env: { ...process.env, TMPDIR: folder },
  });
}

function settings(port, folder) {
  const all = {
    datadir: join(folder, 'data'),
    tmpdir: folder,
    socket: join(folder, 'socket'),
    'pid-file': join(folder, 'pid'),
    'bind-address': HOST,
    port,
    'max-connections': MAX_CONNECTIONS,
    'innodb-buffer-pool-size': '16M',
    'innodb-log-file-size': '8M',
    'innodb-flush-log-at-trx-commit': 0,
    'performance-schema': 'OFF',
  };
  return [
    '--no-defaults',
    '--skip-name-resolve',
    ...Object.entries(all).map(([name, value]) => `--${name}=${value}`),
  ];
}

/** The server speaks first: it is up when it does. */
async function greets(port) {
  const socket = createConnection(port, HOST);
  socket.on('error', () => {});
  try {
    await once(socket, 'data', { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function prepare(folder, owner) {
  const file = join(folder, 'schema.sql');
  writeFileSync(file, SCHEMA);
  const where = ['--no-defaults', `--socket=${join(folder, 'socket')}`, '--user=root'];
  await run('mariadb', [...where, '-e', `source ${file}`], { ...owner, cwd: folder });
}
