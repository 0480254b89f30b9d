// What Stryker found, in the words of the equivalents list, and what of it is to be mended.

const CUT = 100;
const short = (text) => {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > CUT ? `${flat.slice(0, CUT)}…` : flat;
};

/** The text between two places of a source; Stryker counts lines and columns from 1. */
function textAt(lines, { start, end }) {
  const part = lines.slice(start.line - 1, end.line);
  part[part.length - 1] = part.at(-1).slice(0, end.column - 1);
  part[0] = part[0].slice(start.column - 1);
  return part.join('\n');
}

/** Every mutant of a report: where it is, what it changes, how it ended. */
export function mutantsOf(report) {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants.map(({ mutatorName, replacement = '', location, status, static: isStatic }) => ({
      file,
      row: location.start.line,
      mutator: mutatorName,
      line: lines[location.start.line - 1].trim(),
      change: `${short(textAt(lines, location))} → ${short(replacement)}`,
      status,
      isStatic,
    }));
  });
}

const isAlive = ({ status }) => status === 'Survived' || status === 'NoCoverage';

/**
 * Marks the survivors that the list explains as `Equivalent`; gives those that are left, and what is wrong
 * with the list: an entry must match exactly one survivor, or it is out of date.
 */
export function judge(mutants, equivalents) {
  const problems = [];
  for (const { file, line, change } of equivalents) {
    const matches = mutants.filter(
      (mutant) => mutant.file === file && mutant.line === line && mutant.change === change,
    );
    const alive = matches.filter(isAlive);
    if (alive.length === 1) alive[0].status = 'Equivalent';
    else {
      const found = matches.length === 0 ? 'there is no such mutant' : `${alive.length} such mutants survive`;
      problems.push(
        `test/mutation/equivalents.mjs: ${file}: ${line}: ${change}: ${found}; an entry explains one`,
      );
    }
  }
  return { problems, survivors: mutants.filter(isAlive) };
}
