// Builds the package, then runs the benchmark on it, in a process of its own that can be told to collect garbage.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
for (const args of [['scripts/build.mjs'], ['--expose-gc', 'bench/main.mjs', ...process.argv.slice(2)]]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
