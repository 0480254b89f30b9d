import { AsyncLocalStorage } from 'node:async_hooks';

/** A ticket, as far as it may be a probe. */
interface Probe {
  readonly circuit: { readonly state: string };
  readonly isOver: boolean;
  onOver: (() => void) | undefined;
}

/** A probe that is running here, and the one around it. */
interface Running {
  /** Its breaker. */
  readonly gate: object;
  readonly ticket: Probe;
  readonly outer: Running | undefined;
}

const context = new AsyncLocalStorage<Running | undefined>();

/** Probes that were entered and are not over. */
let runningCount = 0;

/**
 * Runs something as part of this call. What it starts knows by its async context that it is inside of a probe: see
 * `isWithinProbe`.
 *
 * Only probes are entered, and with the last one the context is turned off: while it is on, some releases of Node.js
 * look at every promise of the process.
 */
export function enterProbe<T>(gate: object, ticket: Probe, run: () => T): T {
  if (ticket.circuit.state !== 'half_open' || ticket.isOver) return run();
  if (ticket.onOver === undefined) {
    runningCount++;
    ticket.onOver = leaveProbe;
  }
  return context.run({ gate, ticket, outer: innermost() }, run);
}

/** Runs something that no probe has begun, though one may be running here: listeners are told of all calls. */
export function outsideOfProbes(run: () => void): void {
  if (runningCount === 0) run();
  else context.run(undefined, run);
}

function leaveProbe(): void {
  if (--runningCount === 0) context.disable();
}

/** The probe around us. Those that are over are left out: what one of them began may go on for ever, and begin more. */
function innermost(): Running | undefined {
  let probe = context.getStore();
  while (probe?.ticket.isOver === true) probe = probe.outer;
  return probe;
}

/**
 * Is this call made by a probe of the same breaker that is not over? Then it goes with that probe: it has no place of
 * its own and is not recorded. Else a probe that calls its own breaker would wait for a place that it holds itself.
 */
export function isWithinProbe(gate: object): boolean {
  for (let probe = innermost(); probe !== undefined; probe = probe.outer) {
    if (probe.gate === gate && !probe.ticket.isOver) return true;
  }
  return false;
}
