import type { Breaker } from 'nestjs-fluxgate';
import { NEVER } from 'rxjs';

/** How a caller leaves a call that hangs. */
export type GivingUp = 'abort' | 'unsubscribe' | 'break';

/** A call that never ends by itself. */
export interface Hanging {
  /** Rejects when the call is refused, timed out or aborted; a consumer that left gets `reason`, too. */
  readonly result: Promise<unknown>;
  readonly reason: unknown;
  giveUp(): void;
}

export function begin(breaker: Breaker, how: GivingUp): Hanging {
  const reason = { reason: 'enough' };
  switch (how) {
    case 'abort': {
      const controller = new AbortController();
      const result = breaker.execute(() => new Promise(() => undefined), { signal: controller.signal });
      return { result, reason, giveUp: () => controller.abort(reason) };
    }
    case 'unsubscribe':
      return subscribed(breaker, reason);
    case 'break':
      return iterated(breaker, reason);
  }
}

function subscribed(breaker: Breaker, reason: unknown): Hanging {
  let left!: () => void;
  const result = new Promise((_, reject) => {
    const subscription = breaker.observe(NEVER).subscribe({ error: reject });
    left = () => {
      subscription.unsubscribe();
      reject(reason as Error);
    };
  });
  return { result, reason, giveUp: left };
}

function iterated(breaker: Breaker, reason: unknown): Hanging {
  const iteration = breaker.iterate(() => ({
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<never>>(() => undefined) }),
  }));
  let left!: () => void;
  const result = new Promise((_, reject) => {
    iteration.next().catch(reject);
    left = () => {
      void iteration.return(undefined).catch(() => undefined);
      reject(reason as Error);
    };
  });
  return { result, reason, giveUp: left };
}
