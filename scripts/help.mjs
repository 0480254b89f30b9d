// Prints the npm scripts with one line each, in the order in which a newcomer needs them.
import { readFileSync } from 'node:fs';

const lines = {
  start: 'build, then run the sample app',
  demo: 'build, then watch a breaker of the sample app open and close',
  test: 'the specs, on Nest 12; under a minute',
  'test:e2e': 'whole apps on real sockets, and the sample app (Nest 12); half a minute',
  'test:coverage': 'the specs of the parts again, with the coverage that CI asks for',
  'test:nest-11': 'the specs that meet Nest again, on Nest 11',
  'test:quick': 'specs by name, on Nest 12 and 11: npm run test:quick -- breaker',
  'test:watch': 'specs of what changed, again on every save (Nest 12)',
  'test:deep': 'the breaker against its naive model, 20 000 sequences; about 2 minutes',
  soak: 'ten million calls of one day: the heap must not grow, the story must repeat; about a minute',
  bench: 'what a call costs, beside the peers; "-- --check" fails when a target is missed',
  mutate:
    'change the code in some 6600 small ways: the specs must notice each; takes a path: npm run mutate -- lib/core/windows',
  'test:types': 'what must, and must not, compile for a user',
  'test:docs': 'compile and run every TypeScript block of the README and the docs',
  'test:recipes': 'the recipes whose clients are not in the project itself, with those of test/clients',
  'test:package': 'the packed tarball in real consumers (run "npm run build" first)',
  'test:matrix': 'the tarball, end to end, on every Nest, Node, runner and compiler; about 10 minutes',
  'test:clients':
    'real clients against ill servers: what the trackers see of each; at most a quarter of an hour',
  typecheck: 'tsc over lib, test and the sample app',
  lint: 'oxlint, with type-aware rules',
  format: 'prettier, writing',
  'format:check': 'prettier, only looking',
  floors: 'who may import whom inside lib/',
  exports: 'put the subpaths of lib/ into package.json',
  build: 'dist/ (ES modules) and dist/cjs/ (CommonJS)',
  check: 'everything that CI runs, in its order',
  help: 'this table',
};
const lifecycle = ['prepack'];

const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const silent = Object.keys(scripts).filter((name) => !(name in lines) && !lifecycle.includes(name));
const ghosts = Object.keys(lines).filter((name) => !(name in scripts));

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => (colour ? `\u001b[1m${text}\u001b[22m` : text);
const command = (name) => (['start', 'test'].includes(name) ? `npm ${name}` : `npm run ${name}`);
const width = Math.max(...Object.keys(lines).map((name) => command(name).length));

for (const [name, line] of Object.entries(lines)) {
  console.log(`  ${bold(command(name).padEnd(width))}  ${line}`);
}
if (silent.length + ghosts.length > 0) {
  console.error(`help: scripts/help.mjs and package.json differ: ${[...silent, ...ghosts].join(', ')}`);
  process.exit(1);
}
