import { describe, expect, it } from '@jest/globals';
import {
  FailureStreak,
  hours,
  KeyedBreakers,
  minutes,
  seconds,
  type Breaker,
  type KeyedBreakerOptions,
} from 'nestjs-fluxgate';
import { ManualClock, seededRandom } from 'nestjs-fluxgate/testing';

import { bad, good, knock } from '../../support/breaker.js';

const DAY_MS = hours(24);
const PLACES = 1000;

/** A group with the defaults but for its rule and its size. */
function aGateway(options: Partial<KeyedBreakerOptions> = {}) {
  const clock = new ManualClock();
  const group = new KeyedBreakers(
    'gateway',
    { tripper: FailureStreak(5), ...options, keys: { max: PLACES, ...options.keys } },
    { clock, random: seededRandom(1) },
  );
  return { group, clock };
}

/** A call that fails, if it is let in. */
function callBadly(group: KeyedBreakers, key: string): void {
  const ticket = knock(group.for(key));
  if (!(ticket instanceof Error)) ticket.fail(new Error('down'));
}

/** 5 000 calls that fail, of 1 000 keys that nobody has. */
function attack(group: KeyedBreakers): void {
  for (let i = 0; i < 5000; i++) callBadly(group, `made-up-${i % PLACES}`);
}

/** Calls of well tenants for so long, with 12 bad calls a minute of made-up keys among them. */
function aDayWith(
  { group, clock }: ReturnType<typeof aGateway>,
  tenants: readonly string[],
  forMs: number,
): { called: number; rejected: number; mostPlaces: number } {
  const seen = { called: 0, rejected: 0, mostPlaces: 0 };
  for (let i = 0; i * seconds(1) < forMs; i++) {
    if (i % 60 === 0) for (let j = 0; j < 12; j++) callBadly(group, `made-up-later-${i}-${j}`);
    const ticket = knock(group.for(tenants[i % tenants.length]!));
    seen.called++;
    if (ticket instanceof Error) seen.rejected++;
    else ticket.succeed();
    seen.mostPlaces = Math.max(seen.mostPlaces, group.size);
    clock.advance(seconds(1));
  }
  return seen;
}

const tenants = Array.from({ length: 50 }, (_, i) => `tenant-${i}`);

describe('5 000 failing calls of made-up keys', () => {
  it('take every place, and reject no call of anybody else: not at once …', () => {
    const made = aGateway();
    attack(made.group);
    expect(made.group.snapshot()).toMatchObject({ size: PLACES, states: { open: PLACES } });
    const seen = aDayWith(made, tenants, minutes(5));
    expect(seen).toEqual({ called: 300, rejected: 0, mostPlaces: PLACES });
  });

  it('… and not a week later, with 12 bad calls a minute: well tenants have their places back', () => {
    const made = aGateway();
    attack(made.group);
    made.clock.advance(7 * DAY_MS);
    const seen = aDayWith(made, tenants, hours(2));
    expect(seen).toMatchObject({ called: 7200, rejected: 0 });
    expect(seen.mostPlaces).toBeLessThanOrEqual(PLACES);
    for (const tenant of tenants) expect(made.group.for(tenant).key).toBe(tenant);
    // Only what the last ten minutes and the waits before them hold: at 12 a minute, some 130.
    expect(made.group.size).toBeLessThan(50 + 12 * 25);
    expect(made.group.snapshot().overflowCount).toBe(0);
  });

  it('have given up all their places by the time that as many calls have come', () => {
    const made = aGateway();
    attack(made.group);
    made.clock.advance(7 * DAY_MS);
    for (let i = 0; i < PLACES; i++) good(made.group.for('well'));
    expect(made.group.keys()).toEqual({ keys: ['well'], next: null });
  });

  it('take nothing from who has a place: a circuit that is ill still opens, and for its own key alone', () => {
    const made = aGateway();
    for (const tenant of tenants) good(made.group.for(tenant));
    attack(made.group);
    bad(made.group.for('tenant-7'), 5);
    expect(made.group.for('tenant-7').state).toBe('open');
    expect(made.group.for('tenant-8').state).toBe('closed');
    expect(made.group.size).toBe(PLACES);
  });

  it('leave a new key that fails unjudged: its calls go through, as those of all others without a place', () => {
    const made = aGateway();
    attack(made.group);
    const lost = made.group.for('late');
    bad(lost, 100);
    expect(knock(made.group.for('later'))).not.toBeInstanceOf(Error);
    expect(lost).toMatchObject({ key: undefined, group: 'gateway', state: 'disabled' });
  });

  it('cost a new key at most 1000 looks, however many places there are', () => {
    const clock = new ManualClock();
    let looks = 0;
    const window = {
      create: () => ({
        record: () => undefined,
        metric: () => {
          looks++;
          return { ...ONE_CALL };
        },
      }),
    };
    const group = new KeyedBreakers('gateway', { window, keys: { max: 5000 } }, { clock });
    for (let i = 0; i < 5000; i++) group.for(`made-up-${i}`);
    const looksFor = (key: string): number => {
      looks = 0;
      group.for(key);
      return looks;
    };
    expect(looksFor('first')).toBe(1000);
    expect(looksFor('second')).toBe(8);
  });
});

