// Which spec files can notice a mutant that acts while code is loaded? Stryker would run them all, for each.
// A mutant in the text of lib/ itself: all. One that is only met while a spec file describes its specs, or
// while a spec runs: those files.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = '.compiled/reach.json';

/** Follows the coverage of a dry run, in which first lib/ is loaded, then one spec file after the other. */
export class ReachRecorder {
  #coverage;
  #everywhere;
  #files = {};

  /** @param coverage what the instrumented code counts: hits per mutant, static and per test. */
  constructor(coverage) {
    this.#coverage = coverage;
    this.#everywhere = Object.keys(coverage.static);
  }

  /** What a spec file met while it was loaded. */
  loading(file, load) {
    const before = { ...this.#coverage.static };
    load();
    for (const [mutant, hits] of Object.entries(this.#coverage.static)) {
      if (hits !== before[mutant]) this.#meets(mutant, file);
    }
  }

  /** Keeps it for the runners of other processes, with what the specs met that have run since. */
  save(fileOf) {
    for (const [test, hits] of Object.entries(this.#coverage.perTest)) {
      for (const mutant of Object.keys(hits)) this.#meets(mutant, fileOf(test));
    }
    const files = Object.fromEntries(Object.entries(this.#files).map(([mutant, met]) => [mutant, [...met]]));
    for (const mutant of this.#everywhere) delete files[mutant];
    writeFileSync(FILE, JSON.stringify(files));
  }

  #meets(mutant, file) {
    (this.#files[mutant] ??= new Set()).add(file);
  }
}

/** The files that can notice each mutant; one that is missing here can be noticed by all. */
export const savedReach = () => JSON.parse(readFileSync(FILE, 'utf8'));
