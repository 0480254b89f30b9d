import {
  AllowAll,
  Breaker,
  Cooldown,
  FailureStreak,
  type BreakerEnvironment,
  type BreakerOptions,
  type Ticket,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { RecordingListener } from '../../lib/testing/recording-listener.js';
import { seededRandom } from '../../lib/testing/seeded-random.js';

/** A breaker on a clock that stands still, and everything it tells. */
export interface Made {
  readonly breaker: Breaker;
  readonly clock: ManualClock;
  readonly signals: RecordingListener;
}

/** Opens at the third failure in a row, for one second, and lets every call probe; unless told otherwise. */
export function aBreaker(options: BreakerOptions = {}, environment: BreakerEnvironment = {}): Made {
  const clock = new ManualClock();
  const signals = new RecordingListener();
  const breaker = new Breaker(
    'payments',
    {
      tripper: FailureStreak(3),
      retry: Cooldown(1000),
      permit: AllowAll(),
      ...options,
      listeners: [signals, ...(options.listeners ?? [])],
    },
    { clock, random: seededRandom(1), ...environment },
  );
  return { breaker, clock, signals };
}

/** The same, in half_open with its first probe in flight. */
export function aHalfOpen(
  options: BreakerOptions = {},
  environment: BreakerEnvironment = {},
): Made & { first: Ticket } {
  const made = aBreaker(options, environment);
  made.breaker.forceOpen({ forMs: 1 });
  made.clock.advance(1);
  const first = made.breaker.acquire();
  made.signals.clear();
  return { ...made, first };
}

/** The same, in any state; open for one second. */
export function aBreakerIn(state: Breaker['state'], options: BreakerOptions = {}): Made {
  if (state === 'half_open') return aHalfOpen(options);
  const made = aBreaker(options);
  if (state === 'open') bad(made.breaker, 3);
  if (state === 'metrics_only') made.breaker.metricsOnly();
  if (state === 'disabled') made.breaker.disable();
  if (state === 'forced_open') made.breaker.forceOpen();
  made.signals.clear();
  return made;
}

/** `times` calls that go well. */
export function good(breaker: Breaker, times = 1): void {
  for (let i = 0; i < times; i++) breaker.acquire().succeed();
}

/** `times` calls that fail. */
export function bad(breaker: Breaker, times = 1, error: unknown = new Error('down')): void {
  for (let i = 0; i < times; i++) breaker.acquire().fail(error);
}

/** One call of `durationMs`. */
export function slow({ breaker, clock }: Made, durationMs: number, error?: unknown): void {
  const ticket = breaker.acquire();
  clock.advance(durationMs);
  if (error === undefined) ticket.succeed();
  else ticket.fail(error);
}

/** Tries to get in: the ticket, or the error. */
export function knock(breaker: Breaker): Ticket | Error {
  try {
    return breaker.acquire();
  } catch (error) {
    return error as Error;
  }
}
