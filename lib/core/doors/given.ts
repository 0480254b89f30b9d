import type { EventEmitter } from 'node:events';

import { defer, type Observable } from 'rxjs';

import type { CallSite, Invocation } from '../call-site.js';
import type { CallTicket, Gate } from '../ticket.js';
import { followBody } from './body.js';
import { followIterable } from './followed.js';
import { canHaveMethods, kindOf, streamKindOf, type Kind, type StreamKind } from './kind.js';
import type { Limits } from './limits.js';
import { runObservable } from './observable.js';
import { guardPromise } from './special-promise.js';
import { guardThenable } from './thenable.js';

/** What a call gave in the same tick; the place of call learns from it. */
export function givenKind(site: CallSite, value: unknown): Kind {
  if (!canHaveMethods(value)) return 'value';
  const kind = kindOf(bodyOf(site, value));
  if (site.method === undefined) return kind === 'observable' ? 'value' : kind;
  if (kind !== 'value' && kind !== 'body') site.learned ??= kind;
  return kind;
}

/** What a promise gave. A breaker of one's own has `observe()` for Observables; of a method it is not known before. */
export function resolvedKind(site: CallSite, value: unknown): StreamKind | 'value' {
  if (!canHaveMethods(value)) return 'value';
  const kind = streamKindOf(bodyOf(site, value));
  return kind === 'observable' && site.method === undefined ? 'value' : kind;
}

/** A call that has resolved to a value: a stream goes on as the call, anything else is its end. */
export function finish<T>(gate: Gate, limits: Limits, value: T, invocation: Invocation): T {
  const kind = resolvedKind(limits.ticket.site, value);
  if (kind !== 'value') return goOn(gate, limits, kind, value, invocation);
  limits.release();
  limits.ticket.succeed(value);
  return value;
}

/** What was given goes on as the call. @returns what the caller gets of it. */
export function goOn<T>(
  gate: Gate,
  limits: Limits,
  kind: Exclude<Kind, 'value'>,
  value: T,
  invocation: Invocation,
): T {
  const { ticket } = limits;
  const { site } = ticket;
  switch (kind) {
    case 'promise':
      return guardPromise(gate, limits, value as Promise<unknown>, resolved, invocation) as T;
    case 'thenable':
      ticket.withdraw();
      return guardThenable(gate, site, value as PromiseLike<unknown>, invocation) as T;
    case 'observable':
      limits.release();
      return perSubscription(gate, ticket, value as Observable<unknown>, invocation) as T;
    case 'iterable':
      return followIterable(gate, limits, value as object, invocation) as T;
    case 'body':
      return followBody(gate, limits, bodyOf(site, value as object) as EventEmitter, value);
  }
}

/**
 * Nobody may ever subscribe to it (`ClientProxy.emit()`), so its call is ignored, and holds no place. Each subscription
 * takes a place of its own; the first is the call that was ignored until then.
 */
function perSubscription(
  gate: Gate,
  ticket: CallTicket,
  source: Observable<unknown>,
  invocation: Invocation,
): Observable<unknown> {
  let takeBack: (() => void) | undefined = ticket.shelve();
  return defer(() => {
    takeBack?.();
    takeBack = undefined;
    return runObservable(gate, ticket.site, source, invocation);
  });
}

/** A special promise may give a stream as any other. */
function resolved(gate: Gate, limits: Limits, value: unknown, invocation: Invocation): unknown {
  return finish(gate, limits, value, invocation);
}

function bodyOf({ method }: CallSite, value: object): object {
  try {
    return method === undefined ? value : method.bodyOf(value);
  } catch {
    return value; // A proxy that cannot be asked of what class it is.
  }
}
