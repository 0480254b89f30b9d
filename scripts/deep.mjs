// `npm run test:deep`: the breaker against its model, some 20 000 sequences through five doors (RUNS each).
// A failure prints its seed and path: SEED=… REPLAY=… npm run test:deep plays it again.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync('npm', ['run', '--silent', 'test:quick', '--', 'test/properties/breaker'], {
  env: { ...process.env, RUNS: process.env.RUNS ?? '4000' },
  shell: process.platform === 'win32',
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
