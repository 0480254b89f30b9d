import { setImmediate } from 'node:timers/promises';

/** A promise to be settled from outside. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T = unknown>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Lets every promise settle that can. */
export async function settled(): Promise<void> {
  await setImmediate();
}

/** What a promise was rejected with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was fulfilled.');
}

/** What a function threw. */
export function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('It did not throw.');
}

/** Everything that nobody caught while `run` ran and settled. */
export async function unhandled(run: () => Promise<unknown> | void): Promise<unknown[]> {
  const errors: unknown[] = [];
  const keep = (error: unknown): void => {
    errors.push(error);
  };
  process.on('unhandledRejection', keep);
  try {
    await run();
    await settled();
    await settled();
  } finally {
    process.off('unhandledRejection', keep);
  }
  return errors;
}
