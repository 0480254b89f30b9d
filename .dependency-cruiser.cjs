/** The floors of the house: what may import what. `npm run floors` runs it and fails on zero modules. */

const parts = '(windows|trackers|trippers|retries|permits|listeners)';
/** Rooms of the engine itself, on the floor of lib/core/*.ts. */
const engine = '(doors|keyed)';
/** The one file of the engine that knows Nest: its exceptions are HTTP exceptions. */
const exceptions = '^lib/core/(base/errors|model/exceptions)[.]ts$';
const adapters = '^lib/(?!core/|nest/|testing/)([^/]+)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, dependencyTypesNot: ['core'] },
    },
    {
      name: 'floor-0-base',
      comment: 'base imports nothing above itself.',
      severity: 'error',
      from: { path: '^lib/core/base/' },
      to: { path: '^lib/', pathNot: '^lib/core/base/' },
    },
    {
      name: 'floor-1-model',
      comment: 'model imports base only.',
      severity: 'error',
      from: { path: '^lib/core/model/' },
      to: { path: '^lib/', pathNot: '^lib/core/(base|model)/' },
    },
    {
      name: 'floor-2-parts',
      comment: 'A part imports base, model and its own family; the families do not know each other.',
      severity: 'error',
      from: { path: `^lib/core/${parts}[./]` },
      to: { path: '^lib/', pathNot: ['^lib/core/(base|model)/', '^lib/core/$1[./]'] },
    },
    {
      name: 'floor-3-engine',
      comment: 'The engine knows no Nest skin, no testing kit, no adapter.',
      severity: 'error',
      from: { path: '^lib/core/' },
      to: { path: '^lib/', pathNot: '^lib/core/' },
    },
    {
      name: 'floor-3-core-rooms',
      comment: 'Every room of the engine is known here; a new one needs a floor first.',
      severity: 'error',
      from: { path: '^lib/' },
      to: {
        path: '^lib/core/[^/]+/',
        pathNot: ['^lib/core/(base|model)/', `^lib/core/${parts}/`, `^lib/core/${engine}/`],
      },
    },
    {
      name: 'floor-3-core-npm',
      comment: 'From npm the engine needs rxjs and nothing else; only its exceptions know Nest.',
      severity: 'error',
      from: { path: '^lib/core/', pathNot: exceptions },
      to: {
        pathNot: ['^lib/', '(^|node_modules/)rxjs(/|$)'],
        dependencyTypesNot: ['core'],
        couldNotResolve: false,
      },
    },
    {
      name: 'floor-3-exceptions-npm',
      comment: 'The exceptions of the engine know @nestjs/common, and nothing else of Nest.',
      severity: 'error',
      from: { path: exceptions },
      to: { pathNot: ['^lib/', '(^|node_modules/)(rxjs|@nestjs/common)(/|$)'] },
    },
    {
      name: 'floor-4-nest',
      comment: 'The Nest skin sees the engine through its front door.',
      severity: 'error',
      from: { path: '^lib/nest/' },
      to: { path: '^lib/', pathNot: ['^lib/nest/', '^lib/core/index\\.ts$'] },
    },
    {
      name: 'floor-4-testing',
      comment: 'The testing kit sees the engine and the Nest skin through their front doors.',
      severity: 'error',
      from: { path: '^lib/testing/' },
      to: { path: '^lib/', pathNot: ['^lib/testing/', '^lib/(core|nest)/index\\.ts$'] },
    },
    {
      name: 'floor-5-adapters',
      comment: 'An adapter sees the front doors of the engine and the Nest skin, and no other adapter.',
      severity: 'error',
      from: { path: adapters },
      to: { path: '^lib/', pathNot: ['^lib/$1/', '^lib/(core|nest)/index\\.ts$'] },
    },
    {
      name: 'front-door',
      comment: 'lib/index.ts opens the two rooms and no adapter.',
      severity: 'error',
      from: { path: '^lib/index\\.ts$' },
      to: { path: '^lib/', pathNot: '^lib/(core|nest)/' },
    },
    {
      name: 'no-self-import',
      comment: 'Nothing inside the house comes in through the front door, by its path or by its public name.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(dist/|lib/index[.]ts$|nestjs-fluxgate)' },
    },
    {
      name: 'no-dev-dependencies',
      comment: 'What lib imports from npm is a peer.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'no-cellar',
      comment: 'A room has a name of its own.',
      severity: 'error',
      from: {},
      to: {
        path: '/(util|utils|helper|helpers|common|types|shared|misc)(/|[.]ts$)',
        pathNot: 'node_modules',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
