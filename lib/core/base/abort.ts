import { setImmediate } from 'node:timers';

// Taken when this is loaded: fake timers may stand in for it later, also in the module.
const inNextTurn = setImmediate;

/** Who hears of each signal, by one listener. */
const hearers = new WeakMap<AbortSignal, Hearers>();

/** Those that nobody hears by at the moment: with the next turn of the loop their listeners go. */
let unheard: Hearers[] = [];

/** One who hears of a signal: in a chain, for each call joins and leaves it, and a set takes five times as long. */
class Hearer {
  isGone = false;
  older: Hearer | undefined;
  newer: Hearer | undefined;

  constructor(
    readonly all: Hearers,
    readonly run: () => void,
  ) {}
}

/** What happens when one signal is aborted. */
class Hearers {
  private oldest: Hearer | undefined;
  private newest: Hearer | undefined;
  private isUnheard = false;
  private hasLeft = false;

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this.onAbort);
  }

  add(hearer: Hearer): void {
    const { newest } = this;
    hearer.older = newest;
    if (newest === undefined) this.oldest = hearer;
    else newest.newer = hearer;
    this.newest = hearer;
  }

  delete(hearer: Hearer): void {
    if (hearer.isGone) return;
    hearer.isGone = true;
    const { older, newer } = hearer;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.newest = older;
    else newer.older = older;
    if (this.oldest !== undefined || this.isUnheard) return;
    this.isUnheard = true;
    if (unheard.push(this) === 1) inNextTurn(sweep);
  }

  /** Lets the signal go, unless somebody hears of it again. */
  sweep(): void {
    this.isUnheard = false;
    if (this.oldest === undefined) this.leave();
  }

  private readonly onAbort = (): void => {
    this.leave();
    const thrown: unknown[] = [];
    // Whoever is let go by one that ran before is not called any more.
    for (let one = this.oldest; one !== undefined; one = this.oldest) {
      this.delete(one);
      try {
        one.run();
      } catch (error) {
        thrown.push(error);
      }
    }
    if (thrown.length > 0) throw thrown[0];
  };

  private leave(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.signal.removeEventListener('abort', this.onAbort);
    hearers.delete(this.signal);
  }
}

function sweep(): void {
  const all = unheard;
  unheard = [];
  for (const one of all) one.sweep();
}

/**
 * Calls `run` once, when the signal is aborted.
 *
 * All callers share one listener on the signal: Node warns of a leak from the 11th on, and each costs as much as the
 * rest of a call. It goes one turn of the loop after the last of them, so that calls one after another share it too.
 * They are called in order; what one throws stops no other, and the first error goes to whoever aborts. Of a signal,
 * only `addEventListener` and `removeEventListener` are used.
 *
 * Gotcha: a signal that is aborted already calls nobody. Look at `aborted` first.
 *
 * @returns lets go: `run` is not called any more.
 */
export function whenAborted(signal: AbortSignal, run: () => void): () => void {
  const hearer = new Hearer(hearersOf(signal), run);
  hearer.all.add(hearer);
  return () => hearer.all.delete(hearer);
}

function hearersOf(signal: AbortSignal): Hearers {
  let all = hearers.get(signal);
  if (all === undefined) hearers.set(signal, (all = new Hearers(signal)));
  return all;
}
