// Builds the package and the sample app, then runs one of the sample's programs (main or demo) in this process:
// a signal that reaches npm alone has only its shell between it and us.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sample = fileURLToPath(new URL('../sample-app/', import.meta.url));
const nest = createRequire(`${sample}package.json`).resolve('@nestjs/cli/bin/nest.js');

const parent = process.ppid;
for (const [cwd, ...args] of [
  [root, 'scripts/build.mjs'],
  [sample, nest, 'build'],
]) {
  const { status } = spawnSync(process.execPath, args, { cwd, stdio: 'inherit' });
  if (status !== 0 || process.ppid !== parent) process.exit(status || 1);
}

process.setSourceMapsEnabled(true);
await import(new URL(`../sample-app/dist/${process.argv[2]}.js`, import.meta.url).href);
