// The end-to-end suite against the packed tarball, on every Nest, Node, platform, test runner and compiler we promise.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { report } from './report.mjs';
import { configure, runCell } from './runners.mjs';
import { compileSuite } from './suite.mjs';
import { COMPILERS, dependenciesOf, NESTS, NODES, PLATFORMS, RUNNERS } from './versions.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const words = process.argv.slice(2);
const temp = realpathSync(mkdtempSync(join(tmpdir(), 'fluxgate-matrix-')));

const versionOf = (folder, name) =>
  JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;

function npm(args, cwd) {
  const path = process.env.npm_execpath;
  const [command, before] = path ? [process.execPath, [path]] : ['npm', []];
  return execFileSync(command, [...before, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const INSTALL = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];

function pack() {
  npm(['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', temp], root);
  return join(temp, `${manifest.name}-${manifest.version}.tgz`);
}

function installNode(major) {
  const folder = join(temp, `node-${major}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  npm([...INSTALL, `node@${major}`], folder);
  const binary = join(folder, 'node_modules', 'node', 'bin', 'node');
  return { binary, version: execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim().slice(1) };
}

function installNest(nest, tarball) {
  const folder = join(temp, nest.name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(dependenciesOf(nest, tarball, manifest)));
  npm([...INSTALL, ...(nest.flags ?? [])], folder);
  compileSuite(folder);
  configure(folder, COMPILERS);
  return { folder, version: versionOf(folder, '@nestjs/core') };
}

/** Every cell, or those whose names have all the words given. */
function cellsWanted() {
  const cells = NESTS.flatMap((nest) =>
    NODES.flatMap((node) =>
      RUNNERS.flatMap((runner) => COMPILERS.map((compiler) => ({ nest, node, runner, compiler }))),
    ),
  );
  const nameOf = ({ nest, node, runner, compiler }) => [nest.name, `node-${node}`, runner, compiler];
  return cells.filter((cell) => words.every((word) => nameOf(cell).includes(word)));
}

async function runAll(cells) {
  const tarball = pack();
  const nodes = new Map();
  const nests = new Map();
  const done = [];
  for (const { nest, node, runner, compiler } of cells) {
    if (!nodes.has(node)) nodes.set(node, installNode(node));
    if (!nests.has(nest.name)) nests.set(nest.name, installNest(nest, tarball));
    const { folder, version } = nests.get(nest.name);
    const { binary, version: nodeVersion } = nodes.get(node);
    const since = Date.now();
    const { passed, failed } = await runCell(folder, binary, { runner, compiler });
    const platforms = Object.fromEntries(
      PLATFORMS.map((platform) => [platform, passed.filter((name) => name.includes(platform)).length]),
    );
    const isEmpty = PLATFORMS.some((platform) => platforms[platform] === 0);
    if (isEmpty && failed.length === 0) failed.push(`no spec ran on ${PLATFORMS.join(' or ')}`);
    done.push({
      nest: version,
      node: nodeVersion,
      runner,
      compiler,
      platforms,
      passed: passed.length,
      failed,
    });
    const place = `${done.length}/${cells.length}  Nest ${version}  Node ${nodeVersion}  ${runner}  ${compiler}`;
    const seconds = ((Date.now() - since) / 1000).toFixed(1);
    console.log(
      `${place.padEnd(52)}  ${failed.length === 0 ? 'ok    ' : 'FAILED'}  ${passed.length} specs, ${seconds} s`,
    );
    for (const line of failed) console.log(line.replace(/^/gm, '      '));
  }
  return done;
}

if (!existsSync(join(root, 'dist', 'index.js'))) {
  console.error('matrix: dist/ is missing; run "npm run build" first');
  process.exit(1);
}
const wanted = cellsWanted();
if (wanted.length === 0) {
  const known = [
    ...NESTS.map(({ name }) => name),
    ...NODES.map((node) => `node-${node}`),
    ...RUNNERS,
    ...COMPILERS,
  ];
  console.error(`matrix: no cell has all of: ${words.join(' ')}. The words are: ${known.join(', ')}.`);
  process.exit(1);
}
try {
  const done = await runAll(wanted);
  const failed = done.filter((cell) => cell.failed.length > 0).length;
  if (words.length === 0) {
    const page = join(root, 'docs', 'testing', 'compatibility.md');
    const layout = { ...(await resolveConfig(page)), filepath: page };
    writeFileSync(page, await format(report(done, manifest.version), layout));
    console.log('written: docs/testing/compatibility.md');
  }
  console.log(`matrix: ${done.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  rmSync(temp, { recursive: true, force: true });
}
