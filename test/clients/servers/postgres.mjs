import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needPackages } from './debian.mjs';
import { freePort, ownerNamed, removeFolder, startProcess, temporaryFolder } from './process.mjs';

const run = promisify(execFile);
const VERSIONS = '/usr/lib/postgresql';
const HOST = '127.0.0.1';
const USER = 'app';
const PASSWORD = 'secret';
const DATABASE = 'shop';
/** So few that a call can take them all; three of them are kept for the superuser. */
const MAX_CONNECTIONS = 25;

const SCHEMA = `
  CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}';
  CREATE DATABASE ${DATABASE} OWNER ${USER};
  \\connect ${DATABASE}
  SET ROLE ${USER};
  CREATE TABLE item (id int PRIMARY KEY, note text);
  CREATE TABLE part (id int PRIMARY KEY, item_id int NOT NULL REFERENCES item (id));
  CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(60)::text AS note;
  INSERT INTO item VALUES (1, 'one'), (2, 'two');
`;

/** A PostgreSQL of our own with two small tables; its user is no superuser. */
export async function start() {
  await needPackages('postgresql');
  const owner = ownerNamed('postgres');
  const folder = temporaryFolder('postgres', owner);
  const port = await freePort();
  await makeData(folder, owner);
  const server = await startProcess({
    command: tool('postgres'),
    args: ['-D', join(folder, 'data'), ...settings(port, folder)],
    port,
    owner,
    cwd: folder,
    isUp,
  });
  const user = { user: USER, password: PASSWORD, database: DATABASE, maxConnections: MAX_CONNECTIONS };
  const url = `postgres://${USER}:${PASSWORD}@${HOST}:${port}/${DATABASE}`;
  await prepare(port, join(folder, 'schema.sql'));
  return { ...server, ...user, url, stop: () => server.stop().then(() => removeFolder(folder)) };
}

/** Of the newest version that is installed. */
function tool(name) {
  const newest = Math.max(...readdirSync(VERSIONS).map(Number).filter(Number.isInteger));
  return join(VERSIONS, String(newest), 'bin', name);
}

async function makeData(folder, owner) {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD, { mode: 0o644 });
  const options = [
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--username=postgres',
    '--encoding=UTF8',
  ];
  await run(tool('initdb'), ['-D', join(folder, 'data'), '--no-sync', '--no-locale', ...options], {
    ...owner,
    cwd: folder,
  });
}

function settings(port, folder) {
  const all = {
    port,
    listen_addresses: HOST,
    unix_socket_directories: folder,
    max_connections: MAX_CONNECTIONS,
    shared_buffers: '16MB',
    fsync: 'off',
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function isUp(port) {
  try {
    await run(tool('pg_isready'), ['-h', HOST, '-p', String(port), '-t', '1']);
    return true;
  } catch {
    return false;
  }
}

async function prepare(port, file) {
  writeFileSync(file, SCHEMA);
  const where = ['-h', HOST, '-p', String(port), '-U', 'postgres', '-d', 'postgres'];
  await run(tool('psql'), [...where, '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', file], {
    env: { ...process.env, PGPASSWORD: PASSWORD },
  });
}
