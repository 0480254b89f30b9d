import { describe, expect, it } from '@jest/globals';

import {
  Breaker,
  CountWindow,
  FailureRate,
  FailureStreak,
  KeyedBreakers,
  MinRequests,
  TimeWindow,
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

  it('is judged where it ends a row of failures that the rule looks at', () => {
    const breaker = aQuietBreaker({ tripper: MinRequests(2).and(FailureStreak(1).not()) });
    good(breaker, 1);
    bad(breaker, 1);
    expect(breaker.state).toBe('closed');
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

describe('a failure that takes the place of another', () => {
  const MANY = { tripper: FailureStreak(10) };

  it('is one more call and one more in a row, and the same figures', () => {
    const breaker = aQuietBreaker(MANY);
    bad(breaker, 9);
    expect(breaker.snapshot()).toMatchObject({
      calls: { admitted: 9, failure: 9, inFlight: 0 },
      metric: { totalCount: 2, failureCount: 2 },
      failureStreak: 9,
    });
  });

  it('opens the circuit when it is the one in a row that the rule looks for', () => {
    const breaker = aQuietBreaker(MANY);
    bad(breaker, 9);
    expect(breaker.state).toBe('closed');
    bad(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('is judged anew from the smallest number in a row that a part of the rule looks for', () => {
    const few = FailureStreak(6);
    const breaker = aQuietBreaker({ tripper: FailureStreak(10).or(few.and(few.not().not())) });
    bad(breaker, 5);
    expect(breaker.state).toBe('closed');
    bad(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('may end what a rule has against few in a row', () => {
    const opensAtTheFirstGoodOne = MinRequests(2).and(FailureStreak(1).not());
    const breaker = aQuietBreaker({ tripper: opensAtTheFirstGoodOne });
    bad(breaker, 5);
    expect(breaker.state).toBe('closed');
    good(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('is the last failure, also for listeners', () => {
    const breaker = aQuietBreaker(MANY);
    let n = 0;
    const failing = (): void => {
      expect(() =>
        breaker.executeSync(() => {
          throw new Error(`failure ${++n}`);
        }),
      ).toThrow();
    };
    for (let i = 0; i < 9; i++) failing();
    expect(breaker.snapshot().lastError).toBe('Error: failure 9');
    const heard: unknown[] = [];
    breaker.subscribe({ onTransition: ({ lastError }) => heard.push((lastError as Error).message) });
    failing();
    expect(heard).toEqual(['failure 10']);
  });

  it('is told to whoever listens to calls, and counted as ignored where it is no failure', () => {
    const breaker = aQuietBreaker({ ...MANY, tracker: (error) => (error as Error).message !== 'mine' });
    bad(breaker, 4);
    expect(() =>
      breaker.executeSync(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    const heard: string[] = [];
    breaker.subscribe({ onCall: ({ outcome }) => heard.push(outcome) });
    bad(breaker, 2);
    expect(heard).toEqual(['failure', 'failure']);
    expect(breaker.snapshot()).toMatchObject({ calls: { failure: 6, ignored: 1 }, failureStreak: 6 });
  });

  it('is judged by a rule that became stricter', () => {
    const breaker = aQuietBreaker(MANY);
    bad(breaker, 4);
    breaker.reconfigure({ tripper: FailureStreak(5) });
    bad(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('is judged by the rules of its group, also by a breaker that was dropped meanwhile', () => {
    const clock = new ManualClock();
    const keys = { max: 1, idleMs: 1000 };
    const group = new KeyedBreakers('banks', { window: CountWindow(2), ...MANY, keys }, { clock });
    const held = group.for('a');
    bad(held, 4);
    clock.advance(5000);
    good(group.for('b'), 1);
    clock.advance(5000);
    group.reconfigure({ tripper: FailureStreak(5) });
    bad(held, 1);
    expect(group.keys().keys).toEqual(['a']);
    expect(held.state).toBe('open');
  });

  it('is remembered by the window of time that came while it ran', async () => {
    const breaker = aQuietBreaker(MANY);
    for (let i = 0; i < 3; i++) await breaker.execute(() => 'paid'); // The next one is not timed.
    let fail!: (error: Error) => void;
    const call = breaker.execute(() => new Promise((_resolve, reject) => (fail = reject)));
    breaker.reconfigure({ window: TimeWindow(1000) });
    good(breaker, 1);
    fail(new Error('down'));
    await expect(call).rejects.toThrow('down');
    expect(breaker.snapshot()).toMatchObject({
      metric: { totalCount: 2, failureCount: 1 },
      failureStreak: 1,
    });
  });

  it('of which a value is one stays one', () => {
    const breaker = aQuietBreaker({ ...MANY, trackResult: (value) => value === 'refused' });
    for (let i = 0; i < 9; i++) breaker.executeSync(() => 'refused');
    expect(breaker.snapshot()).toMatchObject({ calls: { failure: 9 }, failureStreak: 9 });
    breaker.executeSync(() => 'refused');
    expect(breaker.state).toBe('open');
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

describe('a call of a breaker per key', () => {
  it.each([
    ['a success after successes', 2, good],
    ['a failure after successes', 2, bad],
    ['a success after failures', 0, good],
    ['a failure after failures', 0, bad],
  ])('looks at two idle ones on its way: %s', (_what, goodCount, call) => {
    const clock = new ManualClock();
    const options = { window: CountWindow(2), tripper: FailureStreak(50), keys: { idleMs: 1000 } };
    const group = new KeyedBreakers('banks', options, { clock });
    const busy = group.for('busy');
    good(busy, goodCount);
    bad(busy, 2 - goodCount);
    for (let i = 0; i < 8; i++) group.for(`idle ${i}`);
    clock.advance(5000);
    const sizes = Array.from({ length: 4 }, () => {
      call(busy, 1);
      return group.size;
    });
    expect(sizes).toEqual([7, 5, 3, 1]);
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
