import { types } from 'node:util';

/** A promise of whatever make: anything that can be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}

/** Nobody will wait for it if it is a promise, so its rejection must not end the process. */
export function leaveAlone(value: unknown): void {
  if (types.isPromise(value)) value.catch(() => undefined);
}
