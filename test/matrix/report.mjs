// docs/testing/compatibility.md, made of what really ran.
import { COMPILERS, PLATFORMS, RUNNERS } from './versions.mjs';

const row = (...cells) => `| ${cells.join(' | ')} |`;

/** @param cells [{ nest, node, runner, compiler, platforms: { Express: 12, Fastify: 12 }, failed: [] }] */
export function report(cells, version) {
  const columns = RUNNERS.flatMap((runner) => COMPILERS.map((compiler) => ({ runner, compiler })));
  const rows = groupBy(cells, ({ nest, node }) => `${nest} ${node}`);
  const total = cells.reduce((sum, { passed }) => sum + passed, 0);
  const lines = [...rows.values()].map((ofRow) => {
    const [{ nest, node }] = ofRow;
    const texts = columns.map(({ runner, compiler }) => {
      const cell = ofRow.find((one) => one.runner === runner && one.compiler === compiler);
      if (cell === undefined) return 'not run';
      const counts = PLATFORMS.map((platform) => `${cell.platforms[platform]}`).join(' + ');
      return cell.failed.length === 0 ? `✓ ${counts}` : `✗ ${cell.failed.length} failed`;
    });
    return row(nest, node, ...texts);
  });
  return `${[
    '# What it was run on',
    '',
    `The end-to-end suite (\`test/e2e\`: real sockets, real upstreams that fail) against the packed tarball of ${version},`,
    'installed as a user installs it. A cell gives the specs that passed on Express + on Fastify.',
    '',
    row('Nest', 'Node', ...columns.map(({ runner, compiler }) => `${capital(runner)}, ${compiler}`)),
    row('---', '---', ...columns.map(() => '---')),
    ...lines,
    '',
    `${cells.length} runs, ${total} specs passed. Made by \`npm run test:matrix\`, which takes about ten minutes on two cores and needs`,
    'the npm registry: it installs each version of Nest, and of Node by the `node` package. `npm run test:matrix -- nest-12 node-22`',
    'runs the cells that have all of these words, and writes no file.',
  ].join('\n')}\n`;
}

const capital = (word) => word[0].toUpperCase() + word.slice(1);

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
