import { leaveAlone } from '../base/promise.js';
import type { CallSite, Invocation } from '../call-site.js';
import { CallTicket, type Gate } from '../ticket.js';
import { assertCallable, endOf, start } from './call.js';
import { givenKind, goOn } from './given.js';
import { isSpecialPromise, kindOf } from './kind.js';
import { recoverIterator } from './iterator.js';
import type { OpenGate } from './lane.js';
import { Limits } from './limits.js';
import { recoverStream } from './observable.js';
import { passSync } from './passing.js';
import { enterProbe } from './probe.js';
import { follow, refuse } from './promise.js';
import { recoverSync } from './recover.js';
import { endOfThenable } from './stand-in.js';
import { guardThenable, standForBegun } from './thenable.js';

/**
 * The sync door: returns and throws in the same tick.
 *
 * What turns out to be a promise, a thenable or a stream is the call, as doors/kind.ts tells them apart; and from then
 * on the rejections of this place of call have that shape. A thenable of a task, which is no method, is begun at once.
 */
export function runSync<T>(gate: OpenGate, site: CallSite, task: () => T, invocation: Invocation): T {
  assertCallable(gate, task);
  if (site.learned === 'thenable') return runThenable(gate, site, task, invocation);
  return runAsked(gate, site, task, invocation);
}

/** What gives a thenable only builds it, so it runs whatever the circuit says: that is asked when it is awaited. */
export function runThenable<T>(gate: OpenGate, site: CallSite, task: () => T, invocation: Invocation): T {
  const value = task();
  if (kindOf(value) === 'thenable') {
    return guardThenable(gate, site, value as PromiseLike<unknown>, invocation) as T;
  }
  leaveAlone(value); // If it may not go, nobody will wait for it.
  return runAsked(gate, site, () => value, invocation);
}

function runAsked<T>(gate: OpenGate, site: CallSite, task: () => T, invocation: Invocation): T {
  const lane = gate.pass(site);
  if (lane !== undefined) return passSync(lane, task, invocation);
  const ticket = gate.ask(site);
  if (!(ticket instanceof CallTicket)) return refused(gate, site, ticket, invocation) as T;
  const limits = new Limits(gate, ticket);
  let value: T;
  try {
    value = enterProbe(gate, ticket, () => start(limits.call, task));
  } catch (error) {
    return recoverSync<T>(gate, site, error, endOf(gate, ticket, error), invocation);
  }
  const kind = givenKind(site, value);
  if (kind === 'value') {
    ticket.succeed(value);
    return value;
  }
  if (kind === 'promise' && !isSpecialPromise(value)) {
    return follow(gate, limits, () => value as Promise<unknown>, invocation) as T;
  }
  if (kind === 'thenable' && site.method === undefined) {
    return standForBegun(
      value as object,
      follow(gate, limits, () => endOfThenable(value as PromiseLike<unknown>), invocation),
    ) as T;
  }
  return goOn(gate, limits, kind, value, invocation);
}

/** A call that is not let in ends as the ones before it were seen to end. */
function refused(gate: Gate, site: CallSite, error: unknown, invocation: Invocation): unknown {
  switch (site.learned) {
    case 'promise':
      return refuse(gate, site, error, invocation);
    case 'observable':
      return recoverStream(gate, site, error, 'rejected', invocation);
    case 'iterable':
      return recoverIterator(gate, site, error, 'rejected', invocation);
    default:
      return recoverSync(gate, site, error, 'rejected', invocation);
  }
}
