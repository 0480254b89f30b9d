// Makes real consumers of the packed tarball: their own folder outside the repository, the tarball unpacked into their
// node_modules, everything else linked to what is installed here. A linked package finds its own dependencies where it
// really lives; the unpacked one finds Nest through the consumer, as after a real install.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const installed = join(root, 'node_modules');
const nest11 = join(root, 'test', 'nest-11', 'node_modules');
const sources = fileURLToPath(new URL('./consumer', import.meta.url));
const resolveHere = createRequire(import.meta.url).resolve;

/** @typedef {{ name: string, nest: 11 | 12, type: 'module' | 'commonjs' }} Consumer */

/** @param {Consumer} consumer */
export function makeConsumer(parent, unpacked, { name, nest, type }) {
  const folder = join(parent, name);
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  cpSync(unpacked, join(folder, 'node_modules', 'nestjs-fluxgate'), { recursive: true });
  cpSync(sources, join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true, type }));
  if (nest === 11) link(nest11, folder);
  link(installed, folder, nest === 11 ? ['@nestjs'] : []);
  return folder;
}

function link(from, folder, without = []) {
  for (const name of readdirSync(from)) {
    if (name.startsWith('.') || /fluxgate/.test(name) || without.includes(name)) continue;
    if (!name.startsWith('@')) {
      linkOne(join(from, name), join(folder, 'node_modules', name));
      continue;
    }
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    for (const inner of readdirSync(join(from, name))) {
      linkOne(join(from, name, inner), join(folder, 'node_modules', name, inner));
    }
  }
}

function linkOne(target, path) {
  if (!existsSync(path)) symlinkSync(realpathSync(target), path, 'junction');
}

/** Compiles the consumer against the published types; what is wrong in them or in the consumer throws. */
export function compileConsumer(folder) {
  const options = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    types: ['node'],
    typeRoots: [join(folder, 'node_modules', '@types')],
    rootDir: join(folder, 'src'),
    outDir: join(folder, 'dist'),
    skipLibCheck: false,
  };
  const host = ts.createCompilerHost(options);
  host.getCurrentDirectory = () => folder;
  const sources = ['main.ts', 'adapters.ts', 'bare.ts'].map((name) => join(folder, 'src', name));
  const program = ts.createProgram(sources, options, host);
  const wrong = ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => !file || file.fileName.startsWith(folder.replaceAll('\\', '/')));
  if (wrong.length > 0) {
    throw new Error(
      ts.formatDiagnostics(wrong, {
        getCanonicalFileName: (file) => file,
        getCurrentDirectory: () => folder,
        getNewLine: () => '\n',
      }),
    );
  }
  program.emit();
}

export function runConsumer(folder, entries) {
  return node(folder, ['dist/main.js'], { ENTRIES: JSON.stringify(entries) });
}

/** The subpaths that need an optional package, with the package. */
export function runAdapters(folder) {
  return node(folder, ['dist/adapters.js']);
}

/** The same app after `npm uninstall` of every optional package. */
export function runWithout(folder, packages) {
  for (const name of packages) rmSync(join(folder, 'node_modules', name), { recursive: true, force: true });
  return node(folder, ['dist/bare.js']);
}

/** Jest as `jest` alone starts it: CommonJS, transformed by swc. */
export function jestConsumer(folder) {
  const config = {
    rootDir: folder,
    testMatch: ['<rootDir>/src/**/*.spec.ts'],
    watchman: false,
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
    transform: {
      '^.+\\.ts$': [
        resolveHere('@swc/jest'),
        {
          swcrc: false,
          jsc: {
            parser: { syntax: 'typescript', decorators: true },
            transform: { legacyDecorator: true, decoratorMetadata: true },
            target: 'es2022',
          },
        },
      ],
    },
  };
  return node(folder, [join(installed, 'jest', 'bin', 'jest.js'), '--config', JSON.stringify(config)]);
}

function node(folder, args, env = {}) {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const run = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { ...inherited, ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (run.status !== 0) {
    throw new Error(`${args[0]} ended with ${run.status ?? run.signal}\n${run.stdout}${run.stderr}`);
  }
  return run.stdout.trim();
}
