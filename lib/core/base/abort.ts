/** Who hears of each signal, by one listener; gone with the last of them. */
const hearers = new WeakMap<AbortSignal, Hearers>();

/** What happens when one signal is aborted. */
class Hearers {
  private readonly runs = new Set<{ readonly run: () => void }>();

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this.onAbort);
  }

  add(run: () => void): () => void {
    // Two that give the same function are two.
    const entry = { run };
    this.runs.add(entry);
    return () => {
      if (this.runs.delete(entry) && this.runs.size === 0) this.leave();
    };
  }

  private readonly onAbort = (): void => {
    this.leave();
    const thrown: unknown[] = [];
    // Whoever is let go by one that ran before is not called any more.
    for (const entry of this.runs) {
      this.runs.delete(entry);
      try {
        entry.run();
      } catch (error) {
        thrown.push(error);
      }
    }
    if (thrown.length > 0) throw thrown[0];
  };

  private leave(): void {
    this.signal.removeEventListener('abort', this.onAbort);
    if (hearers.get(this.signal) === this) hearers.delete(this.signal);
  }
}

/**
 * Calls `run` once, when the signal is aborted.
 *
 * All callers share one listener on the signal: Node warns of a leak from the 11th on, and each costs as much as the
 * rest of a call. It goes with the last of them. They are called in order; what one throws stops no other, and the
 * first error goes to whoever aborts. Of a signal, only `addEventListener` and `removeEventListener` are used.
 *
 * Gotcha: a signal that is aborted already calls nobody. Look at `aborted` first.
 *
 * @returns lets go: `run` is not called any more.
 */
export function whenAborted(signal: AbortSignal, run: () => void): () => void {
  let all = hearers.get(signal);
  if (all === undefined) hearers.set(signal, (all = new Hearers(signal)));
  return all.add(run);
}
