import { describe, expect, it } from '@jest/globals';

import { FailureStreak } from '../../../lib/core/index.js';
import { keysOf } from '../../support/keyed.js';
import { aQuietGroup, bad, good } from '../../support/quiet-group.js';

describe('a breaker that was used', () => {
  it.each([
    ['a few', 62],
    ['thousands', 5000],
  ])('after %s calls of another was so at that very time, to a millisecond', (_, calls) => {
    const { clock, group, quiet } = aQuietGroup({ max: 2 });
    const a = quiet('a');
    const busy = quiet('busy');
    busy.acquire();
    good(busy, calls);
    clock.advance(0.5);
    good(a);
    clock.advance(1000);
    group.for('new');
    expect(keysOf(group)).toEqual(['a', 'busy']);
    clock.advance(0.5);
    group.for('new');
    expect(keysOf(group)).toEqual(['busy', 'new']);
  });

  it('by a failure that takes the place of a failure was used, too', () => {
    const { clock, group, quiet } = aQuietGroup({ max: 2 }, { tripper: FailureStreak(1000) });
    const a = quiet('a');
    quiet('b');
    bad(a, 3);
    clock.advance(600);
    bad(a);
    clock.advance(600);
    group.for('new');
    expect(keysOf(group)).toEqual(['a', 'new']);
  });

  it('in thousands of calls does not go as idle at the use of another', () => {
    const { clock, group, quiet } = aQuietGroup();
    const [a, b] = [quiet('a'), quiet('b')];
    for (let i = 0; i < 3000; i++) {
      clock.advance(0.5);
      good(a);
      good(b);
    }
    expect(keysOf(group)).toEqual(['a', 'b']);
    clock.advance(60 * 60_000);
    good(b);
    expect(keysOf(group)).toEqual(['b']);
  });
});
