/**
 * Mutants that no test can kill, because they change nothing that can be observed; one by one.
 * `line` is the line on which the mutant begins, `change` what it changes: `npm run mutate` prints both.
 * An entry that matches no survivor, or several, fails the run.
 * @type {{ file: string, line: string, change: string, why: string }[]}
 */
export const equivalents = [
  {
    file: 'lib/core/base/validate.ts',
    line: 'if (Math.abs(candidate.length - name.length) >= bestDistance) continue;',
    change: 'Math.abs(candidate.length - name.length) >= bestDistance → false',
    why: 'Saves work only: no edit distance is below the difference in length, so such a candidate loses anyway.',
  },
  {
    file: 'lib/core/base/validate.ts',
    line: 'if (Math.abs(candidate.length - name.length) >= bestDistance) continue;',
    change:
      'Math.abs(candidate.length - name.length) >= bestDistance → Math.abs(candidate.length - name.length) > bestDistance',
    why: 'Saves work only: a candidate whose difference in length is the best distance is not nearer.',
  },
  {
    file: 'lib/core/windows/time-store.ts',
    line: 'if (!(tick > this.newestTick)) return;',
    change: 'tick > this.newestTick → tick >= this.newestTick',
    why: 'In the same bucket as before the ring turns by no bucket at all.',
  },
  {
    file: 'lib/core/windows/time-store.ts',
    line: 'if (this.sums.totalCount === 0) return;',
    change: 'this.sums.totalCount === 0 → false',
    why: 'Saves work only: where all sums are 0 all buckets are empty, and emptying them changes nothing.',
  },
];
