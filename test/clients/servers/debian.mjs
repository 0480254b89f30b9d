import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const INSTALL_MS = 300_000;

/**
 * Installs those of these Debian packages that are missing, when we may. Throws an Error that names them and the
 * command otherwise. Several processes may ask at once: apt waits for its own lock.
 */
export async function needPackages(...names) {
  const missing = [];
  for (const name of names) {
    if (!(await isInstalled(name))) missing.push(name);
  }
  if (missing.length === 0) return;
  if (process.getuid() !== 0) throw new Error(remedyFor(missing));
  await install(missing);
}

async function isInstalled(name) {
  try {
    const { stdout } = await run('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name]);
    return stdout === 'installed';
  } catch {
    return false;
  }
}

async function install(missing) {
  // RUNLEVEL keeps the packages from starting servers of their own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const limits = { env, timeout: INSTALL_MS, maxBuffer: 64 * 1024 * 1024 };
  const wait = ['-o', `DPkg::Lock::Timeout=${INSTALL_MS / 1000}`];
  try {
    await run('apt-get', [...wait, 'update', '--quiet'], limits);
    await run(
      'apt-get',
      [...wait, 'install', '--yes', '--quiet', '--no-install-recommends', ...missing],
      limits,
    );
  } catch (error) {
    throw new Error(`${remedyFor(missing)} It was tried here and failed: ${error.message}`, { cause: error });
  }
}

const remedyFor = (missing) =>
  `These Debian packages are missing: ${missing.join(', ')}. Run as root: apt-get install ${missing.join(' ')}`;

/** The version of an installed package, without Debian's own additions: '15.18'. */
export async function versionOf(name) {
  const { stdout } = await run('dpkg-query', ['--show', '--showformat=${Version}', name]);
  return stdout.replace(/^\d+:/, '').replace(/[-+].*$/, '');
}
