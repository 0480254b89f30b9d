import { describe, expect, it } from '@jest/globals';

import {
  Breaker,
  CountWindow,
  FailureRate,
  FailureStreak,
  KeyedBreakers,
  MinRequests,
  type BreakerOptions,
  type Tripper,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';

/** Remembers two calls, opens at the third failure in a row; nobody listens, so no call is timed. */
const aQuietBreaker = (options: BreakerOptions = {}): Breaker =>
  new Breaker(
    'payments',
    { window: CountWindow(2), tripper: FailureStreak(3), ...options },
    { clock: new ManualClock() },
  );

const good = (breaker: Breaker, times: number): void => {
  for (let i = 0; i < times; i++) breaker.executeSync(() => 'good');
};

const bad = (breaker: Breaker, times: number): void => {
  for (let i = 0; i < times; i++) {
    expect(() =>
      breaker.executeSync(() => {
        throw new Error('down');
      }),
    ).toThrow('down');
  }
};

const rate = (ratio: number): Tripper => MinRequests(5).and(FailureRate(ratio));

/** Two of five failed, and the call that goes next from the window did not. */
const mixed = (breaker: Breaker): void => {
  good(breaker, 2);
  bad(breaker, 2);
  good(breaker, 1);
};

describe('a success that takes the place of another', () => {
  it('is one more call, and the same figures', () => {
    const breaker = aQuietBreaker();
    good(breaker, 5);
    expect(breaker.snapshot()).toMatchObject({
      calls: { admitted: 5, success: 5, inFlight: 0 },
      metric: { totalCount: 2, failureCount: 0 },
    });
  });

  it('ends a row of failures', () => {
    const breaker = aQuietBreaker({ window: CountWindow(3) });
    good(breaker, 3);
    bad(breaker, 2);
    good(breaker, 1);
    expect(breaker.snapshot()).toMatchObject({ failureStreak: 0, metric: { failureCount: 2 } });
    bad(breaker, 2);
    expect(breaker.state).toBe('closed');
  });

  it('is not remembered by a state that did not let it in', () => {
    const breaker = aQuietBreaker();
    breaker.executeSync(() => {
      breaker.disable();
      breaker.reset();
      good(breaker, 3);
    });
    expect(breaker.snapshot().calls).toMatchObject({ success: 3, unrecorded: 1, inFlight: 0 });
  });

  it('is not remembered by the closed state that came after the one that let it in', () => {
    const breaker = aQuietBreaker();
    good(breaker, 2);
    breaker.executeSync(() => {
      breaker.disable();
      breaker.reset();
    });
    expect(breaker.snapshot()).toMatchObject({
      calls: { success: 2, unrecorded: 1 },
      metric: { totalCount: 0 },
    });
  });

  it('is judged by a rule that became stricter', () => {
    const breaker = aQuietBreaker({ window: CountWindow(5), tripper: rate(0.9) });
    mixed(breaker);
    breaker.reconfigure({ tripper: rate(0.4) });
    good(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('is judged all the same by a rule of your own', () => {
    let asked = 0;
    const breaker = aQuietBreaker({
      tripper: () => {
        asked++;
        return false;
      },
    });
    good(breaker, 5);
    expect(asked).toBe(5);
  });

  it('is a use of the breaker of a key: at its end too', () => {
    const clock = new ManualClock();
    const options = { window: CountWindow(2), tripper: FailureStreak(3), keys: { idleMs: 1000 } };
    const group = new KeyedBreakers('banks', options, { clock });
    const held = group.for('a');
    good(held, 3);
    held.executeSync(() => clock.advance(5000));
    good(group.for('b'), 1);
    clock.advance(999);
    good(group.for('b'), 1);
    expect(group.keys().keys).toEqual(['a', 'b']);
    clock.advance(1);
    good(group.for('b'), 1);
    expect(group.keys().keys).toEqual(['b']);
    expect(held.snapshot().calls).toMatchObject({ success: 4, inFlight: 0 });
  });
});

describe('a call that nobody times', () => {
  it('is a use of the breaker of a key: idle time begins at its end', () => {
    const clock = new ManualClock();
    const group = new KeyedBreakers('banks', { keys: { idleMs: 1000 } }, { clock });
    group.for('a').executeSync(() => clock.advance(5000));
    clock.advance(999);
    good(group.for('b'), 1);
    expect(group.keys().keys).toEqual(['a', 'b']);
    clock.advance(1);
    good(group.for('b'), 1);
    expect(group.keys().keys).toEqual(['b']);
  });
});

describe('the same counts', () => {
  it('are bad again in the next closed state', () => {
    const breaker = aQuietBreaker();
    for (let i = 0; i < 2; i++) {
      bad(breaker, 3);
      expect(breaker.state).toBe('open');
      breaker.reset();
    }
  });

  it('but for one call more are judged anew: a rule may want calls', () => {
    const breaker = aQuietBreaker({ window: CountWindow(4), tripper: MinRequests(4) });
    good(breaker, 3);
    expect(breaker.state).toBe('closed');
    good(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('but for one failure less are judged anew: a rule may want failures', () => {
    const breaker = aQuietBreaker({
      window: CountWindow(4),
      tripper: MinRequests(4).and(FailureRate(0.5).not()),
    });
    bad(breaker, 2);
    good(breaker, 2);
    expect(breaker.state).toBe('closed');
    good(breaker, 1);
    expect(breaker.state).toBe('open');
  });
});
