// Compiles test/e2e for one cell's folder, once with swc and once with tsc: what the two emit for decorators differs.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const swcrc = JSON.parse(readFileSync(join(root, '.swcrc'), 'utf8'));
delete swcrc.$schema;

/** The specs, and what of the other folders they import. */
function sources() {
  const found = new Set();
  const add = (file) => {
    if (found.has(file)) return;
    found.add(file);
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'));
    for (const { fileName } of importedFiles) {
      if (fileName.startsWith('.')) add(join(dirname(file), fileName.replace(/\.js$/, '.ts')));
    }
  };
  for (const name of readdirSync(join(root, 'test', 'e2e'))) {
    if (name.endsWith('.e2e-spec.ts')) add(join(root, 'test', 'e2e', name));
  }
  return [...found];
}

const inFolder = (file, folder) => join(folder, file.slice(root.length));

export function compileSuite(folder) {
  const files = sources();
  for (const file of files) {
    mkdirSync(dirname(inFolder(file, folder)), { recursive: true });
    cpSync(file, inFolder(file, folder));
  }
  for (const compiler of ['swc', 'tsc']) {
    cpSync(join(root, 'docs', 'testing'), join(folder, compiler, 'docs', 'testing'), { recursive: true });
  }
  for (const file of files) {
    const target = inFolder(file, join(folder, 'swc')).replace(/\.ts$/, '.js');
    mkdirSync(dirname(target), { recursive: true });
    const { code } = transformSync(readFileSync(file, 'utf8'), { ...swcrc, filename: file, swcrc: false });
    writeFileSync(target, code);
  }
  compileWithTsc(
    folder,
    files.map((file) => inFolder(file, folder)),
  );
}

/** Against the published types of the tarball; what is wrong throws. */
function compileWithTsc(folder, files) {
  const options = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    strict: true,
    noUncheckedIndexedAccess: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    esModuleInterop: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(folder, 'node_modules', '@types')],
    rootDir: folder,
    outDir: join(folder, 'tsc'),
  };
  const host = ts.createCompilerHost(options);
  host.getCurrentDirectory = () => folder;
  const program = ts.createProgram(files, options, host);
  const wrong = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  if (wrong.length > 0) throw new Error(ts.formatDiagnostics(wrong, host));
}
