import { whenAborted } from '../base/abort.js';
import type { Timer } from '../base/clock.js';
import { knownBy } from '../classifier.js';
import { CallTimeoutException } from '../model/exceptions.js';
import type { CallSite } from '../call-site.js';
import type { Settlement } from '../model/outcome.js';
import type { TrackedCall } from '../model/part.js';
import type { CallTicket, Gate } from '../ticket.js';
import { Call } from './call.js';

/** How long one step may take. */
export interface StepLimit {
  readonly limitMs: number | undefined;
  /** Between two values, not until the first. */
  readonly isIdle: boolean;
}

/**
 * What may end a call before it ends by itself: the breaker's time limits, and the signal of its caller.
 *
 * Whichever comes first settles the ticket, rejects what is awaited at that moment and aborts the call's own signal;
 * what the task does later is dropped. A stream stays linked to the signal until it ends.
 */
export class Limits {
  private timer: Timer | undefined;
  private letGo: (() => void) | undefined;
  private isHeeding = false;
  /** Rejects what is awaited: several steps, where the reader asks ahead. */
  private readonly awaited: ((error: unknown) => void)[] = [];
  private over: { readonly error: unknown } | undefined;
  /** The caller reads a stream of the task's own: of an abort it hears by its signal, and ends as it likes. */
  private isHandedOut = false;

  constructor(
    private readonly gate: Gate,
    readonly ticket: CallTicket,
    private readonly signal?: AbortSignal,
    readonly call = new Call(),
  ) {
    ticket.limits = this;
  }

  /** Has the signal of the caller, or else the call's own, aborted? Nothing where there is none that the task had. */
  get known(): TrackedCall | undefined {
    return knownBy(this.signal ?? this.call.askedSignal);
  }

  /** Runs the task and waits for its end, or for the first limit. */
  run<T>(task: (call: Call) => PromiseLike<T> | T): PromiseLike<T> | T {
    const { timeoutMs } = this.gate;
    if (timeoutMs === undefined && this.signal === undefined) return task(this.call);
    return this.race({ limitMs: timeoutMs, isIdle: false }, () => task(this.call));
  }

  /** Takes one step of a stream. */
  step<T>(limit: StepLimit, take: () => PromiseLike<T> | T): PromiseLike<T> | T {
    const { timeoutMs, idleTimeoutMs } = this.gate;
    // A step without a limit of its own may wait on, when the first value has come.
    if ((timeoutMs ?? idleTimeoutMs) === undefined && this.signal === undefined) return take();
    return this.race(limit, take);
  }

  handOut(): void {
    this.isHandedOut = true;
  }

  /** The call is over: nothing can cut it any more. */
  release(): void {
    this.timer?.cancel();
    this.letGo?.();
    this.letGo = undefined;
  }

  private race<T>(limit: StepLimit, take: () => PromiseLike<T> | T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // A step that was asked for ahead has its turn when those before it have come.
      if (this.awaited.push(reject) === 1) this.setTimer(limit);
      this.heed();
      const end = (): void => this.came(reject);
      if (this.over !== undefined && !this.isHandedOut) return (end(), reject(this.over.error as Error));
      promised(take).then(
        (value) => (end(), resolve(value)),
        (error: unknown) => (end(), reject(error)),
      );
    });
  }

  private came(reject: (error: unknown) => void): void {
    const { awaited, gate, ticket } = this;
    awaited.splice(awaited.indexOf(reject), 1);
    this.timer?.cancel();
    if (awaited.length > 0 && !ticket.isSettled) this.setTimer({ limitMs: gate.idleTimeoutMs, isIdle: true });
  }

  private setTimer({ limitMs, isIdle }: StepLimit): void {
    if (limitMs === undefined) return;
    const onTimeout = (): void => this.cut(timedOut(this.gate, limitMs, isIdle));
    this.timer = this.ticket.setTimer(onTimeout, limitMs);
  }

  /** Once: the call's own signal follows that of its caller from now on. */
  heed(): void {
    const { signal } = this;
    if (signal === undefined || this.isHeeding) return;
    this.isHeeding = true;
    const onAbort = (): void => this.abort(signal.reason);
    this.letGo = whenAborted(signal, onAbort);
    // A listener that heard of the admission may have aborted it.
    if (signal.aborted) onAbort();
  }

  private abort(reason: unknown): void {
    this.cut(abortedBy(reason, this.gate, this.ticket.site), this.isHandedOut);
  }

  private cut(settlement: Settlement, isQuiet = false): void {
    const { error } = settlement;
    this.over = { error };
    this.release();
    this.ticket.cut(settlement);
    if (!isQuiet) for (const reject of this.awaited) reject(error);
    this.call.abort(error);
  }
}

/** How a call ends that took too long. */
export const timedOut = ({ name }: Gate, limitMs: number, isIdle = false): Settlement => ({
  outcome: 'failure',
  error: new CallTimeoutException(name, limitMs, isIdle),
});

/** How a call ends whose caller aborts: a deadline says something about the dependency, a change of mind does not. */
export function abortedBy(reason: unknown, { classifier }: Gate, site: CallSite): Settlement {
  const outcome = isTimeoutReason(reason) ? classifier.deadline(reason, site) : 'ignored';
  return { outcome, error: reason, isCancelled: outcome === 'ignored' };
}

/** What `AbortSignal.timeout()` aborts with, and whoever follows it. */
function isTimeoutReason(reason: unknown): boolean {
  try {
    return (reason as { readonly name?: unknown }).name === 'TimeoutError';
  } catch {
    return false; // undefined, null, or an object that cannot be read
  }
}

/** The result as a promise, a synchronous throw included; the task is started at once. */
async function promised<T>(take: () => PromiseLike<T> | T): Promise<T> {
  return take();
}
