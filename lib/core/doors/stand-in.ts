import { isClass } from '../base/class.js';

// What is awaited later keeps its methods: a proxy stands for it, whose methods run on the object itself.

export type Method = (...args: unknown[]) => unknown;

/** The proxy; `guard` gives what stands for each method. */
export function standFor<T extends object>(
  target: T,
  guard: (key: string | symbol, method: Method) => Method,
): T {
  return new Proxy(target, {
    get(_, key) {
      // With the object as `this`: getters and methods may use private fields.
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' && !isClass(value) ? guard(key, value as Method) : value;
    },
  });
}

/** `then`, `catch` and `finally` by the promise that `end` gives; `undefined` for other methods. */
export function awaiting(key: string | symbol, end: () => Promise<unknown>): Method | undefined {
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
export const endOfThenable = (target: PromiseLike<unknown>): Promise<unknown> =>
  new Promise((resolve, reject) => {
    void target.then(resolve, reject);
  });
