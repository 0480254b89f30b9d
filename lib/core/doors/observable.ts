import { catchError, defer, finalize, from, isObservable, Observable, race, tap, throwError } from 'rxjs';

import { isThenable } from '../base/promise.js';
import { hasFallbackFor, withCause, type CallSite, type Ending, type Invocation } from '../call-site.js';
import { CallTimeoutException } from '../model/exceptions.js';
import type { CallTicket, Gate } from '../ticket.js';
import { assertCallable, endOf } from './call.js';
import { runFallback } from './recover.js';

/** What the Observable door lets through: a stream, or how to make one for each subscription. */
export type StreamSource<T> = Observable<T> | (() => Observable<T>);

/**
 * The Observable door: one admission and one outcome per subscription, however many values it emits.
 *
 * Complete is success (judged by the last value), error is judged by the tracker, unsubscribe is
 * ignored. `timeoutMs` is the time to the first value: a stream that has started is not cut.
 */
export function runObservable<T>(
  gate: Gate,
  site: CallSite,
  source: StreamSource<T>,
  invocation: Invocation,
): Observable<T> {
  if (!isObservable(source)) assertCallable(gate, source);
  return defer(() => {
    let ticket: CallTicket;
    try {
      ticket = gate.admit(site);
    } catch (error) {
      return recoverStream<T>(gate, site, error, 'rejected', invocation);
    }
    return followStream(gate, ticket, source, invocation);
  });
}

/** One subscription whose call is already admitted. */
function followStream<T>(
  gate: Gate,
  ticket: CallTicket,
  source: StreamSource<T>,
  invocation: Invocation,
): Observable<T> {
  let last: { readonly value: T } | undefined;
  const stream = isObservable(source) ? source : defer(source);
  const limited = gate.timeoutMs === undefined ? stream : race(stream, deadline(gate, ticket));
  return limited.pipe(
    tap({
      next: (value) => {
        last = { value };
        ticket.renew();
      },
      complete: () => ticket.end(last),
    }),
    catchError((error: unknown) =>
      recoverStream<T>(gate, ticket.site, error, endOf(gate, ticket, error), invocation),
    ),
    finalize(() => ticket.release()),
  );
}

/** An admitted call that gave a stream: the first subscription takes its ticket, later ones their own. */
export function continueAsStream<T>(
  gate: Gate,
  ticket: CallTicket,
  source: Observable<T>,
  invocation: Invocation,
): Observable<T> {
  let isTaken = false;
  return defer(() => {
    if (isTaken) return runObservable(gate, ticket.site, source, invocation);
    isTaken = true;
    return followStream(gate, ticket, source, invocation);
  });
}

/** A call that returned. The stream it may have returned is still the call; anything else settles it. */
export function finish<T>(gate: Gate, ticket: CallTicket, value: T, invocation: Invocation): T {
  if (ticket.site.followsStreams && isStream(value)) {
    return continueAsStream(gate, ticket, value, invocation) as T;
  }
  ticket.succeed(value);
  return value;
}

/** rxjs looks into the value. A proxy that refuses that is no stream: it goes to the caller as it is. */
export function isStream(value: unknown): value is Observable<never> {
  try {
    return isObservable(value);
  } catch {
    return false;
  }
}

/** Says nothing until the timeout, then ends the call. Whoever emits first wins the race against it. */
function deadline(gate: Gate, ticket: CallTicket): Observable<never> {
  return new Observable((subscriber) => {
    const timer = ticket.setTimer(() => {
      const error = new CallTimeoutException(gate.name, gate.timeoutMs!);
      ticket.cut({ outcome: 'failure', error });
      subscriber.error(error);
    }, gate.timeoutMs!);
    return () => timer.cancel();
  });
}

/** The fallback's stream, promise or value, or the original error. */
function recoverStream<T>(
  gate: Gate,
  site: CallSite,
  error: unknown,
  ending: Ending,
  invocation: Invocation,
): Observable<T> {
  if (!hasFallbackFor(site, ending)) return throwError(() => error);
  return defer(() => {
    const given = runFallback(gate, site, error, ending, invocation);
    // As an array: `of` would take a value with a `schedule` method for its scheduler, and lose it.
    return from(isObservable(given) || isThenable(given) ? given : [given]) as Observable<T>;
  }).pipe(catchError((failed: unknown) => throwError(() => withCause(failed, error))));
}
