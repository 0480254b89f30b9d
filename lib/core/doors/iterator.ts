import { onReturn } from '../base/generator.js';
import { hasFallbackFor, withCause, type CallSite, type Ending, type Invocation } from '../call-site.js';
import type { CallTicket, Gate } from '../ticket.js';
import { assertCallable, Call, endOf, start, withinLimits, type CallContext } from './call.js';
import { runFallback } from './recover.js';

/** How to make the iterable of one call. */
export type IterableSource<T, R = unknown, N = undefined> = (
  call: CallContext,
) => AsyncGenerator<T, R, N> | AsyncIterable<T, R, N>;

/**
 * The async iterator door: admitted at the first `next()`, one outcome per iteration.
 *
 * The end is success (judged by the last value), a throw is judged by the tracker, `break` is ignored, also
 * while the source is silent. `timeoutMs` is the time to the first value. An iteration never started costs
 * nothing.
 */
export function runIterator<T, R, N>(
  gate: Gate,
  site: CallSite,
  source: IterableSource<T, R, N>,
  invocation: Invocation,
): AsyncGenerator<T, R, N> {
  const iteration: Iteration = {};
  return onReturn(iterate(gate, site, source, invocation, iteration), () => iteration.giveUp?.());
}

/** How to give up an iteration that waits for its source; `undefined` while it does not. */
interface Iteration {
  giveUp?: (() => void) | undefined;
}

async function* iterate<T, R, N>(
  gate: Gate,
  site: CallSite,
  source: IterableSource<T, R, N>,
  invocation: Invocation,
  iteration: Iteration,
): AsyncGenerator<T, R, N> {
  assertCallable(gate, source);
  let ticket: CallTicket;
  try {
    ticket = gate.admit(site);
  } catch (error) {
    return yield* recoverIterator<T, R, N>(gate, site, error, 'rejected', invocation);
  }
  let result: R;
  try {
    result = yield* followIterator(gate, ticket, source, iteration);
  } catch (error) {
    result = yield* recoverIterator<T, R, N>(gate, site, error, endOf(gate, ticket, error), invocation);
  } finally {
    ticket.release();
  }
  return result;
}

async function* followIterator<T, R, N>(
  gate: Gate,
  ticket: CallTicket,
  source: IterableSource<T, R, N>,
  iteration: Iteration,
): AsyncGenerator<T, R, N> {
  const call = new Call();
  const iterator = source(call)[Symbol.asyncIterator]();
  let last: { readonly value: T } | undefined;
  const first = (): PromiseLike<Step<T, R>> | Step<T, R> =>
    withinLimits(gate, ticket, call, undefined, () => start(call, () => iterator.next()));
  const giveUp = (): void => {
    const error = new DOMException('The iteration was given up.', 'AbortError');
    ticket.cut({ outcome: 'ignored', error, isCancelled: true });
    call.abort(error);
    void close(iterator);
  };
  const watched = watch(iterator, first, {
    isWaiting: (isWaiting) => {
      iteration.giveUp = isWaiting ? giveUp : undefined;
    },
    value: (value) => {
      last = { value };
      ticket.renew();
    },
  });
  try {
    // `yield*` hands on next(), throw() and return() as the language has them.
    const result: R = yield* watched;
    ticket.end(last);
    return result;
  } catch (error) {
    // A source that a timeout cut off is closed once it wakes up; nobody waits for that.
    if (ticket.ending !== undefined) void close(iterator);
    throw error;
  }
}

type Step<T, R> = IteratorResult<T, R>;

/** The same iterator, whose first step is `first`, with an eye on its values. */
function watch<T, R, N>(
  iterator: AsyncIterator<T, R, N>,
  first: () => PromiseLike<Step<T, R>> | Step<T, R>,
  on: { isWaiting(isWaiting: boolean): void; value(value: T): void },
): AsyncIterable<T, R, N> {
  const seen = async (step: PromiseLike<Step<T, R>> | Step<T, R>): Promise<Step<T, R>> => {
    on.isWaiting(true);
    try {
      const result = await step;
      if (result.done !== true) on.value(result.value);
      return result;
    } finally {
      on.isWaiting(false);
    }
  };
  let isStarted = false;
  const next = (sent?: N): Promise<Step<T, R>> => {
    if (isStarted) return seen(iterator.next(sent as N));
    isStarted = true;
    return seen(first());
  };
  const watched: AsyncIterator<T, R, N> = {
    next,
    ...(iterator.throw && { throw: (error) => seen(iterator.throw!(error)) }),
    ...(iterator.return && { return: (value) => seen(iterator.return!(value)) }),
  };
  return { [Symbol.asyncIterator]: () => watched };
}

async function close(iterator: AsyncIterator<unknown, unknown, never>): Promise<void> {
  try {
    await iterator.return!();
  } catch {
    // It cannot be closed, or fails at that; the caller has its timeout already.
  }
}

/** The fallback's iterable, or one value it gives; else the original error. */
async function* recoverIterator<T, R, N>(
  gate: Gate,
  site: CallSite,
  error: unknown,
  ending: Ending,
  invocation: Invocation,
): AsyncGenerator<T, R, N> {
  if (!hasFallbackFor(site, ending)) throw error;
  try {
    const given = await runFallback(gate, site, error, ending, invocation);
    if (isAsyncIterable<T, R, N>(given)) return yield* given;
    yield given as T;
    return undefined as R;
  } catch (failed) {
    throw withCause(failed, error);
  }
}

function isAsyncIterable<T, R, N>(value: unknown): value is AsyncIterable<T, R, N> {
  return typeof (value as Partial<AsyncIterable<T>> | undefined)?.[Symbol.asyncIterator] === 'function';
}
