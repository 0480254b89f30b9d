// Compiles lib/ and the specs to .compiled/, for test/mutation/runner.mjs. Stryker calls this in its sandbox,
// where lib/ already holds every mutant. CommonJS, because what was required can be forgotten and loaded anew.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { transformSync } from '@swc/core';

const OUT = '.compiled';
/** Whose specs meet mutants; the specs of test/issues borrow stages of other rooms, so those come along. */
const ROOMS = ['lib', 'test/core', 'test/walk', 'test/issues', 'test/security', 'test/nest'];
const isStage = (file) =>
  !/[.-]spec\.ts$/.test(file) && !file.startsWith('test/nest-11/') && !file.includes('node_modules');
const below = (room) => readdirSync(room, { recursive: true }).map((file) => join(room, file));

const { $schema: _, sourceMaps: __, ...swc } = JSON.parse(readFileSync('.swcrc', 'utf8'));

function write(file, text) {
  const target = join(OUT, file);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}

rmSync(OUT, { recursive: true, force: true });
const wanted = [...ROOMS.flatMap(below), ...below('test').filter(isStage)];
/** They read what is not here: the atlas of clients, the pages, the source in a process of their own. */
const LEFT_OUT = [
  'test/core/trackers/clients.spec.ts',
  'test/issues/fetch-examples.spec.ts',
  'test/nest/given/unhandled.spec.ts',
].map((file) => join(file));
const files = [...new Set(wanted)].filter((file) => file.endsWith('.ts') && !LEFT_OUT.includes(file));
if (files.length === 0) throw new Error('compile: nothing to compile; call it in the root of the project');
for (const file of files) {
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    ...swc,
    filename: file,
    swcrc: false,
    module: { type: 'commonjs' },
  });
  write(file.replace(/\.ts$/, '.js'), code);
}

// The public names lead to the compiled source: a package may import itself.
const exports = { '.': './lib/index.js', './*': './lib/*/index.js' };
write('package.json', JSON.stringify({ name: 'nestjs-fluxgate', type: 'commonjs', exports }));
write('node_modules/@jest/globals/index.js', 'module.exports = globalThis.specGlobals;\n');
