// `npm run test:deep`: the breaker against its model, some 20 000 sequences through five doors (RUNS each).
// Every run plays other stories. A failure prints its seed and path: SEED=… REPLAY=… npm run test:deep plays it again.
import { spawnSync } from 'node:child_process';

const { RUNS = '4000', SEED = String(Math.floor(Math.random() * 1e9)) } = process.env;
console.log(`test:deep: RUNS=${RUNS} for each of five doors, SEED=${SEED}`);
const { status } = spawnSync(
  'npm',
  ['run', '--silent', 'test:quick', '--', 'test/properties/breaker', 'test/properties/quiet'],
  {
    env: { ...process.env, RUNS, SEED },
    shell: process.platform === 'win32',
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
