import { describe, expect, it } from '@jest/globals';

import {
  CountWindow,
  FailureStreak,
  KeyedBreakers,
  type Breaker,
  type BreakerOptions,
  type KeysOptions,
} from '../../../lib/core/index.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { keysOf, NO_CALLS } from '../../support/keyed.js';

/** Counts how often it is read, and goes on a little with each: one that stands still is never in a rush. */
class CountingClock extends ManualClock {
  readCount = 0;
  tickMs = 2 ** -20;

  override now(): number {
    this.readCount++;
    this.advance(this.tickMs);
    return super.now();
  }

  /** To the next whole ms. */
  advanceToWhole(): void {
    this.advance(Math.ceil(super.now()) - super.now());
  }
}

/** Nobody listens, and a window that is full: every further call ends as those before it did. */
function aQuietGroup(keys: KeysOptions = {}, options: BreakerOptions = {}) {
  const clock = new CountingClock();
  const group = new KeyedBreakers(
    'banks',
    { window: CountWindow(2), tripper: FailureStreak(1000), ...options, keys: { idleMs: 1000, ...keys } },
    { clock },
  );
  const quiet = (key: string): Breaker => {
    good(group.for(key), 2);
    return group.for(key);
  };
  return { clock, group, quiet };
}

function good(breaker: Breaker, times = 1): void {
  for (let i = 0; i < times; i++) breaker.executeSync(() => 'good');
}

function bad(breaker: Breaker, times = 1): void {
  for (let i = 0; i < times; i++) {
    expect(() =>
      breaker.executeSync(() => {
        throw new Error('down');
      }),
    ).toThrow('down');
  }
}

/** Of so many calls in a row: which read the clock, and how often? */
function readings(clock: CountingClock, times: number, call: () => void): string {
  let shown = '';
  for (let i = 0; i < times; i++) {
    const before = clock.readCount;
    call();
    shown += clock.readCount - before;
  }
  return shown;
}

const EACH = '1'.repeat(64);
const ONE_IN_16 = '0'.repeat(15) + '1';

/** Most places of a group are taken by calls in flight, so that few are left: `free`. */
function aCrowdedGroup(free: number) {
  const made = aQuietGroup({ max: 700 });
  for (let i = free; i < 700; i++) made.group.for(`other-${i}`).acquire();
  const keys = (): string[] => keysOf(made.group).filter((key) => !key.startsWith('other'));
  return { ...made, keys };
}

/** Each time it looks at a few places only. */
function insist(use: () => unknown): void {
  for (let i = 0; i < 100; i++) use();
}

/** `a` goes for another key when it is idle, and not before; `b` is in use. */
function expectToGoInASecond({ clock, group, keys }: ReturnType<typeof aCrowdedGroup>): void {
  clock.advance(999.5);
  insist(() => group.for('new'));
  expect(keys()).toEqual(['a', 'b']);
  clock.advance(1);
  insist(() => group.for('new'));
  expect(keys()).toEqual(['b', 'new']);
}

/** A group in a rush: the next 15 calls do not read the clock. */
function aRush<Made extends ReturnType<typeof aQuietGroup>>(made: Made) {
  const a = made.quiet('a');
  const b = made.quiet('b');
  good(b, 64);
  return { ...made, a, b };
}

