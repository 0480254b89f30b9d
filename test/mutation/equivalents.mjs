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
    file: 'lib/core/model/metric.ts',
    line: 'for (let i = 0; i < this.slowCounts.length; i++) {',
    change: 'i < this.slowCounts.length → i <= this.slowCounts.length',
    why: 'There is no threshold after the last: no duration is at least undefined. (merge() has the same line; there it is noticed.)',
  },
  {
    file: 'lib/core/trackers/read.ts',
    line: 'answer = (value as Record<string, () => unknown>)[method]?.();',
    change:
      '(value as Record<string, () => unknown>)[method]?.() → (value as Record<string, () => unknown>)[method]()',
    why: 'Saves work only: calling what is not there throws, and is caught.',
  },
  {
    file: 'lib/core/trackers/type-of.ts',
    line: "'SuppressedError',",
    change: '\'SuppressedError\' → ""',
    why: 'Node 20 has no SuppressedError; from Node 24 on a spec notices.',
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
