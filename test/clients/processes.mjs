import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));
const FOLDERS = ['http', 'sdk', 'data', 'brokers'];

/** How long one set-up may take: its cells, some at once, and its real server. */
const MOST_MS = 240_000;

/**
 * One process in a group of its own, which is ended with all that it has started. Messages go to `hear`; resolves with
 * what it wrote to stderr when it is gone.
 */
function child(args, hear, { verbose = false } = {}) {
  return new Promise((resolve) => {
    const stdio = ['ignore', verbose ? 'inherit' : 'ignore', 'pipe', 'ipc'];
    const started = spawn(process.execPath, ['--no-warnings', CHILD, ...args], { stdio, detached: true });
    let said = '';
    started.stderr.on('data', (data) => (said = (said + data).slice(-4000)));
    started.on('message', hear);
    const end = () => {
      try {
        process.kill(-started.pid, 'SIGKILL');
      } catch {
        // The whole group is gone already.
      }
    };
    const timer = setTimeout(end, MOST_MS);
    started.on('error', (error) => (said += error.message));
    started.on('exit', (code) => {
      clearTimeout(timer);
      end();
      resolve({ code, said });
    });
  });
}

/** All set-ups: { file, name, package, family, … }; files that cannot be loaded are told of in `broken`. */
export async function listSetups() {
  const files = FOLDERS.flatMap((folder) => filesIn(folder));
  const [setups, broken] = [[], []];
  await inParallel(4, files, async (file) => {
    let heard = false;
    const { said } = await child([file, '--list'], (message) => {
      heard = true;
      setups.push(...message.setups.map((one) => ({ ...one, file })));
    });
    if (!heard) broken.push(`${file.slice(file.lastIndexOf('/clients/') + 9)}: ${firstError(said)}`);
  });
  const byFile = (one, other) => files.indexOf(one.file) - files.indexOf(other.file);
  return { setups: setups.sort(byFile), broken };
}

function filesIn(folder) {
  const at = new URL(`${folder}/`, import.meta.url);
  try {
    const names = readdirSync(at).filter((name) => name.endsWith('.mjs') && !name.startsWith('_'));
    return names.toSorted().map((name) => fileURLToPath(new URL(name, at)));
  } catch {
    return [];
  }
}

const firstError = (said) => /^\w*Error.*$/m.exec(said)?.[0] ?? said.slice(-300);

/** Runs one set-up: its rows, and what went wrong with the set-up itself. */
export async function runSetup({ file, name }, { only, verbose }) {
  const rows = [];
  let strays;
  const hear = (message) => {
    if (message.row !== undefined) rows.push(message.row);
    if (message.strays !== undefined) strays = message.strays;
  };
  const { said } = await child([file, name, ...(only === undefined ? [] : [only])], hear, { verbose });
  return { rows, strays, problem: strays === undefined ? firstError(said) || 'it took too long' : undefined };
}

export async function inParallel(limit, items, work) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
