/**
 * Mutants that no test can kill, because they change nothing that can be observed; one by one.
 * `line` is the line on which the mutant begins, `change` what it changes: `npm run mutate` prints both.
 * An entry that matches no survivor, or several, fails the run.
 * @type {{ file: string, line: string, change: string, why: string }[]}
 */
export const equivalents = [];
