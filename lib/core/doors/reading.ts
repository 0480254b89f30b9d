import { hasFallbackFor, type Invocation } from '../call-site.js';
import type { Gate } from '../ticket.js';
import { endOf } from './call.js';
import { closeQuietly, Iteration, type Step } from './iteration.js';
import { recoverIterator } from './iterator.js';
import type { Limits } from './limits.js';

interface Waiting {
  readonly limits: Limits;
  readonly invocation: Invocation;
  /** How long it took to give it. */
  readonly durationMs: number | undefined;
}

/** A call that gave an iterable, until somebody begins to read it. */
export class Unread {
  private waits: Waiting | undefined;

  constructor(private readonly gate: Gate) {}

  /** The call that the next reading is. */
  give(call: Waiting): void {
    this.waits?.limits.release(); // Of one that nobody will read.
    this.waits = call;
  }

  /** Somebody begins to read; `undefined`: others did before. */
  read(source: Source): Reading | undefined {
    const call = this.take();
    return call && new Reading(this.gate, call.limits, source, call.invocation);
  }

  /** It is read to its end where nobody can see the steps. */
  readBy(end: Promise<unknown>): Promise<unknown> {
    const call = this.take();
    if (call === undefined) return end;
    const { limits, durationMs } = call;
    return end.then(
      (value) => {
        limits.release();
        limits.ticket.succeedAfter(durationMs);
        return value;
      },
      (error: unknown) => {
        this.end(limits, error);
        throw error;
      },
    );
  }

  /** Nobody will read it. */
  leave(): void {
    const call = this.take();
    call?.limits.release();
    call?.limits.ticket.release();
  }

  /** It cannot be read. */
  fail(error: unknown): void {
    const call = this.take();
    if (call !== undefined) this.end(call.limits, error);
  }

  private end(limits: Limits, error: unknown): void {
    limits.release();
    endOf(this.gate, limits.ticket, error);
  }

  private take(): Waiting | undefined {
    const { waits } = this;
    this.waits = undefined;
    waits?.limits.ticket.unpark();
    return waits;
  }
}

/** The steps of an iterator, each a function of its own. */
export interface Source {
  next(...sent: [unknown?]): PromiseLike<Step<unknown, unknown>>;
  readonly return: ((value: unknown) => PromiseLike<Step<unknown, unknown>>) | undefined;
  readonly throw: ((error: unknown) => PromiseLike<Step<unknown, unknown>>) | undefined;
}

/** The iteration that is the call; its fallback goes on where it failed. */
export class Reading {
  private readonly iteration: Iteration<unknown, unknown>;
  private instead: AsyncGenerator<unknown, unknown, unknown> | undefined;

  constructor(
    private readonly gate: Gate,
    private readonly limits: Limits,
    private readonly source: Source,
    private readonly invocation: Invocation,
  ) {
    this.iteration = new Iteration(
      gate,
      limits,
      () => void closeQuietly(source as Partial<AsyncIterator<unknown>>),
    );
  }

  next(sent: [unknown?]): Promise<Step<unknown, unknown>> {
    if (this.instead !== undefined) return this.instead.next(...(sent as [unknown]));
    return this.step(() => this.source.next(...sent));
  }

  throw(error: unknown): Promise<Step<unknown, unknown>> {
    if (this.instead !== undefined) return this.instead.throw(error);
    return this.step(() => this.source.throw!(error));
  }

  async return(value: unknown): Promise<Step<unknown, unknown>> {
    if (this.instead !== undefined) return this.instead.return(value);
    // Behind a step that waits it would wait too: whoever leaves then has left now.
    if (this.iteration.isWaiting) this.iteration.leave();
    try {
      return await this.source.return!(value);
    } finally {
      this.iteration.leave();
    }
  }

  /** Its reader stops here, and closes nothing. */
  leave(): void {
    this.iteration.leave();
  }

  private async step(take: () => PromiseLike<Step<unknown, unknown>>): Promise<Step<unknown, unknown>> {
    try {
      return await this.iteration.step(take);
    } catch (error) {
      const { gate, limits, invocation } = this;
      const { ticket } = limits;
      const ending = endOf(gate, ticket, error);
      if (!hasFallbackFor(ticket.site, ending)) throw error;
      this.instead = recoverIterator(gate, ticket.site, error, ending, invocation);
      return this.instead.next(undefined);
    }
  }
}

export function hidden(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true, enumerable: false });
}
