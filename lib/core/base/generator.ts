/**
 * Has `giveUp` run as soon as a generator is told to return. The language queues `return()` behind a pending
 * `next()`, so a consumer that leaves while the source is silent would leave nothing but a waiting promise.
 */
export function onReturn<T, R, N>(
  generator: AsyncGenerator<T, R, N>,
  giveUp: () => void,
): AsyncGenerator<T, R, N> {
  const finish = generator.return.bind(generator);
  const value: typeof finish = (result) => {
    giveUp();
    return finish(result);
  };
  return Object.defineProperty(generator, 'return', { value, configurable: true, writable: true });
}

/** Tells a generator to return; nobody waits for it, or minds how it ends. */
export function leave(generator: AsyncGenerator | undefined): void {
  void Promise.allSettled([generator?.return(undefined)]);
}
