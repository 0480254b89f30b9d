import { hasFallbackFor, type CallSite, type Invocation } from '../call-site.js';
import type { Gate } from '../ticket.js';
import { endOf } from './call.js';
import { closeQuietly, Iteration, type Step } from './iteration.js';
import { recoverIterator } from './iterator.js';
import type { Limits } from './limits.js';

type Steps = AsyncIterator<unknown, unknown, unknown>;

/** A call that gave an iterable, until somebody begins to read it. */
interface Unread {
  readonly gate: Gate;
  readonly site: CallSite;
  limits: Limits | undefined;
  invocation: Invocation;
  /** How long the call took until it was given. */
  durationMs: number | undefined;
}

/** By the iterable that was given: one that is given again is not wrapped again. */
const given = new WeakMap<object, Unread[]>();

/**
 * A call that gave an async iterable ends as the first iteration of it ends. The very object goes to the caller; only
 * its `[Symbol.asyncIterator]` (of an iterator also its steps) is put under the eyes of the call, as properties of its
 * own. Nothing is read that the caller does not read, and no step is delayed.
 *
 * A web stream may be read otherwise; then it was a success. Until somebody begins to read, it is no call in flight. As a probe that nobody reads it is a success when its lease
 * is over, which took until now.
 */
export function followIterable<T extends object>(
  gate: Gate,
  limits: Limits,
  iterable: T,
  invocation: Invocation,
): T {
  const { ticket } = limits;
  limits.handOut();
  const durationMs = ticket.sofarMs();
  ticket.park({ outcome: 'success', durationMs });
  const known = given.get(iterable) ?? [];
  const again = known.find((one) => one.gate === gate && one.site === ticket.site);
  if (again !== undefined) {
    again.limits = limits;
    again.invocation = invocation;
    again.durationMs = durationMs;
    return iterable;
  }
  const unread: Unread = { gate, site: ticket.site, limits, invocation, durationMs };
  try {
    watchIterable(iterable as unknown as AsyncIterable<unknown>, unread);
    given.set(iterable, [...known, unread]);
  } catch {
    // It takes no property, so nobody can see how it is read.
    ticket.succeed();
    limits.release();
  }
  return iterable;
}

function watchIterable(iterable: AsyncIterable<unknown>, unread: Unread): void {
  const begin = iterable[Symbol.asyncIterator];
  hidden(iterable, Symbol.asyncIterator, function (this: unknown) {
    const iterator = begin.call(iterable) as Steps;
    // An iterator is its own iterable: its steps are watched already.
    return iterator === (iterable as unknown) ? iterator : watchedSteps(iterator, unread);
  });
  if (typeof (iterable as unknown as Steps).next === 'function') {
    watchSteps(iterable as unknown as Steps, unread);
  }
  for (const key of OTHER_WAYS) watchOtherWay(iterable as unknown as Record<string, unknown>, key, unread);
}

/** To read a `ReadableStream` without iterating: what comes of that is not seen, so the call has ended well. */
const OTHER_WAYS = ['getReader', 'pipeTo', 'pipeThrough'];

function watchOtherWay(iterable: Record<string, unknown>, key: string, unread: Unread): void {
  const way = iterable[key];
  if (typeof way !== 'function') return;
  hidden(iterable, key, (...args: unknown[]) => {
    const { limits, durationMs } = unread;
    unread.limits = undefined;
    limits?.ticket.settle({ outcome: 'success', durationMs });
    limits?.release();
    return way.apply(iterable, args) as unknown;
  });
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
  const read = (): Reading | undefined => {
    const { limits } = unread;
    if (reading !== undefined || limits === undefined) return reading;
    unread.limits = undefined;
    reading = new Reading(unread.gate, limits, source, unread.invocation);
    return reading;
  };
  hidden(iterator, 'next', (...sent: [unknown?]) => read()?.next(sent) ?? source.next(...sent));
  if (source.throw) {
    hidden(iterator, 'throw', (error: unknown) => read()?.throw(error) ?? source.throw!(error));
  }
  if (source.return) {
    hidden(iterator, 'return', (value: unknown) => read()?.return(value) ?? source.return!(value));
  }
  return iterator;
}

/** The steps of an iterator, each a function of its own. */
interface Source {
  next(...sent: [unknown?]): PromiseLike<Step<unknown, unknown>>;
  readonly return: ((value: unknown) => PromiseLike<Step<unknown, unknown>>) | undefined;
  readonly throw: ((error: unknown) => PromiseLike<Step<unknown, unknown>>) | undefined;
}

/** The iteration that is the call; its fallback goes on where it failed. */
class Reading {
  private readonly iteration: Iteration<unknown, unknown>;
  private instead: AsyncGenerator<unknown, unknown, unknown> | undefined;

  constructor(
    private readonly gate: Gate,
    private readonly limits: Limits,
    private readonly source: Source,
    private readonly invocation: Invocation,
  ) {
    limits.ticket.unpark();
    this.iteration = new Iteration(gate, limits, () => void closeQuietly(source as Partial<Steps>));
  }

  next(sent: [unknown?]): Promise<Step<unknown, unknown>> {
    if (this.instead !== undefined) return this.instead.next(...(sent as [unknown]));
    return this.step(() => this.source.next(...sent));
  }

  throw(error: unknown): Promise<Step<unknown, unknown>> {
    if (this.instead !== undefined) return this.instead.throw(error);
    return this.step(() => this.source.throw!(error));
  }

  async return(value: unknown): Promise<Step<unknown, unknown>> {
    if (this.instead !== undefined) return this.instead.return(value);
    // Behind a step that waits it would wait too: whoever leaves then has left now.
    if (this.iteration.isWaiting) this.iteration.leave();
    try {
      return await this.source.return!(value);
    } finally {
      this.iteration.leave();
    }
  }

  private async step(take: () => PromiseLike<Step<unknown, unknown>>): Promise<Step<unknown, unknown>> {
    try {
      return await this.iteration.step(take);
    } catch (error) {
      const { gate, limits, invocation } = this;
      const { ticket } = limits;
      const ending = endOf(gate, ticket, error);
      if (!hasFallbackFor(ticket.site, ending)) throw error;
      this.instead = recoverIterator(gate, ticket.site, error, ending, invocation);
      return this.instead.next(undefined);
    }
  }
}

function hidden(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true, enumerable: false });
}
