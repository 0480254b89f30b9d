import { leaveAlone } from '../base/promise.js';
import type { CallSite, Invocation } from '../call-site.js';
import type { Gate } from '../ticket.js';
import { runIterator } from './iterator.js';
import { kindOf } from './kind.js';
import { awaiting, endOfThenable, standFor, type Method } from './stand-in.js';

/** One that was begun at once: it keeps its methods, and is awaited by the end of that. */
export function standForBegun<T extends object>(target: T, end: Promise<unknown>): T {
  return standFor(
    target,
    (key, method) => awaiting(key, () => end) ?? ((...args) => method.apply(target, args)),
  );
}

/** Methods that are known to begin something before they were seen to give a promise. */
const BEGINNERS: readonly PropertyKey[] = ['exec', 'execute'];

/**
 * A thenable (a query of knex, drizzle, Prisma, mongoose) begins when it is awaited: each `then` is a call, and while
 * the circuit is open it rejects without beginning. So does each method of it that gives a promise, as soon as that
 * is known of the method.
 */
export function guardThenable<T extends PromiseLike<unknown>>(
  gate: Gate,
  site: CallSite,
  target: T,
  invocation: Invocation,
): T {
  const beginners = (site.beginners ??= new Set(BEGINNERS));
  const call = (begin: () => PromiseLike<unknown>): Promise<unknown> => gate.run(site, begin, invocation);
  const begun = (): Promise<unknown> => call(() => endOfThenable(target));
  const iterate = () =>
    runIterator(gate, site, () => target as unknown as AsyncIterable<unknown>, invocation);
  const run = (key: string | symbol, method: Method, args: unknown[]): unknown => {
    if (beginners.has(key)) return call(() => method.apply(target, args) as PromiseLike<unknown>);
    const given = method.apply(target, args);
    if (given === target) return self;
    const kind = kindOf(given);
    if (kind === 'thenable') return guardThenable(gate, site, given as PromiseLike<unknown>, invocation);
    if (kind !== 'promise') return given;
    beginners.add(key);
    leaveAlone(given); // If it may not go, nobody will wait for it.
    return call(() => given as PromiseLike<unknown>);
  };
  const self: T = standFor(target, (key, method) => {
    if (key === Symbol.asyncIterator) return iterate;
    return awaiting(key, begun) ?? ((...args) => run(key, method, args));
  });
  return self;
}
