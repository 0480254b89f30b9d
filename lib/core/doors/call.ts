import { FluxgateConfigError } from '../base/errors.js';
import { mustBe } from '../base/validate.js';
import type { Ending } from '../call-site.js';
import { isRejectionOf } from '../model/exceptions.js';
import type { CallTicket, Gate } from '../ticket.js';

/** What a task is given. */
export interface CallContext {
  /** Fresh for this call; aborted when the call times out or its caller gives up. Hand it to `fetch`. */
  readonly signal: AbortSignal;
}

/** A function that is called as it is: with its own `this` and arguments. */
// oxlint-disable-next-line typescript/no-explicit-any -- any function
export type Callee = (this: any, ...args: any[]) => unknown;

/** The call a task sees. Its signal is only made when the task asks for it. */
export class Call implements CallContext {
  private controller: AbortController | undefined;
  private end: { readonly reason: unknown } | undefined;

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.end !== undefined) this.controller.abort(this.end.reason);
    }
    return this.controller.signal;
  }

  /** Its signal, if the task asked for it. */
  get askedSignal(): AbortSignal | undefined {
    return this.controller?.signal;
  }

  abort(reason: unknown): void {
    this.end = { reason };
    this.controller?.abort(reason);
  }
}

/** The call whose task is being started right now. A task starts in one go, so a variable is enough. */
let starting: Call | undefined;
/** The call whose signal the function that was started last has asked for. */
let asked: Call | undefined;
/** Stands for a call that nothing can abort and that is handed to nobody: `callSignal` puts a real one in its place. */
const UNASKED = new Call();

/**
 * Which signal ends this call? For a guarded method, which is given none: hand it to `fetch`, and a call
 * that times out stops there too.
 *
 * Ask before the first `await` (later another call may be starting). `undefined` where no breaker runs the
 * call, `new Service()` in a unit test, and in methods declared as an Observable: there `timeoutMs` unsubscribes, and an
 * `AbortError` is ignored, since nobody knows whose it is. Of no use in sync methods, which nothing can interrupt.
 *
 * @example
 * ```ts
 * import { HttpException, Injectable } from '@nestjs/common';
 * import { callSignal, CircuitBreaker } from 'nestjs-fluxgate';
 *
 * @Injectable()
 * export class PaymentsService {
 *   @CircuitBreaker('payments')
 *   async status(id: string): Promise<string> {
 *     const signal = callSignal();
 *     const response = await fetch(`http://payments.local/${id}`, { signal });
 *     if (!response.ok) throw new HttpException('payments', response.status);
 *     return response.text();
 *   }
 * }
 * ```
 */
export function callSignal(): AbortSignal | undefined {
  if (starting === UNASKED) starting = new Call();
  return starting?.signal;
}

/** Starts a task as this call. */
export function start<T>(call: Call, task: (call: Call) => T): T {
  const outer = starting;
  starting = call;
  try {
    return task(call);
  } finally {
    starting = outer;
  }
}

/** Starts a function that takes no call: with its own `this` and arguments. */
export function startFunction(fn: Callee, self: unknown, args: unknown[]): unknown {
  const outer = starting;
  starting = UNASKED;
  try {
    return fn.apply(self, args);
  } finally {
    asked = starting === UNASKED ? undefined : starting;
    starting = outer;
  }
}

/** To be asked when `startFunction` has returned or thrown: did the function ask for the signal of its call? */
export const askedCall = (): Call | undefined => asked;

/** Such a function as a task, which takes nothing. */
export const taskOf = (fn: Callee, self: unknown, args: unknown[]) => (): unknown => fn.apply(self, args);

/** @throws FluxgateConfigError for what cannot be called: no failure of the dependency, and no fallback's business. */
export function assertCallable(gate: Gate, task: unknown): void {
  if (typeof task === 'function') return;
  const remedy = 'A promise has begun already: give what begins it, () => ….';
  throw new FluxgateConfigError(`Breaker "${gate.name}"`, [mustBe('the task', 'a function', task, remedy)]);
}

/** Settles a call that threw, unless a limit already did; how it ended, for the fallback. */
export function endOf(gate: Gate, ticket: CallTicket, error: unknown): Ending {
  if (ticket.ending !== undefined) return ticket.ending;
  const outcome = gate.classifier.error(error, ticket.site, ticket.known);
  ticket.settle({ outcome, error });
  // A nested call of the same breaker that was not let in: for the fallback this one was not either.
  return isRejectionOf(gate.name, error) ? 'rejected' : outcome;
}
