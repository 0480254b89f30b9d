import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, chownSync, readdirSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Family } from './family.mjs';

const HOST = '127.0.0.1';
const UP_MS = 30_000;
const END_MS = 10_000;
const LOOK_AGAIN_MS = 50;
const TRY_AGAIN_MS = 300;
/** How much of a server's own output is kept, to be shown when it does not come up. */
const KEPT_OUTPUT = 4000;

/** What must be ended and removed when this process ends, whatever ends it. */
const running = new Set();
const folders = new Set();

process.on('exit', endAll);
process.on('disconnect', () => process.exit(1));
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.once(signal, () => process.exit(code));
}

function endAll() {
  for (const { family } of running) family.signal('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** A port that the kernel holds free at this moment. */
export async function freePort() {
  const server = createServer();
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * An empty folder that is removed when this process ends; owned by `owner` ({ uid, gid }) when given. Those that were
 * left by processes that were killed are removed too.
 */
export function temporaryFolder(name, owner) {
  for (const one of readdirSync(tmpdir())) {
    const [, maker] = /^clients-[a-z]+-(\d+)-/.exec(one) ?? [];
    if (maker !== undefined && !existsSync(`/proc/${maker}`)) removeFolder(join(tmpdir(), one));
  }
  const folder = mkdtempSync(join(tmpdir(), `clients-${name}-${process.pid}-`));
  folders.add(folder);
  if (owner?.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  folders.delete(folder);
}

/** `{ uid, gid }` to run a server as, since many refuse to run as root; empty when we are not root. */
export function ownerNamed(user) {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Whether a connection to the port is accepted. */
export async function answers(port) {
  const socket = createConnection(port, HOST);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}

/**
 * Runs a server until it is up. `isUp(port)` says whether it serves; without it a connection must be accepted.
 * `restart()` uses the same port and the same arguments.
 */
export async function startProcess({ command, args, port, owner = {}, env, cwd, isUp = answers }) {
  const start = () => launch({ command, args, owner, env, cwd });
  let child = start();
  const signal = (name) => child.family.signal(name);
  const kill = async () => {
    signal('SIGKILL');
    await gone(child, command);
  };
  /** Tried again since a port may be taken for a moment, by a connection of somebody else. */
  const up = async (tries = 3) => {
    try {
      await untilUp(child, () => isUp(port), command);
    } catch (error) {
      await kill();
      if (tries === 1) throw error;
      await wait(TRY_AGAIN_MS);
      child = start();
      await up(tries - 1);
    }
  };
  await up();
  return {
    host: HOST,
    port,
    pid: () => child.pid,
    output: () => child.said(),
    kill,
    freeze: async () => signal('SIGSTOP'),
    thaw: async () => signal('SIGCONT'),
    async restart() {
      await kill();
      child = start();
      await up();
    },
    stop: kill,
  };
}

function launch({ command, args, owner, env, cwd }) {
  // The server ends with us, also when we are killed.
  const [first, ...rest] = existsSync('/usr/bin/setpriv')
    ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--', command, ...args]
    : [command, ...args];
  const options = { ...owner, cwd, env: { ...process.env, ...env }, detached: true };
  const child = spawn(first, rest, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk) => (output = (output + chunk).slice(-KEPT_OUTPUT));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => keep(error.message));
  child.said = () => output;
  child.family = new Family(child.pid);
  running.add(child);
  return child;
}

async function untilUp(child, isUp, command) {
  for (const endsAt = Date.now() + UP_MS; Date.now() < endsAt;) {
    const isServing = await isUp();
    if (hasEnded(child))
      throw new Error(`${command} has ended instead of coming up. It said: ${child.said()}`);
    if (isServing) return;
    await wait(LOOK_AGAIN_MS);
  }
  throw new Error(`${command} did not come up within ${UP_MS} ms. It said: ${child.said()}`);
}

const hasEnded = (child) => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;

/**
 * Until nothing of it runs and its end has been taken note of: only then are its port and its memory free, and its id
 * is no longer that of a process (PostgreSQL looks for it in its lock file).
 */
async function gone(child, command) {
  for (const endsAt = Date.now() + END_MS; Date.now() < endsAt;) {
    if (hasEnded(child) && child.family.living().length === 0) {
      running.delete(child);
      return;
    }
    child.family.signal('SIGKILL');
    await wait(10);
  }
  throw new Error(`${command} (${child.pid}) still runs ${END_MS} ms after it was killed.`);
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
