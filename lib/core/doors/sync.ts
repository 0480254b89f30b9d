import { types } from 'node:util';

import {
  hasFallbackFor,
  runFallback,
  withCause,
  type CallSite,
  type Ending,
  type Invocation,
} from '../call-site.js';
import type { CallTicket, Gate } from '../ticket.js';
import { assertCallable, Call, endOf, withinLimits } from './call.js';
import { finish } from './observable.js';
import { recover } from './promise.js';

/**
 * The sync door: returns and throws in the same tick.
 *
 * A task that turns out to return a promise is recorded when that promise settles, not before.
 */
export function runSync<T>(gate: Gate, site: CallSite, task: () => T, invocation: Invocation): T {
  assertCallable(gate, task);
  let ticket: CallTicket;
  try {
    ticket = gate.admit(site);
  } catch (error) {
    return recoverSync<T>(site, error, 'rejected', invocation);
  }
  let value: T;
  try {
    value = task();
  } catch (error) {
    return recoverSync<T>(site, error, endOf(gate, ticket, error), invocation);
  }
  if (types.isPromise(value)) return follow(gate, ticket, value, invocation) as T;
  return finish(gate, ticket, value, invocation);
}

async function follow<T>(
  gate: Gate,
  ticket: CallTicket,
  promise: Promise<T>,
  invocation: Invocation,
): Promise<T> {
  let value: T;
  try {
    value = await withinLimits(gate, ticket, new Call(), undefined, () => promise);
  } catch (error) {
    return recover<T>(ticket.site, error, endOf(gate, ticket, error), invocation);
  }
  return finish(gate, ticket, value, invocation);
}

function recoverSync<T>(site: CallSite, error: unknown, ending: Ending, invocation: Invocation): T {
  if (!hasFallbackFor(site, ending)) throw error;
  try {
    return runFallback(site, error, invocation) as T;
  } catch (failed) {
    throw withCause(failed, error);
  }
}
