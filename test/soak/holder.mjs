// A process that only holds breakers, in every state, with callers that wait for a command; and, when their registry
// is released, as it is when an app closes, with calls that hang. It has to end by itself. Told where the library is: node holder.mjs ../../dist/index.js
const { AllowAll, Breaker, BreakerRegistry, Cooldown, FailureStreak } = await import(process.argv[2]);

const before = process.getActiveResourcesInfo();
const registry = new BreakerRegistry({
  defaults: { tripper: FailureStreak(1), retry: Cooldown(60_000), permit: AllowAll(), maxHalfOpenMs: 60_000 },
});
for (let i = 0; i < 1000; i++) {
  const breaker = registry.create(`closed-${i}`, { timeoutMs: 60_000 });
  await breaker.execute(async () => i);
}
const fail = async () => {
  throw new Error('down');
};
const open = registry.create('open');
await open.execute(fail).catch(() => undefined);
const halfOpen = registry.create('half-open', { retry: Cooldown(1) });
await halfOpen.execute(fail).catch(() => undefined);
await new Promise((resolve) => {
  setTimeout(resolve, 5);
});
halfOpen.acquire(); // a probe that nobody settles
registry.create('disabled').disable();
registry.create('metrics-only').metricsOnly();
registry.create('forced-open').forceOpen({ forMs: 60_000 });
const own = [...before]; // the process's own: the pipe it prints to
const idle = process.getActiveResourcesInfo().filter((kind) => {
  const i = own.indexOf(kind);
  if (i >= 0) own.splice(i, 1);
  return i < 0;
});

// From here on timers run: of a call, and of those who wait. Once the app is closed they must not hold the process.
void registry.get('closed-0').execute(() => new Promise(() => undefined));
void open.whenAvailable();
registry.release();
void registry.get('closed-1').execute(() => new Promise(() => undefined));
void registry.get('forced-open').whenAvailable();
// This one no time ends, and no app closes it.
const held = new Breaker('held', { initialState: 'forced_open' });
void held.whenAvailable();

const states = registry
  .list()
  .slice(1000)
  .map(({ state }) => state);
console.log(JSON.stringify({ idle, states }));
