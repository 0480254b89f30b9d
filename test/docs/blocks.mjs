const typescript = new Set(['ts', 'typescript', 'mts']);

/**
 * The TypeScript blocks of a page. `code` has a blank line for every line of the page that is not part of the block
 * or its setup, so that a line of the code is the same line of the page.
 */
export function blocksOf(page, text) {
  const lines = text.split(/\r?\n/);
  const blocks = [];
  const faults = [];
  let setup = [];
  for (let at = 0; at < lines.length; at += 1) {
    const open = /^(\s*)(`{3,}|~{3,})\s*([^`]*)$/.exec(lines[at]);
    if (open) {
      const end = endOfFence(lines, at, open[2]);
      const [language = '', ...rest] = open[3].trim().split(/\s+/);
      if (typescript.has(language)) {
        if (rest.length > 0) {
          faults.push(
            `${page}:${at + 1} - "${open[3].trim()}": a block is "${language}" alone, and a whole module`,
          );
        }
        const kept = new Map([...setup, ...range(at + 1, end).map((line) => [line, lines[line]])]);
        const code = range(0, end).map((line) => kept.get(line) ?? '');
        blocks.push({ page, line: at + 1, code: code.join('\n') + '\n' });
      }
      setup = [];
      at = end;
    } else if (/^<!--\s*setup\b/.test(lines[at])) {
      const end = lines.findIndex((line, index) => index >= at && line.includes('-->'));
      if (end < 0) {
        faults.push(`${page}:${at + 1} - a setup comment without its end`);
        break;
      }
      setup = range(at, end + 1).map((line) => [
        line,
        lines[line].replace(/^<!--\s*setup\b:?/, '').replace(/-->.*$/, ''),
      ]);
      at = end;
    } else if (lines[at].trim() !== '' && setup.length > 0) {
      faults.push(`${page}:${at + 1} - text between a setup comment and its block`);
      setup = [];
    }
  }
  return { blocks, faults };
}

function endOfFence(lines, start, fence) {
  const closing = new RegExp(`^\\s*${fence[0] === '`' ? '`' : '~'}{${fence.length},}\\s*$`);
  const end = lines.findIndex((line, index) => index > start && closing.test(line));
  return end < 0 ? lines.length : end;
}

function range(from, to) {
  return Array.from({ length: Math.max(to - from, 0) }, (_, index) => from + index);
}
