import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const swc = JSON.parse(readFileSync(new URL('./.swcrc', import.meta.url), 'utf8'));
delete swc.$schema;

/** Specs run as native ES modules; `nestjs-fluxgate` means the source in lib/. */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: '<rootDir>/scripts/jest-environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { ...swc, swcrc: false }] },
  setupFiles: ['reflect-metadata'],
  modulePathIgnorePatterns: [
    'dist',
    'sample-app/dist',
    'coverage',
    '.stryker',
    '.compiled',
    'test/clients/node_modules',
  ].map((folder) => `<rootDir>/${folder}/`),
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/nest-11/',
    '<rootDir>/test/package/',
    '<rootDir>/test/docs/',
    '<rootDir>/test/types/',
  ],
};

const publicNames = {
  // One file instead of two hundred: every spec file loads its modules anew.
  '^rxjs$': '<rootDir>/node_modules/rxjs/dist/bundles/rxjs.umd.js',
  '^nestjs-fluxgate$': '<rootDir>/lib/index.ts',
  '^nestjs-fluxgate/(.+)$': '<rootDir>/lib/$1/index.ts',
  '^(\\.{1,2}/.*)\\.js$': '$1',
};

/** What Nest calls e2e: real sockets, real time. `npm run test:e2e`. */
const WHOLE_APPS = ['<rootDir>/test/e2e/', '<rootDir>/test/sample/', '\\.e2e-spec\\.ts$'];

const specs = (...folders) => folders.map((folder) => `<rootDir>/${folder}/**/*.{spec,e2e-spec,test}.ts`);

export default {
  projects: [
    {
      ...shared,
      displayName: 'nest-12',
      testMatch: specs('test'),
      testPathIgnorePatterns: [...shared.testPathIgnorePatterns, ...WHOLE_APPS],
      moduleNameMapper: publicNames,
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: [...specs('test/e2e', 'test/sample'), '<rootDir>/test/**/*.e2e-spec.ts'],
      moduleNameMapper: publicNames,
    },
    {
      ...shared,
      displayName: 'nest-11',
      testMatch: [
        ...specs('test/nest', 'test/e2e'),
        '<rootDir>/test/{alerts,event-emitter,opentelemetry,prometheus,terminus}/{module,missing,*prometheus}.{spec,e2e-spec}.ts',
      ],
      moduleNameMapper: {
        '^@nestjs/(.*)$': '<rootDir>/test/nest-11/node_modules/@nestjs/$1',
        ...publicNames,
      },
    },
  ],
  // Jest leaves one core free by default; specs with real sockets mostly wait. On two cores a fifth less time.
  maxWorkers: availableParallelism() + 1,
  reporters: ['default', '<rootDir>/scripts/jest-count.mjs'],
  coverageProvider: 'babel',
  coverageDirectory: 'coverage',
  coverageReporters: ['text-summary', 'lcov', 'json-summary'],
  collectCoverageFrom: ['lib/**/*.ts'],
  coverageThreshold: {
    './lib/core/': { statements: 100, branches: 100, functions: 100 },
    './lib/nest/': { statements: 95, branches: 95, functions: 95 },
    './lib/alerts/': { statements: 95, branches: 95, functions: 95 },
    './lib/event-emitter/': { statements: 95, branches: 95, functions: 95 },
    './lib/opentelemetry/': { statements: 95, branches: 95, functions: 95 },
    './lib/prometheus/': { statements: 95, branches: 95, functions: 95 },
    './lib/terminus/': { statements: 95, branches: 95, functions: 95 },
  },
};
