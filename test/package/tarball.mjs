// What must be true of the files in the tarball, without running them.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strict as assert } from 'node:assert';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { subpaths, wanted } from '../../scripts/exports.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const allowed = ['@nestjs/common', '@nestjs/core', 'rxjs', 'reflect-metadata'];

export function contents(unpacked) {
  const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(unpacked, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'),
    );
  const strange = files.filter(
    (file) =>
      !/^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(file) &&
      !/^dist\/.+\.(js|js\.map|d\.ts)$/.test(file) &&
      file !== 'dist/cjs/package.json',
  );
  assert.deepEqual(strange, [], 'files that nobody needs');
  assert.deepEqual(
    files.filter((file) => /\.(spec|test)\./.test(file)),
    [],
    'tests in the tarball',
  );
  for (const file of ['README.md', 'LICENSE']) assert.ok(files.includes(file), `${file} is missing`);
  return `${files.length} files`;
}

export function noDependencies(manifest) {
  const own = ['dependencies', 'optionalDependencies', 'bundleDependencies', 'bundledDependencies'];
  assert.deepEqual(
    own.flatMap((key) => Object.keys(manifest[key] ?? {})),
    [],
  );
  return `peers: ${Object.keys(manifest.peerDependencies).join(', ')}`;
}

export function exportsMatch(manifest, unpacked) {
  const names = subpaths(root);
  const { exports, typesVersions } = wanted(names);
  assert.deepEqual(
    manifest.exports,
    exports,
    'exports differ from the folders of lib/: run "npm run exports"',
  );
  assert.deepEqual(manifest.typesVersions, typesVersions);
  const files = (target) => (typeof target === 'string' ? [target] : Object.values(target).flatMap(files));
  const missing = files([...Object.values(exports), manifest.main, manifest.types]).filter(
    (file) => !existsSync(join(unpacked, file)),
  );
  assert.deepEqual(missing, [], 'files that exports names and the tarball lacks');
  return ['.', ...names.map((name) => `./${name}`)].join(', ');
}

/** Follows the relative imports of each entry and looks at the names from outside. */
export function importsAllowed(manifest, unpacked) {
  const optional = Object.keys(manifest.peerDependenciesMeta ?? {});
  const seen = new Map();
  const entries = Object.entries(manifest.exports).filter(([, target]) => typeof target === 'object');
  for (const [subpath, target] of entries) {
    const extra = ['.', './testing'].includes(subpath) ? [] : optional;
    for (const start of [target.types, target.default, target.require.types, target.require.default]) {
      walk(join(unpacked, start), [...allowed, ...extra], unpacked, seen);
    }
  }
  return `${seen.size} files`;
}

function walk(file, names, unpacked, seen) {
  const known = `${file} ${names.join()}`;
  if (seen.has(known)) return;
  seen.set(known, true);
  const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(
    readFileSync(file, 'utf8'),
    true,
    true,
  );
  assert.deepEqual(typeReferenceDirectives, [], `${relative(unpacked, file)} has a reference to types`);
  for (const { fileName: name } of importedFiles) {
    if (name.startsWith('.')) {
      const target = join(dirname(file), name);
      walk(file.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target, names, unpacked, seen);
      continue;
    }
    const fine =
      names.some((own) => name === own || name.startsWith(`${own}/`)) ||
      builtinModules.includes(name.replace(/^node:/, ''));
    assert.ok(fine, `${relative(unpacked, file)} imports ${name}; allowed: ${names.join(', ')}`);
  }
}

/** Every public name that has documentation in lib/ has it in the published types. */
export function docsSurvive(unpacked) {
  const written = documented(join(root, 'lib', 'index.ts'));
  const published = documented(join(unpacked, 'dist', 'index.d.ts'));
  const lost = [...written].filter((name) => !published.has(name));
  assert.deepEqual(lost, [], 'documentation lost by the build');
  assert.ok(published.size > 0, 'no public name has documentation');
  return `${published.size} public names with documentation`;
}

function documented(file) {
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    experimentalDecorators: true,
    noResolve: false,
    types: [],
  });
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  const names = checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .filter((symbol) => symbol.getDocumentationComment(checker).length > 0)
    .map((symbol) => symbol.name);
  return new Set(names);
}

export async function publintPasses(unpacked) {
  const { messages, pkg } = await publint({ pkgDir: unpacked, strict: true, pack: false });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg, { color: false })),
    [],
  );
  return 'no message';
}

export function attwPasses(tarball) {
  const attw = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
  try {
    const out = execFileSync(
      process.execPath,
      [attw, tarball, '--format', 'ascii', '--no-color', '--no-emoji'],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    return /no problems found/i.test(out) ? 'no problems found' : out.trim();
  } catch (error) {
    throw new Error(`${error.stdout}${error.stderr}`, { cause: error });
  }
}
