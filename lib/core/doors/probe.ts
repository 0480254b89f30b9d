import { AsyncLocalStorage } from 'node:async_hooks';

import type { CallTicket, Gate } from '../ticket.js';
import type { HalfOpen } from '../states.js';

/** A probe that is running here, and the one around it. */
interface Running {
  readonly gate: Gate;
  readonly ticket: CallTicket;
  readonly outer: Running | undefined;
}

const context = new AsyncLocalStorage<Running>();

/** Probes that were entered and are not settled. */
let unsettledCount = 0;

/**
 * Runs something as part of this call. What it starts knows by its async context that it is inside of a probe: see
 * `isWithinProbe`.
 *
 * Only probes are entered, and with the last one the context is turned off: while it is on, some releases of Node.js
 * look at every promise of the process.
 */
export function enterProbe<T>(gate: Gate, ticket: CallTicket, run: () => T): T {
  if (ticket.circuit.state !== 'half_open' || ticket.isSettled) return run();
  if (ticket.onSettled === undefined) {
    unsettledCount++;
    ticket.onSettled = leaveProbe;
  }
  return context.run({ gate, ticket, outer: context.getStore() }, run);
}

function leaveProbe(): void {
  if (--unsettledCount === 0) context.disable();
}

/**
 * Is this call made by a probe of the same circuit that is not settled? Then it goes with that probe: it has no place of
 * its own and is not recorded. Else a probe that calls its own breaker would wait for a place that it holds itself.
 */
export function isWithinProbe(gate: Gate, circuit: HalfOpen): boolean {
  for (let probe = context.getStore(); probe !== undefined; probe = probe.outer) {
    if (probe.gate === gate && probe.ticket.circuit === circuit && !probe.ticket.isSettled) return true;
  }
  return false;
}
