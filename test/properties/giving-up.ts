import type { Breaker } from 'nestjs-fluxgate';
import { concat, NEVER, of } from 'rxjs';

import type { ModelOutcome } from './model.js';

/** How a caller leaves a call that hangs, and what that says of it. */
export const GIVING_UP = {
  abort: 'ignored',
  deadline: 'failure',
  unsubscribe: 'ignored',
  break: 'ignored',
  'unsubscribe after a value': 'success',
  'break after a value': 'success',
} as const satisfies Record<string, ModelOutcome>;

export type GivingUp = keyof typeof GIVING_UP;

/** Does it give a value at once? */
export const givesValue = (how: GivingUp): boolean => GIVING_UP[how] === 'success';

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
    case 'deadline':
    case 'abort': {
      const controller = new AbortController();
      const result = breaker.execute(() => new Promise(() => undefined), { signal: controller.signal });
      const why = how === 'abort' ? reason : new DOMException('The time is up.', 'TimeoutError');
      return { result, reason: why, giveUp: () => controller.abort(why) };
    }
    case 'unsubscribe':
    case 'unsubscribe after a value':
      return subscribed(breaker, reason, givesValue(how));
    case 'break':
    case 'break after a value':
      return iterated(breaker, reason, givesValue(how));
  }
}

function subscribed(breaker: Breaker, reason: unknown, hasValue: boolean): Hanging {
  let left!: () => void;
  const result = new Promise((_, reject) => {
    const subscription = breaker
      .observe(hasValue ? concat(of('given'), NEVER) : NEVER)
      .subscribe({ error: reject });
    left = () => {
      subscription.unsubscribe();
      reject(reason as Error);
    };
  });
  return { result, reason, giveUp: left };
}

function iterated(breaker: Breaker, reason: unknown, hasValue: boolean): Hanging {
  const values = hasValue ? ['given'] : [];
  const next = (): Promise<IteratorResult<string>> => {
    const value = values.pop();
    return new Promise((resolve) => {
      if (value !== undefined) resolve({ done: false, value });
    });
  };
  const iteration = breaker.iterate(() => ({ [Symbol.asyncIterator]: () => ({ next }) }));
  let left!: () => void;
  const result = new Promise((_, reject) => {
    iteration
      .next()
      .then(() => iteration.next())
      .catch(reject);
    left = () => {
      void iteration.return(undefined).catch(() => undefined);
      reject(reason as Error);
    };
  });
  return { result, reason, giveUp: left };
}
