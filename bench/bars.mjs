import { figure } from './checks.mjs';

const WIDTH = 760;
const LABEL = 190;
const ROW = 24;
const BAR = 15;

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const isOurs = (name) => /execute|wrap|decorated/.test(name);

/** One group as bars, the longest as wide as there is room; readable on light and on dark pages. */
function panel({ title, rows }, top) {
  const all = Object.values(rows);
  const room = WIDTH - LABEL - 150;
  const most = Math.max(...all.map(({ ns }) => ns));
  const lines = all.map(({ name, ns, ratio }, i) => {
    const y = top + 34 + i * ROW;
    const kind = isOurs(name) ? 'ours' : name.startsWith('bare') ? 'bare' : 'peer';
    return [
      `<text x="${LABEL - 10}" y="${y + 12}" text-anchor="end">${escape(name)}</text>`,
      `<rect class="${kind}" x="${LABEL}" y="${y}" width="${Math.max(1, (room * ns) / most).toFixed(1)}" height="${BAR}" rx="2"/>`,
      `<text x="${(LABEL + (room * ns) / most + 8).toFixed(1)}" y="${y + 12}">${figure(ns)} ns · ${figure(ratio)} ×</text>`,
    ].join('\n');
  });
  const head = `<text class="title" x="0" y="${top + 16}">${escape(title)}</text>`;
  return { svg: [head, ...lines].join('\n'), bottom: top + 34 + all.length * ROW + 18 };
}

/** The groups that have peers, as a picture. */
export function bars(results, machine) {
  const closed = panel(results.closed, 4);
  const denied = panel(results.denied, closed.bottom);
  const height = denied.bottom + 24;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Time per call of nestjs-fluxgate and its peers">
<style>
text { font: 13px system-ui, sans-serif; fill: #57606a; }
.title { font-weight: 600; font-size: 14px; }
.ours { fill: #2da44e; }
.bare { fill: #8c959f; }
.peer { fill: #54aeff; }
@media (prefers-color-scheme: dark) { text { fill: #9da7b3; } }
</style>
${closed.svg}
${denied.svg}
<text x="0" y="${height - 8}">Time per call, and its ratio to the bare call. ${escape(machine)}. Less is better.</text>
</svg>
`;
}
