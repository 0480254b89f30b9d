import type { Ending, Invocation } from '../call-site.js';
import type { Gate } from '../ticket.js';
import { endOf } from './call.js';
import { isSpecialPromise, kindOf, specialTraitsOf, type SpecialTraits } from './kind.js';
import type { Limits } from './limits.js';
import { recover } from './recover.js';
import { awaiting, endOfThenable, standFor, type Method } from './stand-in.js';

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
  limits.ticket.site.special ??= specialTraitsOf(promise);
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

/**
 * A call that is not let in, where such promises are given: every method rejects that gave a promise or anything else,
 * and awaited it has its fallback. Nobody has to listen: it rejects when it is asked.
 */
export function refuseSpecial(
  { prototype, methods }: SpecialTraits,
  error: unknown,
  instead: () => Promise<unknown>,
): Promise<unknown> {
  let awaited: Promise<unknown> | undefined;
  const end = (): Promise<unknown> => (awaited ??= instead());
  return new Proxy(Object.create(prototype) as Promise<unknown>, {
    get: (_, key) => awaiting(key, end) ?? (methods.has(key) ? () => Promise.reject(error) : undefined),
  });
}