describe('the clock', () => {
  it('is read at the end of each of 64 calls, and then of one in 16: that is a rush', () => {
    const { clock, quiet } = aQuietGroup();
    const a = quiet('a');
    expect(readings(clock, 112, () => good(a))).toBe(EACH + ONE_IN_16.repeat(3));
  });

  it('is read as seldom where calls fail', () => {
    const { clock, group } = aQuietGroup();
    const a = group.for('a');
    bad(a, 2);
    expect(readings(clock, 96, () => bad(a))).toBe(EACH + ONE_IN_16.repeat(2));
  });

  it('is read for the calls of all keys together', () => {
    const { clock, quiet } = aQuietGroup();
    const breakers = ['a', 'b', 'c'].map(quiet);
    let i = 0;
    expect(readings(clock, 96, () => good(breakers[i++ % 3]!))).toBe(EACH + ONE_IN_16.repeat(2));
  });

  it('is read for each call where they come a millisecond apart', () => {
    const { clock, quiet } = aQuietGroup();
    const a = quiet('a');
    clock.tickMs = 0;
    const call = () => {
      clock.advance(1);
      good(a);
    };
    expect(readings(clock, 128, call)).toBe(EACH + EACH);
  });

  it('is read for each call where it stands still: tests are exact', () => {
    const { clock, quiet } = aQuietGroup();
    const a = quiet('a');
    clock.tickMs = 0;
    expect(readings(clock, 128, () => good(a))).toBe(EACH + EACH);
  });

  it('is read for each call again once two readings were a millisecond apart', () => {
    const { clock, b } = aRush(aQuietGroup());
    good(b, 15);
    clock.advance(0.999);
    expect(readings(clock, 17, () => good(b))).toBe(`1${ONE_IN_16}`);
    good(b, 15);
    clock.advance(1);
    // The one that ends the rush is not the first of the next.
    expect(readings(clock, 81, () => good(b))).toBe(`1${EACH}${ONE_IN_16}`);
  });

  it('is read for each call again after any other use that came so late', () => {
    const { clock, b } = aRush(aQuietGroup());
    clock.advance(1);
    b.acquire().release();
    expect(readings(clock, 80, () => good(b))).toBe(EACH + ONE_IN_16);
  });

  it('is read for each call again after a new key that came so late', () => {
    const { clock, group, b } = aRush(aQuietGroup());
    clock.advance(1);
    group.for('new');
    expect(readings(clock, 80, () => good(b))).toBe(EACH + ONE_IN_16);
  });

  it('is read by other uses all the same: they make no rush and end none', () => {
    const { clock, quiet } = aQuietGroup();
    const a = quiet('a');
    for (let i = 0; i < 64; i++) a.acquire().release();
    expect(readings(clock, 64, () => good(a))).toBe(EACH);
    good(a, 3);
    a.acquire().release();
    expect(readings(clock, 16, () => good(a))).toBe(ONE_IN_16);
  });

  it.each([NaN, Infinity, -Infinity, 0])('is read for each call again once it said %d', (astray) => {
    const { clock, b } = aRush(aQuietGroup());
    good(b, 15);
    const { now } = clock;
    clock.now = () => astray;
    good(b);
    clock.now = now;
    expect(readings(clock, 81, () => good(b))).toBe(`1${EACH}${ONE_IN_16}`);
  });
});

