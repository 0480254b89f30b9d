// Packs the tarball and proves it: its files, its types, and real consumers on Nest 11 and 12.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  compileConsumer,
  jestConsumer,
  makeConsumer,
  runAdapters,
  runConsumer,
  runWithout,
} from './consumers.mjs';
import * as tarball from './tarball.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
if (!existsSync(join(root, 'dist', 'index.js'))) {
  console.error('package: dist/ is missing; run "npm run build" first');
  process.exit(1);
}

const only = process.argv.slice(2).join(' ').toLowerCase();
const temp = realpathSync(mkdtempSync(join(tmpdir(), 'fluxgate-package-')));
let passed = 0;
let failed = 0;

async function check(name, body) {
  if (!name.toLowerCase().includes(only)) return;
  const since = Date.now();
  const time = () => `${((Date.now() - since) / 1000).toFixed(1)} s`;
  try {
    const note = await body();
    passed += 1;
    console.log(`  ok      ${name} (${time()})${note ? `: ${note}` : ''}`);
  } catch (error) {
    failed += 1;
    console.log(
      `  FAILED  ${name} (${time()})\n${String(error?.message ?? error).replace(/^/gm, '          ')}`,
    );
  }
}

function pack() {
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  const pack = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', temp];
  const printed = JSON.parse(execFileSync(command, [...args, ...pack], { cwd: root, encoding: 'utf8' }));
  const [{ filename }] = Array.isArray(printed) ? printed : Object.values(printed);
  execFileSync('tar', ['-xzf', filename], { cwd: temp });
  return { file: join(temp, filename), unpacked: join(temp, 'package') };
}

const consumers = [
  { name: 'nest-12-esm', nest: 12, type: 'module' },
  { name: 'nest-12-commonjs', nest: 12, type: 'commonjs' },
  { name: 'nest-11-commonjs', nest: 11, type: 'commonjs' },
];

try {
  const { file, unpacked } = pack();
  const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
  const entries = Object.keys(manifest.exports)
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => manifest.name + subpath.slice(1));

  await check('files', () => tarball.contents(unpacked));
  await check('no dependencies', () => tarball.noDependencies(manifest));
  await check('exports', () => tarball.exportsMatch(manifest, unpacked));
  await check('imports', () => tarball.importsAllowed(manifest, unpacked));
  await check('documentation', () => tarball.docsSurvive(unpacked));
  await check('publint', () => tarball.publintPasses(unpacked));
  await check('are the types wrong', () => tarball.attwPasses(file));
  for (const consumer of consumers) {
    await check(consumer.name, () => {
      const folder = makeConsumer(temp, unpacked, consumer);
      compileConsumer(folder);
      const notes = [runConsumer(folder, entries), runAdapters(folder)];
      return [...notes, runWithout(folder, Object.keys(manifest.peerDependenciesMeta))].join('; ');
    });
  }
  await check('nest-11-jest', () => {
    const folder = makeConsumer(temp, unpacked, { name: 'nest-11-jest', nest: 11, type: 'commonjs' });
    jestConsumer(folder);
    return 'default mode';
  });
} catch (error) {
  failed += 1;
  console.error(`package: ${error?.message ?? error}`);
} finally {
  rmSync(temp, { recursive: true, force: true });
}

console.log(`package: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
