import type { Clock, Timer } from './base/clock.js';

/** What waiting needs of a breaker. */
export interface Waitable {
  readonly clock: Clock;
  /** Until a call would be let in, as far as time and slots go: 0 now, `null` when time alone will not do. */
  freeInMs(): number | null;
  /** Called whenever the circuit moved or a slot came free. */
  readonly waiters: Set<() => void>;
}

/** Resolves when the circuit would let a call in; rejects with the signal's reason when it is aborted. */
export function whenFree(breaker: Waitable, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    const end = (): void => {
      timer?.cancel();
      breaker.waiters.delete(check);
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      end();
      reject(signal!.reason as Error);
    };
    const check = (): void => {
      const freeInMs = breaker.freeInMs();
      // Asking may tell a listener, and what that does may have woken this one, or ended it.
      if (!breaker.waiters.has(check)) return;
      timer?.cancel();
      if (freeInMs === 0) {
        end();
        resolve();
        return;
      }
      // One that fires a little early is simply set again.
      timer = freeInMs === null ? undefined : breaker.clock.setTimer(check, Math.ceil(freeInMs));
    };
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort);
    breaker.waiters.add(check);
    check();
  });
}
