// Builds dist/ (ES modules) and dist/cjs/ (CommonJS, for runtimes that cannot require an ES module).
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

function node(...args) {
  return new Promise((resolve, reject) => {
    spawn(process.execPath, args, { stdio: 'inherit' })
      .on('error', reject)
      .on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${args.join(' ')} failed`))));
  });
}

const tsc = 'node_modules/typescript/bin/tsc';

try {
  await node('scripts/exports.mjs');
  rmSync('dist', { recursive: true, force: true });
  await Promise.all([node(tsc, '-p', 'tsconfig.build.json'), node(tsc, '-p', 'tsconfig.cjs.json')]);
  mkdirSync('dist/cjs', { recursive: true });
  writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exit(1);
}
