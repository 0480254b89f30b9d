import type { CallSite, Invocation } from '../call-site.js';
import type { Gate } from '../ticket.js';
import { streamKindOf } from './kind.js';
import type { Limits } from './limits.js';
import { hidden, Unread, type Reading, type Source } from './reading.js';
import { watchWebStream, type WebStream } from './web-stream.js';

type Steps = AsyncIterator<unknown, unknown, unknown>;

/** Of one iterable: the calls of this breaker at this place are one after the other, those of others beside. */
interface Given {
  readonly gate: Gate;
  readonly method: CallSite['method'];
  readonly unread: Unread;
}

/** By the iterable that was given: one that is given again is not wrapped again. */
const given = new WeakMap<object, Given[]>();

/** Each wraps the one before it; calls of more places are not followed. */
const MAX_PLACES = 8;

/**
 * A call that gave an async iterable ends as the first iteration of it ends. The very object goes to the caller; only
 * its `[Symbol.asyncIterator]` (of an iterator also its steps, of a web stream its readers) is put under the eyes of the call, as properties of its
 * own. Nothing is read that the caller does not read, and no step is delayed.
 *
 * Until somebody begins to read, it is no call in flight. As a probe that nobody reads it is a success when its lease
 * is over, which took until now.
 */
export function followIterable<T extends object>(
  gate: Gate,
  limits: Limits,
  iterable: T,
  invocation: Invocation,
): T {
  const { ticket } = limits;
  const durationMs = ticket.sofarMs();
  limits.handOut();
  ticket.park({ outcome: 'success', durationMs });
  const unread = unreadOf(gate, ticket.site, iterable);
  if (unread === undefined) {
    ticket.succeed();
    limits.release();
  } else unread.give({ limits, invocation, durationMs });
  return iterable;
}

/** `undefined`: it takes no property, or no more of them, so nobody can see how it is read. */
function unreadOf(gate: Gate, { method }: CallSite, iterable: object): Unread | undefined {
  const known = given.get(iterable) ?? [];
  // Each `execute` may be a place of its own, so they are one together.
  const again = known.find((one) => one.gate === gate && one.method === method);
  if (again !== undefined) return again.unread;
  if (known.length === MAX_PLACES) return undefined;
  const unread = new Unread(gate);
  try {
    watchIterable(iterable as AsyncIterable<unknown>, unread);
  } catch {
    return undefined;
  }
  given.set(iterable, [...known, { gate, method, unread }]);
  return unread;
}

function watchIterable(iterable: AsyncIterable<unknown>, unread: Unread): void {
  const { values } = iterable as { readonly values?: unknown };
  const begin = iterable[Symbol.asyncIterator];
  const watched = function (this: unknown, ...options: []): Steps {
    try {
      const iterator = begin.apply(iterable, options) as Steps;
      // An iterator is its own iterable: its steps are watched already.
      return iterator === (iterable as unknown) ? iterator : watchedSteps(iterator, unread);
    } catch (error) {
      unread.fail(error);
      throw error;
    }
  };
  hidden(iterable, Symbol.asyncIterator, watched);
  if (values === begin) hidden(iterable, 'values', watched);
  if (typeof (iterable as unknown as Steps).next === 'function') {
    watchSteps(iterable as unknown as Steps, unread);
  }
  watchWebStream(iterable as WebStream, unread, tryToWatch);
}

/** What comes of another one that is watched. */
function tryToWatch(iterable: object, unread: Unread): void {
  try {
    if (streamKindOf(iterable) === 'iterable') watchIterable(iterable as AsyncIterable<unknown>, unread);
  } catch {
    // It takes no property: nobody can see how it is read.
  }
}

/** The same iterator; another one in its place, where it takes no property. */
function watchedSteps(iterator: Steps, unread: Unread): Steps {
  try {
    return watchSteps(iterator, unread);
  } catch {
    const bare: Steps & AsyncIterable<unknown> = {
      next: (...sent: [unknown?]) => iterator.next(...(sent as [unknown])),
      ...(iterator.return && { return: (value) => iterator.return!(value) }),
      ...(iterator.throw && { throw: (error) => iterator.throw!(error) }),
      [Symbol.asyncIterator]: () => bare as AsyncGenerator,
    };
    return watchSteps(bare, unread);
  }
}

/** Of the first iteration: others belong to no call. */
function watchSteps(iterator: Steps, unread: Unread): Steps {
  const source: Source = {
    next: iterator.next.bind(iterator),
    return: iterator.return?.bind(iterator),
    throw: iterator.throw?.bind(iterator),
  };
  let reading: Reading | undefined;
  const read = (): Reading | undefined => (reading ??= unread.read(source));
  hidden(iterator, 'next', (...sent: [unknown?]) => read()?.next(sent) ?? source.next(...sent));
  if (source.throw) {
    hidden(iterator, 'throw', (error: unknown) => read()?.throw(error) ?? source.throw!(error));
  }
  if (source.return) {
    hidden(iterator, 'return', (value: unknown) => read()?.return(value) ?? source.return!(value));
  }
  return iterator;
}