const ONE_CALL = {
  totalCount: 1,
  failureCount: 0,
  totalDurationMs: 0,
  failureRate: 0,
  avgDurationMs: 0,
  slowCount: () => 0,
  slowRate: () => 0,
};

describe('a circuit that nobody calls any more', () => {
  const idleMs = minutes(10);
  const waitMs = seconds(60);

  /** Is its place free for a new key by then? In a group of its own each time: to look is to take it. */
  const isFreeAfter = (afterMs: number, trouble: (breaker: Breaker, clock: ManualClock) => void): boolean => {
    const { group, clock } = aGateway({ keys: { max: 1 } });
    trouble(group.for('ill'), clock);
    clock.advance(afterMs);
    return group.for('new').key === 'new';
  };

  it('keeps its place while it is open, and for idleMs after its wait is over', () => {
    const open = (breaker: Breaker) => bad(breaker, 5);
    expect(isFreeAfter(waitMs, open)).toBe(false);
    expect(isFreeAfter(waitMs + idleMs - 1, open)).toBe(false);
    expect(isFreeAfter(waitMs + idleMs, open)).toBe(true);
  });

  it('keeps it from its last call on, too: half-open, without a probe in flight', () => {
    const halfOpen = (breaker: Breaker, clock: ManualClock): void => {
      bad(breaker, 5);
      clock.advance(waitMs);
      (breaker.acquire() as { release(): void }).release();
      expect(breaker.state).toBe('half_open');
      clock.advance(minutes(9));
    };
    expect(isFreeAfter(minutes(1) - 1, halfOpen)).toBe(false);
    expect(isFreeAfter(minutes(1), halfOpen)).toBe(true);
  });

  it('keeps it while a probe is in flight, however long that takes', () => {
    const probing = (breaker: Breaker, clock: ManualClock): void => {
      bad(breaker, 5);
      clock.advance(waitMs);
      breaker.acquire();
    };
    expect(isFreeAfter(7 * DAY_MS, probing)).toBe(false);
  });

  it('keeps it while a call of it that began before it opened still runs', () => {
    expect(
      isFreeAfter(7 * DAY_MS, (breaker) => {
        breaker.acquire();
        bad(breaker, 5);
      }),
    ).toBe(false);
  });

  it.each<[string, (breaker: Breaker) => unknown]>([
    ['forced it open', (breaker) => breaker.forceOpen()],
    ['forced it open for longer', (breaker) => breaker.forceOpen({ forMs: 8 * DAY_MS })],
    ['disabled it', (breaker) => breaker.disable()],
    ['set it to metrics_only', (breaker) => breaker.metricsOnly()],
  ])('keeps it when an operator %s', (_what, command) => {
    expect(isFreeAfter(7 * DAY_MS, (breaker) => void command(breaker))).toBe(false);
  });

  it('gives it up when the time for which an operator forced it open has been over for idleMs', () => {
    const forced = (breaker: Breaker) => void breaker.forceOpen({ forMs: hours(1) });
    expect(isFreeAfter(hours(1) + idleMs - 1, forced)).toBe(false);
    expect(isFreeAfter(hours(1) + idleMs, forced)).toBe(true);
  });

  it('takes its place back with its next call when somebody held it, and is still open', () => {
    const { group, clock } = aGateway({ keys: { max: 1 } });
    const held = group.for('ill');
    bad(held, 5);
    clock.advance(waitMs + idleMs);
    expect(group.for('new').key).toBe('new');
    expect(held.state).toBe('open');
    (held.acquire() as { release(): void }).release();
    expect(held.state).toBe('half_open');
    expect(group.for('ill')).toBe(held);
  });
});

describe('which open circuit goes first', () => {
  /** Some that had a success, then some that had none, all open and their wait long over. */
  function openOnes(hadSuccess: readonly string[], hadNone: readonly string[]) {
    const made = aGateway({ keys: { max: hadSuccess.length + hadNone.length } });
    for (const key of hadSuccess) good(made.group.for(key));
    for (const key of [...hadSuccess, ...hadNone]) bad(made.group.for(key), 5);
    made.clock.advance(DAY_MS);
    return made;
  }
  const keysOf = (group: KeyedBreakers): string[] => group.keys().keys;

  it('one that never had a success, though another is older', () => {
    const { group } = openOnes(['real-1', 'real-2'], ['made-up-1', 'made-up-2']);
    group.for('a');
    expect(keysOf(group)).toEqual(['real-1', 'real-2', 'made-up-2', 'a']);
  });

  it('then those that had one, the one that was used longest ago first', () => {
    const { group } = openOnes(['real-1', 'real-2'], ['made-up']);
    for (const key of ['a', 'b', 'c']) group.for(key).acquire();
    expect(keysOf(group)).toEqual(['a', 'b', 'c']);
  });

  it('one that is closed and remembers nothing goes before all of them', () => {
    const { group, clock } = aGateway({ keys: { max: 2 } });
    good(group.for('real'));
    bad(group.for('real'), 5);
    clock.advance(DAY_MS);
    group.for('asked');
    group.for('new');
    expect(keysOf(group)).toEqual(['real', 'new']);
  });
});
