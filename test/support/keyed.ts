import {
  AllowAll,
  Cooldown,
  FailureStreak,
  KeyedBreakers,
  type KeyedBreakerOptions,
  type KeyedEnvironment,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { RecordingListener } from '../../lib/testing/recording-listener.js';
import { seededRandom } from '../../lib/testing/seeded-random.js';

/** A group on a clock that stands still, everything it tells, and which breakers came and went. */
export interface MadeGroup {
  readonly group: KeyedBreakers;
  readonly clock: ManualClock;
  readonly signals: RecordingListener;
  /** `+gateway[a]`, `-gateway[a]`. */
  readonly news: string[];
}

/** Three keys at most, idle after a minute; each opens at the first failure, for one second. */
export function aGroup(
  options: Partial<KeyedBreakerOptions> = {},
  environment: KeyedEnvironment = {},
): MadeGroup {
  const clock = new ManualClock();
  const signals = new RecordingListener();
  const group = new KeyedBreakers(
    'gateway',
    {
      tripper: FailureStreak(1),
      retry: Cooldown(1000),
      permit: AllowAll(),
      ...options,
      keys: { max: 3, idleMs: 60_000, ...options.keys },
      listeners: [signals, ...(options.listeners ?? [])],
    },
    { clock, random: seededRandom(1), ...environment },
  );
  const news: string[] = [];
  group.watch({
    onAdded: ({ name }) => void news.push(`+${name}`),
    onRemoved: ({ name }) => void news.push(`-${name}`),
  });
  news.length = 0;
  return { group, clock, signals, news };
}

/** The keys that have a breaker now, in the order in which they got it. */
export const keysOf = (group: KeyedBreakers): string[] => group.keys({ limit: 1000 }).keys;

/** Asks for the breaker of each. */
export function ask(group: KeyedBreakers, ...keys: string[]): void {
  for (const key of keys) group.for(key);
}

/** What a window says that remembers nothing. */
export const NO_CALLS = {
  totalCount: 0,
  failureCount: 0,
  totalDurationMs: 0,
  failureRate: 0,
  avgDurationMs: 0,
  slowCount: () => 0,
  slowRate: () => 0,
};