describe('a breaker that was used', () => {
  it('outside of a rush was so at that very time, to a millisecond', () => {
    const { clock, group, quiet } = aQuietGroup({ max: 2 });
    const a = quiet('a');
    const busy = quiet('busy');
    busy.acquire();
    good(busy, 62);
    clock.advance(0.5);
    good(a);
    clock.advance(1000);
    group.for('new');
    expect(keysOf(group)).toEqual(['a', 'busy']);
    clock.advance(0.5);
    group.for('new');
    expect(keysOf(group)).toEqual(['busy', 'new']);
  });

  it('in a rush was so when that was over, and does not go before it is known', () => {
    const { clock, group, keys, a } = aRush(aCrowdedGroup(2));
    good(a);
    clock.advanceToWhole();
    clock.advance(1000.5); // In whole ms, rounded up.
    // The other one goes, and no sooner than it is idle.
    group.for('new');
    expect(keys()).toEqual(['a', 'new']);
    clock.advance(999.5);
    group.for('new').acquire();
    insist(() => group.for('newer'));
    expect(keys()).toEqual(['a', 'new']);
    clock.advance(1);
    insist(() => group.for('newer'));
    expect(keys()).toEqual(['new', 'newer']);
  });

  it('in a rush does not go as idle at the next use of another', () => {
    const { clock, group, a, b } = aRush(aQuietGroup());
    good(a);
    clock.advanceToWhole();
    clock.advance(1000);
    b.acquire();
    expect(keysOf(group)).toEqual(['a', 'b']);
    clock.advanceToWhole();
    clock.advance(999);
    b.acquire();
    expect(keysOf(group)).toEqual(['a', 'b']);
    clock.advance(1);
    b.acquire();
    expect(keysOf(group)).toEqual(['b']);
  });

  it('in a rush does not go, while one that was not used does', () => {
    const { clock, group, b, quiet } = aRush(aQuietGroup());
    const keys = ['c', 'd', 'e', 'f', 'g', 'h', 'i'];
    const used = keys.map(quiet);
    for (const breaker of used) good(breaker);
    clock.advanceToWhole();
    clock.advance(1000);
    good(b, 16);
    expect(keysOf(group)).toEqual(['b', ...keys]);
  });

  it('in a rush that goes on is kept up to twice as long: nobody knows that it was at its beginning', () => {
    const { clock, group, a, b, quiet } = aRush(aQuietGroup({ idleMs: 100 }));
    quiet('c');
    clock.advanceToWhole();
    const sinceMs = clock.now();
    clock.tickMs = 0.5;
    good(a);
    const goneAfterMs = (key: string) => {
      while (keysOf(group).includes(key)) good(b);
      return Math.round(clock.now() - sinceMs);
    };
    expect(goneAfterMs('c')).toBe(101);
    expect(goneAfterMs('a')).toBe(202);
    expect(keysOf(group)).toEqual(['b']);
  });

  it('in a rush goes for another key as soon as the rush was over for so long', () => {
    const made = aRush(aCrowdedGroup(2));
    const { clock, a, b } = made;
    good(a);
    clock.advanceToWhole();
    clock.advance(1.5); // In whole ms, rounded up: 2.
    b.acquire();
    expectToGoInASecond(made);
  });

  it('in a rush goes as idle at the second look, however long ago the rush was over', () => {
    const { clock, group, a, b } = aRush(aQuietGroup());
    good(a);
    clock.advanceToWhole();
    clock.advance(1);
    good(b, 16);
    clock.advance(5000.5);
    b.acquire();
    expect(keysOf(group)).toEqual(['a', 'b']);
    clock.advance(999.5);
    b.acquire();
    expect(keysOf(group)).toEqual(['a', 'b']);
    clock.advance(1);
    b.acquire();
    expect(keysOf(group)).toEqual(['b']);
  });

  it('in a rush and again after it was so at that later time', () => {
    const made = aRush(aCrowdedGroup(2));
    const { clock, a, b } = made;
    good(a);
    clock.advanceToWhole();
    clock.advance(1.5);
    b.acquire();
    clock.advance(500);
    good(a);
    expectToGoInASecond(made);
  });

  it('in a rush and restored after it is not dropped for that', () => {
    const { clock, group, keys, a, b } = aRush(aCrowdedGroup(2));
    clock.advance(500);
    good(b, 80);
    good(a);
    a.restore(a.snapshot({ window: true }));
    b.acquire();
    clock.advance(999);
    insist(() => group.for('new'));
    expect(keys()).toEqual(['a', 'b']);
  });

  it('in a rush is the last in the line of those that may go', () => {
    const { clock, group, keys, a } = aRush(aCrowdedGroup(3));
    good(a);
    clock.advance(500);
    group.for('c');
    clock.advance(1000);
    group.for('new');
    expect(keys()).toEqual(['a', 'c', 'new']);
  });

  it('in a rush does not go while another is looked at whose window calls it', () => {
    const { clock, group, quiet } = aQuietGroup();
    const asked = group.for('asked');
    const called = quiet('called');
    const hot = quiet('hot');
    const metric = () => {
      if (isLooking) good(called);
      return NO_CALLS;
    };
    let isLooking = false;
    asked.reconfigure({ window: { create: () => ({ record: () => undefined, metric }) } });
    clock.advanceToWhole();
    clock.advance(9); // Used after it was put in the line: its window has to be asked.
    good(asked);
    clock.advance(990.5);
    good(hot, 65);
    isLooking = true;
    clock.advance(0.5);
    good(hot, 16);
    expect(keysOf(group)).toEqual(['called', 'hot']);
  });

  it('after it was dropped does not wait: it takes its place back', () => {
    const { clock, group, keys, a, b } = aRush(aCrowdedGroup(2));
    clock.advanceToWhole();
    clock.advance(1000);
    group.for('new');
    expect(keys()).toEqual(['b', 'new']);
    good(b, 65);
    insist(() => good(a));
    expect(keys()).toEqual(['b', 'a']);
  });

  it('may be the one that all share: it has no place to lose', () => {
    const { group } = aQuietGroup();
    good(group.shared, 5);
    expect(group.shared.snapshot().calls).toMatchObject({ success: 5, inFlight: 0 });
  });
});
