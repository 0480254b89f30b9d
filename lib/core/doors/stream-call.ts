import type { CallTicket } from '../ticket.js';

/** The call that a stream is, as its values come: how it ends depends on whether it gave any. */
export class StreamCall<T = unknown> {
  private last: { readonly value: T } | undefined;
  private firstAfterMs: number | undefined;

  constructor(readonly ticket: CallTicket) {}

  get hasBegun(): boolean {
    return this.last !== undefined;
  }

  value(value: T): void {
    if (this.last === undefined) this.firstAfterMs = this.ticket.sofarMs();
    this.last = { value };
    this.ticket.renew();
  }

  /** It ended by itself: a success, unless its last value says otherwise. */
  end(): void {
    if (this.last === undefined) this.ticket.settle({ outcome: 'success' });
    else this.ticket.succeed(this.last.value);
  }

  /** Its reader left: a success that took until the first value, judged by the last one seen; before any it says nothing. */
  leave(): void {
    if (this.ticket.isSettled) return;
    if (this.last === undefined) this.ticket.release();
    else this.ticket.succeedAfter(this.firstAfterMs, this.last.value);
  }
}
