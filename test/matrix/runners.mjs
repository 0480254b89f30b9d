// How one cell runs: Jest and Vitest over the compiled specs, each with a report as JSON.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CELL_LIMIT_MS = 180_000;

/** `@jest/globals` under Vitest: the specs name what they use, so the same files run. */
const BRIDGE = `import { vi } from 'vitest';
export { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
const setTimeout = (ms) => vi.setConfig({ testTimeout: ms, hookTimeout: ms });
export const jest = Object.assign(Object.create(vi), { setTimeout });
`;

export function configure(folder, compilers) {
  writeFileSync(join(folder, 'vitest-globals.mjs'), BRIDGE);
  for (const compiler of compilers) {
    const match = `${compiler}/test/e2e/*.e2e-spec.js`;
    const jest = {
      rootDir: folder,
      testMatch: [`<rootDir>/${match}`],
      setupFiles: ['reflect-metadata'],
      transform: {},
    };
    writeFileSync(join(folder, `jest.${compiler}.json`), JSON.stringify(jest));
    const vitest = {
      root: folder,
      resolve: { alias: { '@jest/globals': join(folder, 'vitest-globals.mjs') } },
      test: { include: [match], setupFiles: ['reflect-metadata'], testTimeout: 15_000, maxWorkers: 2 },
    };
    writeFileSync(join(folder, `vitest.${compiler}.mjs`), `export default ${JSON.stringify(vitest)};\n`);
  }
}

const COMMANDS = {
  jest: (folder, compiler, report) => [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(folder, 'node_modules', 'jest', 'bin', 'jest.js'),
    `--config=${join(folder, `jest.${compiler}.json`)}`,
    '--maxWorkers=2',
    '--json',
    `--outputFile=${report}`,
  ],
  vitest: (folder, compiler, report) => [
    join(folder, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    `--config=${join(folder, `vitest.${compiler}.mjs`)}`,
    '--reporter=json',
    `--outputFile=${report}`,
  ],
};

/** @returns names of the specs that passed and failed, with the reason of each failure */
export async function runCell(folder, node, { runner, compiler }) {
  mkdirSync(join(folder, 'reports'), { recursive: true });
  const report = join(folder, 'reports', `${runner}-${compiler}.json`);
  rmSync(report, { force: true });
  const output = await run(node, COMMANDS[runner](folder, compiler, report), folder);
  let results;
  try {
    ({ testResults: results } = JSON.parse(readFileSync(report, 'utf8')));
  } catch {
    throw new Error(`${runner} wrote no report:\n${output.slice(-2000)}`);
  }
  const passed = [];
  const failed = [];
  for (const { assertionResults = [], message, name } of results) {
    if (assertionResults.length === 0) failed.push(`${name}: ${message}`);
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status === 'passed') passed.push(fullName);
      else failed.push(`${fullName} (${status}): ${(failureMessages ?? []).join(' ').slice(0, 600)}`);
    }
  }
  return { passed, failed };
}

function run(node, args, cwd) {
  // What the outer Node was told is not for the inner one.
  const { NODE_OPTIONS: _, ...env } = process.env;
  return new Promise((resolve) => {
    const limits = {
      cwd,
      env: { ...env, NO_COLOR: '1' },
      timeout: CELL_LIMIT_MS,
      maxBuffer: 64 * 1024 * 1024,
    };
    execFile(node, args, limits, (_error, stdout, stderr) => resolve(`${stdout}\n${stderr}`));
  });
}
