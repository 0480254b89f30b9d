import { figure } from './checks.mjs';

/** The columns of a group: those that it has figures for. */
const COLUMNS = [
  { head: 'ns/call', of: ({ ns }) => ns },
  { head: 'requests/s', of: ({ perSecond }) => perSecond },
  { head: 'B/call', of: ({ bytes }) => bytes },
  { head: 'ratio', of: ({ ratio }) => ratio },
];

/** How much faster than each peer our first row is; empty for groups without peers. */
function againstPeers({ rows, peers = [] }) {
  return peers.map((name) => `${figure(rows[name].ns / rows.execute.ns)} × ${name}`).join(', ');
}

function cellsOf({ rows }) {
  const all = Object.values(rows);
  const columns = COLUMNS.filter(({ of }) => all.some((row) => of(row) !== undefined));
  const hasRatio = columns.some(({ head }) => head === 'ratio');
  const heads = ['', ...columns.map(({ head }) => head), ...(hasRatio ? ['to'] : [])];
  const lines = all.map((row) => [
    row.name,
    ...columns.map(({ of }) => (of(row) === undefined ? '' : figure(of(row)))),
    ...(hasRatio ? [row.against ?? ''] : []),
  ]);
  return [heads, ...lines];
}

const verdict = ({ what, got, limit, unit, isMet }) =>
  `${isMet ? '✓' : '✗'} ${what}: ${figure(got)}${unit === '' ? '' : ` ${unit}`} (${limit})`;

/** One group for the terminal. */
export function asText(group) {
  const lines = cellsOf(group);
  const widths = lines[0].map((_, i) => Math.max(...lines.map((cells) => cells[i].length)));
  const last = lines[0].includes('to') ? widths.length - 1 : widths.length;
  const pad = (cell, i) => (i === 0 || i === last ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
  const table = lines.map((cells) => `  ${cells.map(pad).join('  ')}`.trimEnd());
  const speed = againstPeers(group);
  return [
    group.title,
    ...table,
    ...(speed === '' ? [] : [`  execute is faster: ${speed}`]),
    ...group.checks.map((one) => `  ${verdict(one)}`),
    '',
  ].join('\n');
}

/** Everything, as the page has it. */
export function asMarkdown(results, machine) {
  const parts = Object.values(results).map((group) => {
    const [heads, ...lines] = cellsOf(group).map((cells) => `| ${cells.join(' | ')} |`);
    const rule = `|${cellsOf(group)[0]
      .map((_, i) => (i === 0 ? ' --- |' : ' --: |'))
      .join('')}`;
    const speed = againstPeers(group);
    return [
      `### ${group.title}`,
      [heads, rule, ...lines].join('\n'),
      ...(speed === '' ? [] : [`\`execute\` is faster: ${speed}.`]),
      ...(group.checks.length === 0 ? [] : [group.checks.map((one) => `- ${verdict(one)}`).join('\n')]),
    ].join('\n\n');
  });
  return `# Results\n\nWritten by \`npm run bench\`: medians of interleaved rounds on ${machine}.\n\n${parts.join('\n\n')}\n`;
}
