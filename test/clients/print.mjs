/** The measured rows on the terminal, for who writes a set-up. */
export function printRows(rows) {
  for (const client of new Set(rows.map((row) => row.client))) {
    console.log(`\n${client}`);
    for (const row of rows.filter((one) => one.client === client)) console.log(`  ${lineOf(row)}`);
  }
  console.log();
}

function lineOf({ cell, expect, tells, verdict, heardMs, tries, sees, value, why }) {
  const ms = heardMs === undefined ? '' : `${Math.round(heardMs)} ms`;
  const columns = [
    cell.padEnd(16),
    expect.padEnd(10),
    verdict.padEnd(11),
    `${tries ?? '-'}×`.padStart(3),
    ms.padStart(8),
  ];
  return [
    ...columns,
    outline(value),
    sees.length > 0 ? `[${sees}]` : '',
    tells === false ? `(${why})` : '',
  ].join('  ');
}

function outline(value) {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const { name, message, code } = { ...value.inherited, ...value.own };
  const chain = value.chain?.slice(0, 2).join(' < ') ?? value.$;
  const shown = [name, code].filter((one) => typeof one === 'string' || typeof one === 'number');
  return `${chain} ${shown.join(' ')} ${typeof message === 'string' ? message.slice(0, 70) : ''}`;
}
