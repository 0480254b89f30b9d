/**
 * Mutation testing: `npm run mutate` (scripts/mutate.mjs) runs Stryker with this and judges what it found.
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: ['lib/core/**/*.ts', 'lib/nest/**/*.ts'],
  // The sandbox needs what test/mutation/compile.mjs reads, and nothing else.
  ignorePatterns: [
    '**',
    '!lib/**',
    '!test/**',
    'test/nest-11',
    'test/clients/node_modules',
    '!.swcrc',
    '!package.json',
  ],
  buildCommand: 'node test/mutation/compile.mjs',
  disableTypeChecks: false,
  testRunner: 'specs',
  plugins: ['./test/mutation/runner.mjs', './test/mutation/survivors.mjs'],
  coverageAnalysis: 'perTest',
  ignoreStatic: false,
  // A killed mutant may leave the process in disorder: no worker lives long.
  maxTestRunnerReuse: 100,
  // A spec that waits for ever fails by itself (test/mutation/specs.mjs); this is for endless loops.
  timeoutMS: 8000,
  timeoutFactor: 2,
  incremental: true,
  incrementalFile: '.stryker/results.json',
  tempDirName: '.stryker/tmp',
  reporters: ['json', 'html', 'survivors'],
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  htmlReporter: { fileName: 'reports/mutation/mutation.html' },
  thresholds: { high: 100, low: 95, break: null },
  warnings: { slow: false },
  allowConsoleColors: false,
};

/** The least score of each house, in per cent. */
export const floors = [
  { name: 'lib/core', atLeast: 100 },
  { name: 'lib/nest', atLeast: 95 },
];

export { equivalents } from './test/mutation/equivalents.mjs';
