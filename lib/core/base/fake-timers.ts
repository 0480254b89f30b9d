/** The clock behind the fake timers of jest, Vitest and sinon, which are all those of `@sinonjs/fake-timers`. */
export interface FakeClock {
  /** Seconds and nanoseconds since they were turned on; `setSystemTime` does not move it. */
  hrtime(): [number, number];
}

/** The fake clock that stands behind a global function now; `undefined` when that is the real one. */
export function fakeClockOf(global: unknown): FakeClock | undefined {
  const { clock } = Object(global) as { readonly clock?: Partial<FakeClock> };
  return typeof clock?.hrtime === 'function' ? (clock as FakeClock) : undefined;
}

/** The fake clock that timers or intervals follow now. Where only `Date` is fake there is none. */
export function fakeClock(): FakeClock | undefined {
  return fakeClockOf(globalThis.setTimeout) ?? fakeClockOf(globalThis.performance);
}

/** What it says, in ms. */
export function readFake(clock: FakeClock): number {
  const [seconds, nanoseconds] = clock.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
