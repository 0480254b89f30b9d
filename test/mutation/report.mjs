// The summary: a row per room, in the terminal and in docs/testing/mutation.md.
import { dirname } from 'node:path/posix';

const COLUMNS = ['room', 'mutants', 'killed', 'timeout', 'survived', 'no coverage', 'equivalent', 'score'];

const inOrder = (a, b) => a.localeCompare(b);

const count = (mutants, ...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;

/** Killed by a failing spec, or by a crash at load; or stopped because it would not end. */
function rowOf(name, mutants) {
  const killed = count(mutants, 'Killed', 'RuntimeError');
  const timeout = count(mutants, 'Timeout');
  const survived = count(mutants, 'Survived');
  const noCoverage = count(mutants, 'NoCoverage');
  const equivalent = count(mutants, 'Equivalent');
  const all = killed + timeout + survived + noCoverage;
  const score = all === 0 ? 100 : ((killed + timeout) / all) * 100;
  return { name, mutants: mutants.length, killed, timeout, survived, noCoverage, equivalent, score };
}

/** A row for every folder below lib/core and lib/nest, and one for the whole of each. */
export function rowsOf(mutants) {
  return ['lib/core', 'lib/nest'].flatMap((house) => {
    const inside = mutants.filter(({ file }) => file.startsWith(`${house}/`));
    if (inside.length === 0) return [];
    const rooms = [...new Set(inside.map(({ file }) => dirname(file)))].sort(inOrder);
    const rows = rooms.map((room) =>
      rowOf(
        room === house ? `${house}/*.ts` : room,
        inside.filter(({ file }) => dirname(file) === room),
      ),
    );
    return [...rows, rowOf(house, inside)];
  });
}

/** Rounded down: 99.996 is not 100. */
const percent = (score) => (Math.floor(score * 100) / 100).toFixed(2);

const cells = ({ name, mutants, killed, timeout, survived, noCoverage, equivalent, score }) => [
  name,
  ...[mutants, killed, timeout, survived, noCoverage, equivalent].map(String),
  percent(score),
];

export function tableText(rows) {
  const lines = [COLUMNS, ...rows.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
        .join('  '),
    )
    .join('\n');
}

const markdownTable = (head, rows) =>
  [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

const code = (text) => `\`\`${text.includes('`') ? ` ${text} ` : text}\`\``.replaceAll('|', '\\|');

function equivalentsText(equivalents) {
  const files = [...new Set(equivalents.map(({ file }) => file))].sort(inOrder);
  return files
    .map((file) => {
      const entries = equivalents.filter((entry) => entry.file === file);
      return [
        `### ${file}`,
        ...entries.map(({ line, change, why }) => `- ${code(line)}: ${code(change)}  \n  ${why}`),
      ].join('\n\n');
    })
    .join('\n\n');
}

/** docs/testing/mutation.md */
export function page({ rows, equivalents, floors, specs }) {
  const specCount = specs.reduce((sum, { tests }) => sum + tests.length, 0);
  return `# Mutation testing

<!-- Written by npm run mutate. Do not edit. -->

[Stryker](https://stryker-mutator.io) changes the code of \`lib/core\` and \`lib/nest\` in one small way at a time, and runs the specs that reach the change. A spec must fail: the mutant is killed. One that survives is either untested behaviour, or code that does nothing. ${specCount} specs stand against ${rows.filter(({ name }) => floors.some((floor) => floor.name === name)).reduce((sum, { mutants }) => sum + mutants, 0)} mutants.

\`\`\`sh
npm run mutate                        # everything; writes this page
npm run mutate -- lib/core/windows    # a part
npm run mutate -- --reuse             # believes earlier results where neither code nor spec changed
\`\`\`

It fails below ${floors.map(({ name, atLeast }) => `${atLeast} in \`${name}\``).join(' and below ')}. The score is what was killed or did not end, of all that is not equivalent.

${markdownTable(COLUMNS, rows.map(cells))}

## Equivalent mutants

They change the text of the program and nothing that can be observed. Each is listed in [equivalents.mjs](../../test/mutation/equivalents.mjs) with its reason; an entry that matches no survivor fails the run.

${equivalents.length === 0 ? 'None.' : equivalentsText(equivalents)}
`;
}
