// The public subpaths, from the folders of lib/: each folder with an index.ts is one, but for the two rooms
// behind the front door. `node scripts/exports.mjs` compares package.json with them; `--write` puts it right.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const behindTheFrontDoor = ['core', 'nest'];

/** The names of the public subpaths, without the front door. */
export function subpaths(base = root) {
  return readdirSync(join(base, 'lib'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !behindTheFrontDoor.includes(entry.name))
    .map((entry) => entry.name)
    .filter((name) => existsSync(join(base, 'lib', name, 'index.ts')))
    .sort();
}

function entry(folder) {
  return {
    require: {
      types: `./dist/cjs/${folder}index.d.ts`,
      'module-sync': `./dist/${folder}index.js`,
      default: `./dist/cjs/${folder}index.js`,
    },
    types: `./dist/${folder}index.d.ts`,
    default: `./dist/${folder}index.js`,
  };
}

/** What `exports` and `typesVersions` must be for these subpaths. */
export function wanted(names) {
  return {
    exports: {
      '.': entry(''),
      ...Object.fromEntries(names.map((name) => [`./${name}`, entry(`${name}/`)])),
      './package.json': './package.json',
    },
    typesVersions: { '*': Object.fromEntries(names.map((name) => [name, [`./dist/${name}/index.d.ts`]])) },
  };
}

function main() {
  const file = join(root, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  const names = subpaths();
  const { exports, typesVersions } = wanted(names);
  const fine =
    isDeepStrictEqual(manifest.exports, exports) && isDeepStrictEqual(manifest.typesVersions, typesVersions);
  const list = ['.', ...names.map((name) => `./${name}`)].join(', ');
  if (fine) return console.log(`exports: ${list}`);
  if (process.argv.includes('--write')) {
    writeFileSync(file, JSON.stringify({ ...manifest, exports, typesVersions }, null, 2) + '\n');
    return console.log(`exports: package.json now lists ${list}`);
  }
  console.error(`exports: package.json does not list exactly ${list}; run "npm run exports"`);
  process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
