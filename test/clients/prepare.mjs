import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The clients are installed and the library is built, both only when they are missing or older than their source. */
export function prepare() {
  const installed = `${HERE}node_modules/.package-lock.json`;
  if (!existsSync(installed) || newest(`${HERE}package-lock.json`) > newest(installed) + 60_000) {
    console.log('Installing the clients (npm ci) …');
    run(
      'npm',
      ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--workspaces=false', '--legacy-peer-deps'],
      HERE,
    );
  }
  const built = `${ROOT}dist/index.js`;
  if (!existsSync(built) || newest(`${ROOT}lib`) > newest(built)) {
    console.log('Building the library …');
    run(process.execPath, ['scripts/build.mjs'], ROOT);
  }
}

const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });

/** When the file, or the newest file below the folder, was written. */
function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  const below = readdirSync(path, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Math.max(...below.map((one) => statSync(`${one.parentPath ?? one.path}/${one.name}`).mtimeMs));
}
