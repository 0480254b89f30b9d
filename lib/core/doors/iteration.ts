import type { Gate } from '../ticket.js';
import { start, type Call } from './call.js';
import type { Limits } from './limits.js';
import { enterProbe } from './probe.js';
import { StreamCall } from './stream-call.js';

export type Step<T, R> = IteratorResult<T, R>;

/** One iteration as a call: how long its steps may take, and how it ends. The steps themselves are the source's. */
export class Iteration<T, R> {
  private readonly stream: StreamCall<T>;
  /** Steps that are waited for: several, where the reader asks ahead. */
  private waitingCount = 0;

  constructor(
    private readonly gate: Gate,
    private readonly limits: Limits,
    /** Closes the source; nobody waits for that. */
    private readonly close: () => void,
  ) {
    this.stream = new StreamCall(limits.ticket);
  }

  /** A step that has not come yet is being waited for. */
  get isWaiting(): boolean {
    return this.waitingCount > 0;
  }

  /** Takes a step, at once, and settles the call if it was the last one; what the step throws is left to the caller. */
  async step(take: (call: Call) => PromiseLike<Step<T, R>> | Step<T, R>): Promise<Step<T, R>> {
    const { gate, limits, stream } = this;
    const { ticket, call } = limits;
    const isIdle = stream.hasBegun;
    const limitMs = isIdle ? gate.idleTimeoutMs : gate.timeoutMs;
    this.waitingCount++;
    try {
      const result = await limits.step({ limitMs, isIdle }, () =>
        enterProbe(gate, ticket, () => start(call, take)),
      );
      if (result.done === true) this.end();
      else stream.value(result.value);
      return result;
    } catch (error) {
      limits.release();
      // The source may still be at work on the step that was cut off: it is closed once it wakes up.
      if (ticket.ending !== undefined) this.close();
      throw error;
    } finally {
      this.waitingCount--;
    }
  }

  end(): void {
    this.stream.end();
    this.limits.release();
  }

  /** Its reader has left: at a value, or while he waited for one. */
  leave(): void {
    const { limits, stream } = this;
    if (!limits.ticket.isSettled && this.isWaiting) this.giveUp();
    stream.leave();
    limits.release();
  }

  private giveUp(): void {
    const { ticket, call } = this.limits;
    // What the source does of it is no failure, and no fallback stands in for it.
    ticket.ending = 'cancelled';
    this.stream.leave();
    call.abort(new DOMException('The iteration was given up.', 'AbortError'));
    this.close();
  }
}

/** Closes an iterator, if that can be done; nobody waits for it, or minds how it ends. */
export async function closeQuietly(iterator: Partial<AsyncIterator<unknown>> | undefined): Promise<void> {
  try {
    await iterator?.return?.();
  } catch {
    // It fails at that; whoever read it has gone, or has the error that ended it.
  }
}
