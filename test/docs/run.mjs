// Compiles and runs every TypeScript block of the README and of docs/. A block is a module of its own and runs as
// written; what it leaves out stands in an HTML comment before it: <!-- setup … -->. Blocks keep the line numbers of
// their page, so that every message points into the page itself.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { blocksOf } from './blocks.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({ options: { packages: { type: 'string' } } });
// Blocks find the packages of the folder that they lie in. A page that needs others than the project's own says so in a
// comment, <!-- packages: test/clients -->, and is run with that folder.
const work = values.packages ? join(root, values.packages, '.compiled') : join(root, 'reports', 'docs');
const timeoutMs = 20_000;

function pages() {
  const files = existsSync(join(root, 'README.md')) ? ['README.md'] : [];
  if (!existsSync(join(root, 'docs'))) return files;
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file));
  return [...files, ...inDocs.sort()];
}

/** Writes each block as a module, at the lines where it stands in its page. */
function writeBlocks(blocks) {
  rmSync(work, { recursive: true, force: true });
  for (const block of blocks) {
    block.source = join(work, 'blocks', `${block.page}.${block.line}.ts`);
    mkdirSync(dirname(block.source), { recursive: true });
    writeFileSync(block.source, block.code);
  }
  // The blocks and the compiled lib/ are one package, so that "nestjs-fluxgate" finds the lib beside them.
  const exports = { '.': './out/lib/index.js', './*': './out/lib/*/index.js' };
  writeFileSync(
    join(work, 'package.json'),
    JSON.stringify({ name: 'nestjs-fluxgate', type: 'module', exports }, null, 2),
  );
}

/** One program over all blocks: type-checks them and emits them with the lib they import. */
function compile(blocks) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(
    {
      compilerOptions: {
        ...config.compilerOptions,
        noEmit: false,
        rootDir: root,
        outDir: join(work, 'out'),
        sourceMap: true,
        noUnusedLocals: false,
        noUnusedParameters: false,
        moduleDetection: 'force',
      },
      files: [],
    },
    ts.sys,
    root,
  );
  const program = ts.createProgram(
    blocks.map((block) => block.source),
    options,
  );
  const found = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  const sources = new Map(blocks.map((block) => [block.source.split(sep).join('/'), block]));
  return found.map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n  ');
    const { file, start = 0 } = diagnostic;
    if (!file) return { text: `tsc: ${text}` };
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    const block = sources.get(file.fileName);
    const name = block ? block.page : relative(root, file.fileName);
    return { block, text: `${name}:${line + 1}:${character + 1} - TS${diagnostic.code}: ${text}` };
  });
}

function run(block) {
  const output = join(work, 'out', relative(root, block.source)).replace(/\.ts$/, '.js');
  const args = ['--enable-source-maps', '--unhandled-rejections=strict'];
  const child = spawn(
    process.execPath,
    [...args, fileURLToPath(new URL('./child.mjs', import.meta.url)), output],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: work,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    },
  );
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (text += chunk));
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ ok: code === 0, text, code: code ?? signal }));
  });
}

/** Stack frames name the module of a block; its line is the line of the page. */
function inPage(block, text) {
  const path = block.source.split(sep).join('/');
  return text.replaceAll(`file://${path}`, block.page).replaceAll(path, block.page);
}

async function runAll(blocks) {
  const failures = [];
  // Two lanes; blocks that listen share one of them, for they may ask for the same port.
  const listens = (block) => /\blisten\(/.test(block.code);
  const quiet = blocks.filter((block) => !listens(block));
  const next = (lane) => (lane === 0 ? (loud.shift() ?? quiet.shift()) : quiet.shift());
  const loud = blocks.filter(listens);
  const lane = async (number) => {
    for (let block = next(number); block; block = next(number)) {
      const { ok, text, code } = await run(block);
      if (ok) continue;
      const why = code === 'SIGKILL' ? `did not end within ${timeoutMs / 1000} s` : `ended with ${code}`;
      failures.push({
        block,
        text: `${block.page}:${block.line} - the block ${why}\n${inPage(block, text).trimEnd()}`,
      });
    }
  };
  await Promise.all([lane(0), lane(1)]);
  return failures;
}

// They are installed when they are missing.
if (values.packages) (await import(join(root, values.packages, 'prepare.mjs'))).prepare();

const textOf = (page) => readFileSync(join(root, page), 'utf8');
const packagesOf = (page) => /^<!-- packages: (\S+) -->/m.exec(textOf(page))?.[1];
const files = pages().filter((page) => packagesOf(page) === values.packages);
const elsewhere = values.packages ? [] : pages().filter((page) => packagesOf(page) !== undefined);
const found = files.map((page) => ({ page, ...blocksOf(page, textOf(page)) }));
const blocks = found.flatMap(({ blocks: own }) => own);
const faults = found.flatMap(({ faults: own }) => own).map((text) => ({ text }));

if (blocks.length > 0) {
  writeBlocks(blocks);
  faults.push(...compile(blocks));
  if (faults.length === 0) faults.push(...(await runAll(blocks)));
}
for (const { text } of faults) console.error(`${text}\n`);

const badBlocks = new Set(faults.map(({ block, text }) => block ?? text)).size;
console.log(
  `docs: ${blocks.length} TypeScript blocks in ${files.length === 0 ? 'no page' : files.join(', ')}`,
);
console.log(`docs: ${Math.max(blocks.length - badBlocks, 0)} passed, ${badBlocks} failed`);
if (elsewhere.length > 0) {
  const left = elsewhere.flatMap((page) => blocksOf(page, textOf(page)).blocks).length;
  console.log(
    `docs: ${left} more TypeScript blocks are left to npm run test:recipes: ${elsewhere.join(', ')}`,
  );
}
if (existsSync(join(root, 'README.md')) && blocks.length === 0) {
  console.error('docs: the README and docs/ hold no TypeScript block');
  process.exit(1);
}
process.exit(faults.length > 0 ? 1 : 0);
