import { types } from 'node:util';

import type { CallSite, Invocation } from '../call-site.js';
import { CallTicket } from '../ticket.js';
import { assertCallable, Call, endOf, withinLimits } from './call.js';
import type { OpenGate } from './lane.js';
import { finish } from './observable.js';
import { passSync } from './passing.js';
import { recover, recoverSync } from './recover.js';

/**
 * The sync door: returns and throws in the same tick.
 *
 * A task that turns out to return a promise is recorded when that promise settles, not before.
 */
export function runSync<T>(gate: OpenGate, site: CallSite, task: () => T, invocation: Invocation): T {
  assertCallable(gate, task);
  const lane = gate.pass(site);
  if (lane !== undefined) return passSync(lane, task, invocation);
  const ticket = gate.ask(site);
  if (!(ticket instanceof CallTicket)) return recoverSync<T>(gate, site, ticket, 'rejected', invocation);
  let value: T;
  try {
    value = task();
  } catch (error) {
    return recoverSync<T>(gate, site, error, endOf(gate, ticket, error), invocation);
  }
  if (types.isPromise(value)) return follow(gate, ticket, value, invocation) as T;
  return finish(gate, ticket, value, invocation);
}

async function follow<T>(
  gate: OpenGate,
  ticket: CallTicket,
  promise: Promise<T>,
  invocation: Invocation,
): Promise<T> {
  let value: T;
  try {
    value = await withinLimits(gate, ticket, new Call(), undefined, () => promise);
  } catch (error) {
    return recover<T>(gate, ticket.site, error, endOf(gate, ticket, error), invocation);
  }
  return finish(gate, ticket, value, invocation);
}
