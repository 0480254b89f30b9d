import { ErrorSummary, summaryOf } from './base/error-text.js';
import type { Settlement } from './model/outcome.js';

const RETURNED = new ErrorSummary('', 'a returned value (trackResult)', undefined);

/**
 * Which failure was the last?
 *
 * The error itself is there while its own call is settled, so that what this call causes carries it. Then only its
 * text, name and code are kept: an error can hold a request and its answer.
 */
export class Failures {
  /** The failure that is being settled. */
  private atHand: Settlement | undefined;
  /** The last one of this state … */
  private last: ErrorSummary | undefined;
  /** … and of those before, since the circuit was last closed. */
  private older: ErrorSummary | undefined;

  /** A call failed. */
  note(ending: Settlement): void {
    this.last = 'error' in ending ? summaryOf(ending.error, this.last) : RETURNED;
  }

  /** A call is being settled: if it failed, what happens meanwhile is told with its error. @returns what to let go to. */
  hold(ending: Settlement): Settlement | undefined {
    const outer = this.atHand;
    if (ending.outcome !== 'failure') return outer;
    this.note(ending);
    this.atHand = ending;
    return outer;
  }

  /** It is settled: the error goes. A call that a part of the user's made meanwhile was settled inside of another. */
  letGo(outer: Settlement | undefined): void {
    this.atHand = outer;
  }

  /** The last error of this state, as listeners and retries get it. */
  get error(): unknown {
    const { atHand, last } = this;
    if (atHand !== undefined) return atHand.error;
    return last === undefined || last === RETURNED ? undefined : Object.freeze(last);
  }

  /** What the call returned whose failure is being settled; nothing where it threw. */
  get result(): unknown {
    return this.atHand?.value;
  }

  /** The state is over. */
  leave(isClosing: boolean): void {
    this.older = isClosing ? undefined : this.known;
    this.last = undefined;
  }

  /** Goes on from what another breaker said of its own. */
  recall(text: string | null): void {
    this.older = text === null ? undefined : new ErrorSummary('', text, undefined);
    this.last = undefined;
  }

  /** `Name: message` of the last failure since the circuit was last closed, on one line. */
  text(show: (error: unknown) => string): string | null {
    const { known } = this;
    if (known === undefined) return null;
    return known === RETURNED ? RETURNED.message : show(known);
  }

  private get known(): ErrorSummary | undefined {
    return this.last ?? this.older;
  }
}
