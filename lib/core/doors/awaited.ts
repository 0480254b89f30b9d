import { isClass } from '../base/class.js';
import { leaveAlone } from '../base/promise.js';
import type { CallSite, Ending, Invocation } from '../call-site.js';
import type { Gate } from '../ticket.js';
import { endOf } from './call.js';
import { runIterator } from './iterator.js';
import { isSpecialPromise, kindOf } from './kind.js';
import type { Limits } from './limits.js';
import { recover } from './recover.js';

// What is awaited later keeps its methods: a proxy stands for it, whose methods run on the object itself.

type Method = (...args: unknown[]) => unknown;

/** The proxy; `guard` gives what stands for each method. */
function standFor<T extends object>(target: T, guard: (key: string | symbol, method: Method) => Method): T {
  return new Proxy(target, {
    get(_, key) {
      // With the object as `this`: getters and methods may use private fields.
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' && !isClass(value) ? guard(key, value as Method) : value;
    },
  });
}

/** `then`, `catch` and `finally` by the promise that `end` gives; `undefined` for other methods. */
function awaiting(key: string | symbol, end: () => Promise<unknown>): Method | undefined {
  switch (key) {
    case 'then':
      return (ok, fail) => end().then(ok as never, fail as never);
    case 'catch':
      return (fail) => end().catch(fail as never);
    case 'finally':
      return (run) => end().finally(run as never);
    default:
      return undefined;
  }
}

/** The end of a thenable, by one call of its own `then`, now. */
const endOfThenable = (target: PromiseLike<unknown>): Promise<unknown> =>
  new Promise((resolve, reject) => {
    void target.then(resolve, reject);
  });

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

/** What a call has resolved to, as it goes to the caller. */
type Resolve = (gate: Gate, limits: Limits, value: unknown, invocation: Invocation) => unknown;

/**
 * A promise with methods of its own (an `APIPromise`) has begun already: the first promise that any of its methods
 * gives ends the call. No method is called that the caller does not call. Until then it is no call in flight; a probe
 * that nobody awaits is ignored when its lease is over.
 */
export function guardPromise<T extends Promise<unknown>>(
  gate: Gate,
  limits: Limits,
  promise: T,
  resolve: Resolve,
  invocation: Invocation,
): T {
  limits.ticket.park({ outcome: 'ignored', isCancelled: true });
  return new Begun(gate, limits, resolve, invocation).guard(promise);
}

/** A call that has begun, and that the first promise ends. */
class Begun {
  private isTaken = false;

  constructor(
    private readonly gate: Gate,
    private readonly limits: Limits,
    private readonly resolve: Resolve,
    private readonly invocation: Invocation,
  ) {}

  guard<P extends Promise<unknown>>(target: P): P {
    let awaited: Promise<unknown> | undefined;
    const end = (): Promise<unknown> => (awaited ??= this.awaited(target)) ?? endOfThenable(target);
    const run = (method: Method, args: unknown[]): unknown => {
      const given = method.apply(target, args);
      if (given === target) return self;
      if (isSpecialPromise(given)) return this.guard(given);
      return kindOf(given) === 'promise' ? this.followed(given as Promise<unknown>) : given;
    };
    const self: P = standFor(target, (key, method) => awaiting(key, end) ?? ((...args) => run(method, args)));
    return self;
  }

  /** As an awaited call: with its fallback, and a stream that it gives goes on as the call. */
  private awaited(target: PromiseLike<unknown>): Promise<unknown> | undefined {
    const { gate, limits, invocation } = this;
    return this.take(() => endOfThenable(target))?.then(
      (value) => this.resolve(gate, limits, value, invocation),
      (error: unknown) => recover(gate, limits.ticket.site, error, this.failed(error), invocation),
    );
  }

  /** What another method gave is something else than the call's value: only its end counts. */
  private followed(given: Promise<unknown>): Promise<unknown> {
    const { limits } = this;
    const followed = this.take(() => given)?.then(
      (value) => {
        limits.release();
        limits.ticket.succeed(value);
        return value;
      },
      (error: unknown) => {
        this.failed(error);
        throw error;
      },
    );
    return followed ?? given;
  }

  /** Lets this promise end the call, if it is the first. */
  private take(begin: () => PromiseLike<unknown>): Promise<unknown> | undefined {
    if (this.isTaken) return undefined;
    this.isTaken = true;
    this.limits.ticket.unpark();
    return Promise.resolve(this.limits.run(begin));
  }

  private failed(error: unknown): Ending {
    this.limits.release();
    return endOf(this.gate, this.limits.ticket, error);
  }
}
