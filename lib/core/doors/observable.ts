import { catchError, defer, finalize, from, isObservable, Observable, tap, throwError } from 'rxjs';

import type { Timer } from '../base/clock.js';
import { isThenable } from '../base/promise.js';
import { hasFallbackFor, withCause, type CallSite, type Ending, type Invocation } from '../call-site.js';
import { CallTimeoutException } from '../model/exceptions.js';
import type { CallTicket, Gate } from '../ticket.js';
import { assertCallable, endOf } from './call.js';
import { enterProbe } from './probe.js';
import { runFallback } from './recover.js';
import { StreamCall } from './stream-call.js';

/** What the Observable door lets through: a stream, or how to make one for each subscription. */
export type StreamSource<T> = Observable<T> | (() => Observable<T>);

/**
 * The Observable door: one admission and one outcome per subscription, however many values it emits.
 *
 * Complete is success (judged by the last value), error is judged by the tracker. Unsubscribed after a value it is a
 * success that took until the first one; before any it is ignored. `timeoutMs` is the time to the first value,
 * `idleTimeoutMs` that between two.
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
  const stream = isObservable(source) ? source : defer(source);
  const entered = new Observable<T>((subscriber) =>
    enterProbe(gate, ticket, () => stream.subscribe(subscriber)),
  );
  const call = new StreamCall<T>(ticket);
  return limited(gate, ticket, entered).pipe(
    tap({ next: (value) => call.value(value), complete: () => call.end() }),
    catchError((error: unknown) =>
      recoverStream<T>(gate, ticket.site, error, endOf(gate, ticket, error), invocation),
    ),
    finalize(() => call.leave()),
  );
}

/** The same stream, cut when its first value, or the next one, does not come in time. */
function limited<T>(gate: Gate, ticket: CallTicket, stream: Observable<T>): Observable<T> {
  const { timeoutMs, idleTimeoutMs } = gate;
  if (timeoutMs === undefined && idleTimeoutMs === undefined) return stream;
  return new Observable((subscriber) => {
    let timer: Timer | undefined;
    const wait = (limitMs: number | undefined, isIdle: boolean): void => {
      timer?.cancel();
      timer = undefined;
      if (limitMs === undefined) return;
      timer = ticket.setTimer(() => {
        const error = new CallTimeoutException(gate.name, limitMs, isIdle);
        ticket.cut({ outcome: 'failure', error });
        subscriber.error(error);
      }, limitMs);
    };
    subscriber.add(() => timer?.cancel());
    wait(timeoutMs, false);
    // Their own subscriber: a source that gives all at once has to see that it was unsubscribed.
    return stream.pipe(tap(() => wait(idleTimeoutMs, true))).subscribe(subscriber);
  });
}

/** The fallback's stream, promise or value, or the original error. */
export function recoverStream<T>(
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
