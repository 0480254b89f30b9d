// What the matrix is made of. Every cell is one version of Nest, on one of Node, under one test runner, with the
// decorators of one compiler; each runs on Express and on Fastify.

/** `range` is asked of the registry; what was really installed stands in the report. */
export const NESTS = [
  // Its @nestjs/platform-fastify asks for Nest 10, by mistake: a user of it has to say --legacy-peer-deps too.
  { name: 'nest-11.0.0', range: '11.0.0', axios: '^4.0.0', flags: ['--legacy-peer-deps'] },
  { name: 'nest-11', range: '^11.0.0', axios: '^4.0.0' },
  { name: 'nest-12', range: '^12.0.0', axios: '^12.0.0' },
];

/** The `node` package brings the binaries. */
export const NODES = ['20', '22', '24'];

export const RUNNERS = ['jest', 'vitest'];

export const COMPILERS = ['swc', 'tsc'];

/** Express and Fastify: both are in the names of the specs. */
export const PLATFORMS = ['Express', 'Fastify'];

/** The newest Vitest that runs on every Node above. */
const VITEST = '^4.0.0';

export function dependenciesOf({ range, axios }, tarball, { devDependencies, overrides }) {
  const ours = (...names) => Object.fromEntries(names.map((name) => [name, devDependencies[name]]));
  const nest = ['common', 'core', 'platform-express', 'platform-fastify', 'testing'];
  return {
    private: true,
    type: 'module',
    dependencies: {
      'nestjs-fluxgate': `file:${tarball}`,
      ...Object.fromEntries(nest.map((name) => [`@nestjs/${name}`, range])),
      '@nestjs/axios': axios,
      ...ours('@jest/globals', '@types/express', '@types/node', '@types/supertest', 'axios', 'jest'),
      ...ours('reflect-metadata', 'rxjs', 'supertest'),
      vitest: VITEST,
    },
    overrides,
  };
}
