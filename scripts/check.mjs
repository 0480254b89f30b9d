// Runs what CI runs, step by step; stops at the first failure. Ends with the number of tests.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const steps = [
  'format:check',
  'lint',
  'floors',
  'typecheck',
  'test',
  'test:e2e',
  'test:coverage',
  'test:nest-11',
  'test:docs',
  'test:types',
  'build',
  'test:package',
  'demo',
];

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
const total = { passed: 0, failed: 0 };

/** Adds up the closing lines "name: N passed, N failed" of one step. */
function count(line) {
  const match = /^(?:\w+: )?(\d+) passed, (\d+) failed/.exec(line);
  if (!match) return;
  total.passed += Number(match[1]);
  total.failed += Number(match[2]);
}

function run(script) {
  return new Promise((resolve) => {
    const env = colour ? { ...process.env, FORCE_COLOR: process.env.FORCE_COLOR ?? '1' } : process.env;
    const npm = process.env.npm_execpath ?? '';
    const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
    const child = spawn(command, [...args, 'run', '--silent', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      process.stdout.write(chunk);
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(count);
    });
    child.on('error', () => resolve(1)).on('close', (code) => resolve(code ?? 1));
  });
}

rmSync('reports', { recursive: true, force: true });
mkdirSync('reports');
const begin = Date.now();
for (const script of steps) {
  console.log(paint(1, `\n── ${script}`));
  const since = Date.now();
  const code = await run(script);
  if (code !== 0) {
    console.log(paint(31, `── ${script}: failed after ${seconds(since)}`));
    process.exit(1);
  }
  console.log(paint(32, `── ${script}: ok, ${seconds(since)}`));
}
console.log(`\ncheck: everything passed in ${seconds(begin)}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
if (total.passed === 0) {
  console.error('check: no test ran');
  process.exit(1);
}
