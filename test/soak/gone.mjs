/**
 * Makes breakers in one registry, uses each in every way, and removes it.
 *
 * @param {object} library what `nestjs-fluxgate` exports
 * @param {number} count
 * @returns {Promise<{ refs: WeakRef<object>[], registry: object }>} the registry stays, its breakers are gone
 */
export async function makeUseRemove({ BreakerRegistry, FailureStreak }, count) {
  let heard = 0;
  const registry = new BreakerRegistry({
    defaults: { tripper: FailureStreak(2), timeoutMs: 5000 },
    listeners: [{ onTransition: () => heard++ }],
  });
  const refs = [];
  for (let i = 0; i < count; i++) refs.push(await useOne(registry, `tenant-${i}`));
  if (heard !== count) throw new Error(`${heard} of ${count} opened: they were not used as they should be`);
  return { refs, registry };
}

async function useOne(registry, name) {
  const breaker = registry.create(name);
  const unsubscribe = breaker.subscribe({ onCall: () => undefined });
  breaker.executeSync(() => name);
  await breaker.execute(async () => name);
  for (let i = 0; i < 3; i++) await breaker.execute(fail).catch(() => undefined);
  breaker.snapshot();
  unsubscribe();
  registry.remove(name);
  return new WeakRef(breaker);
}

const DOWN = new Error('down');

async function fail() {
  throw DOWN;
}
