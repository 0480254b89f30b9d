import { onReturn } from '../base/generator.js';
import { isThenable } from '../base/promise.js';
import { hasFallbackFor, withCause, type CallSite, type Ending, type Invocation } from '../call-site.js';
import type { CallTicket, Gate } from '../ticket.js';
import { assertCallable, endOf, start, type CallContext } from './call.js';
import { closeQuietly, Iteration, type Step } from './iteration.js';
import { Limits } from './limits.js';
import { enterProbe } from './probe.js';
import { runFallback } from './recover.js';

type Iterable<T, R, N> = AsyncGenerator<T, R, N> | AsyncIterable<T, R, N>;

/** How to make the iterable of one call, or a promise of it. */
export type IterableSource<T, R = unknown, N = undefined> = (
  call: CallContext,
) => Iterable<T, R, N> | PromiseLike<Iterable<T, R, N>>;

/**
 * The async iterator door: admitted at the first `next()`, one outcome per iteration.
 *
 * The end is success (judged by the last value), a throw is judged by the tracker. Left after a value it is a success
 * that took until the first one; before any it is ignored. `timeoutMs` is the time to the first value,
 * `idleTimeoutMs` that between two. An iteration never started costs nothing.
 */
export function runIterator<T, R, N>(
  gate: Gate,
  site: CallSite,
  source: IterableSource<T, R, N>,
  invocation: Invocation,
  signal?: AbortSignal,
): AsyncGenerator<T, R, N> {
  const open: { iteration?: Iteration<T, R> } = {};
  const generator = iterate(gate, site, source, invocation, signal, open);
  return onReturn(generator, () => {
    if (open.iteration?.isWaiting === true) open.iteration.leave();
  });
}

async function* iterate<T, R, N>(
  gate: Gate,
  site: CallSite,
  source: IterableSource<T, R, N>,
  invocation: Invocation,
  signal: AbortSignal | undefined,
  open: { iteration?: Iteration<T, R> },
): AsyncGenerator<T, R, N> {
  assertCallable(gate, source);
  if (signal?.aborted === true) throw signal.reason;
  let ticket: CallTicket;
  try {
    ticket = gate.admit(site);
  } catch (error) {
    return yield* recoverIterator<T, R, N>(gate, site, error, 'rejected', invocation);
  }
  let result: R;
  try {
    const limits = new Limits(gate, ticket, signal);
    const opening = new Opening(() => enterProbe(gate, ticket, () => start(limits.call, source)));
    open.iteration = new Iteration<T, R>(gate, limits, () => opening.close());
    // `yield*` hands on next(), throw() and return() as the language has them.
    result = yield* watched(open.iteration, opening);
  } catch (error) {
    result = yield* recoverIterator<T, R, N>(gate, site, error, endOf(gate, ticket, error), invocation);
  } finally {
    open.iteration?.leave();
  }
  return result;
}

/** The iterator of a source, which may have to be waited for. */
class Opening<T, R, N> {
  iterator: AsyncIterator<T, R, N> | undefined;
  private readonly given: Iterable<T, R, N> | PromiseLike<Iterable<T, R, N>>;

  constructor(begin: () => Iterable<T, R, N> | PromiseLike<Iterable<T, R, N>>) {
    this.given = begin();
    if (isAsyncIterable<T, R, N>(this.given) || !isThenable(this.given)) this.read(this.given);
  }

  next(sent: N): PromiseLike<Step<T, R>> | Step<T, R> {
    if (this.iterator !== undefined) return this.iterator.next(sent);
    return (this.given as PromiseLike<Iterable<T, R, N>>).then((iterable) => this.read(iterable).next(sent));
  }

  close(): void {
    void closeQuietly(this.iterator);
  }

  private read(iterable: Iterable<T, R, N>): AsyncIterator<T, R, N> {
    return (this.iterator = iterable[Symbol.asyncIterator]());
  }
}

/** The same iterator, each step of it under the eyes of the call. */
function watched<T, R, N>(iteration: Iteration<T, R>, opening: Opening<T, R, N>): AsyncIterable<T, R, N> {
  const steps: AsyncIterator<T, R, N> = {
    next: (sent?: N) => iteration.step(() => opening.next(sent as N)),
    // Asked for when they are needed: before the first step it is not known what the source has.
    get throw() {
      const { iterator } = opening;
      return iterator?.throw && ((error: unknown) => iteration.step(() => iterator.throw!(error)));
    },
    get return() {
      const { iterator } = opening;
      return iterator?.return && ((value?: R | PromiseLike<R>) => iterator.return!(value));
    },
  };
  return { [Symbol.asyncIterator]: () => steps };
}

/** The fallback's iterable, or one value it gives; else the original error. */
export async function* recoverIterator<T, R, N>(
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
