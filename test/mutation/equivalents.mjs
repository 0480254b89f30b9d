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
  {
    file: 'lib/core/breaker.ts',
    line: 'this.ownSite = callSite(`Breaker "${name}"`, {}, policy);',
    change: '`Breaker "${name}"` → ``',
    why: 'It begins the text about bad options; these are empty, and nothing can be wrong with them.',
  },
  {
    file: 'lib/core/classifier.ts',
    line: "const isFailure = typeof answer === 'boolean' ? answer : toYesOrNo(answer, 'trackResult');",
    change: "typeof answer === 'boolean' → false",
    why: 'Saves work only: toYesOrNo gives a boolean back as it is.',
  },
  {
    file: 'lib/core/classifier.ts',
    line: "const isFailure = typeof answer === 'boolean' ? answer : toYesOrNo(answer, 'trackResult');",
    change: '\'boolean\' → ""',
    why: 'Saves work only: toYesOrNo gives a boolean back as it is.',
  },
  {
    file: 'lib/core/controls.ts',
    line: 'if (this.waiters.size === 0) return;',
    change: 'this.waiters.size === 0 → false',
    why: 'Saves work only: nobody is woken where nobody waits, and whoever comes to wait forgets what was told.',
  },
  {
    file: 'lib/core/notifier.ts',
    line: 'if (this.isDelivering || this.queue.length === 0) return;',
    change: 'this.queue.length === 0 → false',
    why: 'Saves work only: an empty queue is delivered by doing nothing.',
  },
  {
    file: 'lib/core/options.ts',
    line: 'if (given === undefined) return [];',
    change: '[] → ["Stryker was here"]',
    why: 'A text among the listeners has no method that could be called, so nobody hears of it.',
  },
  {
    file: 'lib/core/options.ts',
    line: "if (own === undefined) return READERS[key](defaults[key], '', []);",
    change: '\'\' → "Stryker was here!"',
    why: 'It begins the text of problems that go into a list that nobody reads: they were told where the defaults were given.',
  },
  {
    file: 'lib/core/mover.ts',
    line: 'return circuit.window.repeat?.() === true;',
    change: 'circuit.window.repeat?.() === true → false',
    why: 'Saves work only: what is not repeated is recorded, with the same figures.',
  },
  {
    file: 'lib/core/mover.ts',
    line: "if (!notifier.hears('rejected')) return;",
    change: "!notifier.hears('rejected') → false",
    why: 'Saves work only: a signal that nobody listens for is delivered to nobody.',
  },
];
