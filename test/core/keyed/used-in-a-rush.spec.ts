import { describe, expect, it } from '@jest/globals';

import { keysOf, NO_CALLS } from '../../support/keyed.js';
import { aQuietGroup, aRush, good } from '../../support/rush.js';

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

  it('in a dense rush stays while up to 255 more calls go by, however slowly they come', () => {
    const { clock, group, b, a } = aRush(aQuietGroup());
    const aSecondLater = (times: number) => {
      for (let i = 0; i < times; i++) {
        clock.advance(1001);
        good(b);
      }
      return keysOf(group);
    };
    good(b, 16 + 32 + 64 + 128);
    good(a);
    expect(aSecondLater(254)).toEqual(['a', 'b']);
    expect(aSecondLater(1)).toEqual(['a', 'b']); // The first that reads the clock: it was used before now.
    expect(aSecondLater(1)).toEqual(['b']);
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
