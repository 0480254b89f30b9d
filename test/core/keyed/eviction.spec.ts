import { describe, expect, it } from '@jest/globals';
import {
  AllowAll,
  CountWindow,
  MinRequests,
  TimeWindow,
  type Breaker,
  type KeyedBreakers,
} from 'nestjs-fluxgate';
import { NEVER } from 'rxjs';

import { bad, good, knock } from '../../support/breaker.js';
import { aGroup, ask, keysOf, NO_CALLS } from '../../support/keyed.js';

describe('when a new key comes and there is no room', () => {
  it('the breaker that was used longest ago goes', () => {
    const { group, clock } = aGroup({ window: TimeWindow(1000) });
    for (const key of ['a', 'b', 'c', 'a']) {
      good(group.for(key));
      clock.advance(1000);
    }
    ask(group, 'd');
    expect(keysOf(group)).toEqual(['a', 'c', 'd']);
  });

  it('a breaker in the middle of them may be used again: those before it still go first', () => {
    const { group, clock } = aGroup({ window: TimeWindow(1000) });
    for (const key of ['a', 'b', 'c', 'b']) {
      good(group.for(key));
      clock.advance(1000);
    }
    ask(group, 'd', 'e');
    expect(keysOf(group)).toEqual(['b', 'd', 'e']);
  });

  it('which of two that were used within a hundredth of the idle time goes is left open, but not beyond', () => {
    const used = (afterMs: number): string[] => {
      const { group, clock } = aGroup({ keys: { max: 2 } });
      ask(group, 'a', 'b');
      clock.advance(afterMs);
      group.for('a').acquire().release();
      ask(group, 'c');
      return keysOf(group);
    };
    expect(used(600)).toEqual(['a', 'c']);
    expect(used(599)).toEqual(['b', 'c']);
  });

  it('one that was never called goes, though another is older', () => {
    const { group } = aGroup();
    good(group.for('a'));
    ask(group, 'b');
    good(group.for('c'));
    ask(group, 'd');
    expect(keysOf(group)).toEqual(['a', 'c', 'd']);
  });

  it('ignored calls are no evidence', () => {
    const { group } = aGroup({ keys: { max: 1 } });
    group.for('a').acquire().release();
    ask(group, 'b');
    expect(keysOf(group)).toEqual(['b']);
  });

  it.each<[string, (breaker: Breaker) => unknown]>([
    ['is forced open', (breaker) => breaker.forceOpen()],
    ['is disabled', (breaker) => breaker.disable()],
    ['is on trial (metrics_only)', (breaker) => breaker.metricsOnly()],
    ['has a call in flight', (breaker) => void breaker.execute(() => new Promise(() => undefined))],
    ['has an outstanding ticket', (breaker) => breaker.acquire()],
    ['has a subscriber', (breaker) => breaker.observe(() => NEVER).subscribe()],
    ['has an iteration under way', (breaker) => void breaker.iterate(forever).next()],
    [
      'is half-open, with a probe in flight',
      (breaker) => {
        breaker.forceOpen({ forMs: 1 });
        return { after: 1, next: () => knock(breaker) };
      },
    ],
  ])('a breaker never goes that %s', (_what, use) => {
    const { group, clock } = aGroup({ keys: { max: 1 } });
    const busy = group.for('busy');
    const more = use(busy) as { after: number; next: () => void } | undefined;
    if (more !== undefined && 'after' in Object(more)) {
      clock.advance(more.after);
      more.next();
    }
    clock.advance(3_600_000);
    expect(keyThere(group, 'new')).toBe(false);
    expect(group.for('busy')).toBe(busy);
  });

  it('a breaker that was made forced open never goes while somebody waits for it', () => {
    const { group } = aGroup({ keys: { max: 1 }, initialState: 'forced_open' });
    void group.for('a').whenAvailable();
    ask(group, 'b');
    expect(keysOf(group)).toEqual(['a']);
  });

  it('a breaker that was made disabled goes: it remembers nothing, and that is no fault', () => {
    const { group, signals } = aGroup({ keys: { max: 1 }, initialState: 'disabled' });
    good(group.for('a'));
    ask(group, 'b');
    expect(keysOf(group)).toEqual(['b']);
    expect(signals.of('fault')).toEqual([]);
  });

  it('a breaker goes once its call has ended and what it remembers is old', () => {
    const { group, clock } = aGroup({ keys: { max: 1 }, window: TimeWindow(1000) });
    const ticket = group.for('a').acquire();
    clock.advance(5000);
    expect(keyThere(group, 'b')).toBe(false);
    ticket.succeed();
    expect(keyThere(group, 'b')).toBe(false);
    clock.advance(1000);
    expect(keyThere(group, 'b')).toBe(true);
  });

  it('what a time window remembers is evidence exactly as long as the window remembers it', () => {
    const { group, clock } = aGroup({ keys: { max: 1 }, window: TimeWindow(600_000) });
    good(group.for('a'));
    clock.advance(598_999);
    expect(keyThere(group, 'b')).toBe(false);
    clock.advance(1); // the bucket of its call is over
    expect(keyThere(group, 'b')).toBe(true);
  });

  it('what a count window remembers is evidence until its breaker is idle', () => {
    const { group, clock } = aGroup({ keys: { max: 1 }, window: CountWindow(10) });
    good(group.for('a'));
    clock.advance(59_999);
    expect(keyThere(group, 'b')).toBe(false);
    clock.advance(1);
    expect(keyThere(group, 'b')).toBe(true);
  });

  it('a window of your own counts as long as it says', () => {
    const store = { record: () => undefined, metric: () => ({ ...NO_CALLS, totalCount: 1 }) };
    const window = { create: () => store, maxAgeMs: 5000 };
    const { group, clock } = aGroup({ keys: { max: 1 }, window });
    ask(group, 'a');
    clock.advance(4999);
    expect(keyThere(group, 'b')).toBe(false);
    clock.advance(1);
    expect(keyThere(group, 'b')).toBe(true);
  });

  it('a window of your own that fails is no evidence, and is told', () => {
    let isIll = false;
    const store = {
      record: () => undefined,
      metric: () => {
        if (isIll) throw new Error('ill');
        return NO_CALLS;
      },
    };
    const { group } = aGroup({ keys: { max: 1 }, window: { create: () => store } });
    good(group.for('a'));
    isIll = true;
    expect(keyThere(group, 'b')).toBe(true);
  });

  it('a breaker that another command closed goes like any other', () => {
    const { group } = aGroup({ keys: { max: 1 } });
    bad(group.for('a'));
    group.for('a').reset();
    expect(keyThere(group, 'b')).toBe(true);
  });
});

describe('breakers that do not begin closed', () => {
  it.each(['metrics_only', 'disabled', 'forced_open'] as const)(
    'go while they are %s as they were made, and stay once commanded',
    (initialState) => {
      const { group } = aGroup({ keys: { max: 1 }, initialState });
      ask(group, 'a');
      expect(keyThere(group, 'b')).toBe(true);
      group.for('b').reset();
      expect(keyThere(group, 'c')).toBe(false);
    },
  );
});

describe('idle breakers', () => {
  it('go although there is room, when a call comes by; no timer is needed', () => {
    const { group, clock, news } = aGroup({ keys: { max: 100 } });
    for (const key of ['a', 'b', 'c']) good(group.for(key));
    clock.advance(59_999);
    good(group.for('c'));
    expect(keysOf(group)).toEqual(['a', 'b', 'c']);
    clock.advance(1);
    good(group.for('c'));
    expect(keysOf(group)).toEqual(['c']);
    expect(news.slice(-2)).toEqual(['-gateway[a]', '-gateway[b]']);
    expect(clock.timerCount).toBe(0);
  });

  it('are those that were not used for so long, however old the group is', () => {
    const { group, clock } = aGroup({ keys: { max: 100 } });
    clock.advance(50_000);
    for (const key of ['a', 'b']) good(group.for(key));
    clock.advance(20_000);
    good(group.for('b'));
    expect(keysOf(group)).toEqual(['a', 'b']);
  });

  it('stay while they are busy, and are looked at again an idle time later', () => {
    const { group, clock } = aGroup({ keys: { max: 100 } });
    group.for('forced').forceOpen();
    good(group.for('hot'));
    clock.advance(60_000);
    good(group.for('hot'));
    expect(keysOf(group)).toEqual(['forced', 'hot']);
    group.for('forced').reset();
    clock.advance(60_000);
    good(group.for('hot'));
    expect(keysOf(group)).toEqual(['hot']);
  });

  it('are the open ones too, whose wait has been over for so long with no call', () => {
    const { group, clock } = aGroup({ keys: { max: 100 } });
    bad(group.for('open'));
    good(group.for('hot'));
    clock.advance(60_000);
    good(group.for('hot')); // Its wait was a second: it has been over for 59.
    expect(keysOf(group)).toEqual(['open', 'hot']);
    clock.advance(60_000);
    good(group.for('hot'));
    expect(keysOf(group)).toEqual(['hot']);
  });
});

describe('how many are looked at', () => {
  it.each([
    [47, 6],
    [48, 7],
    [55, 7],
    [56, 8],
  ])(
    'is eight for each new key, and all of them in turn: behind %i that are open, at the %ith',
    (ahead, nth) => {
      const { group, clock } = aGroup({ keys: { max: 100 }, window: TimeWindow(1000) });
      for (let i = 0; i < 100; i++) {
        if (i === ahead) good(group.for('well'));
        else bad(group.for(`open-${i}`));
      }
      expect(keyThere(group, 'first')).toBe(false); // spends what was saved up
      clock.advance(1000); // now 'well' may go
      const tried = Array.from({ length: nth }, (_, i) => keyThere(group, `new-${i}`));
      expect(tried.indexOf(true)).toBe(nth - 1);
    },
  );
});

describe('a breaker that is held while its key is dropped', () => {
  it('takes its place back at its next call', () => {
    const { group, news } = aGroup({ keys: { max: 1 } });
    const held = group.for('a');
    ask(group, 'b');
    expect(keysOf(group)).toEqual(['b']);
    bad(held);
    expect(keysOf(group)).toEqual(['a']);
    expect(group.for('a')).toBe(held);
    expect(news).toEqual(['+gateway[a]', '-gateway[a]', '+gateway[b]', '-gateway[b]', '+gateway[a]']);
  });

  it('takes it back at a command, too', () => {
    const { group } = aGroup({ keys: { max: 1 } });
    const held = group.for('a');
    ask(group, 'b');
    held.forceOpen();
    expect(group.for('a')).toBe(held);
  });

  it('goes on by itself when another has its key by then: it still judges', () => {
    const { group } = aGroup({ keys: { max: 1 } });
    const held = group.for('a');
    ask(group, 'b');
    const other = group.for('a');
    bad(held);
    expect(held.state).toBe('open');
    expect(knock(held)).toBeInstanceOf(Error);
    expect(group.for('a')).toBe(other);
    expect(other.state).toBe('closed');
  });

  it('goes on by itself when all others are in use', () => {
    const { group } = aGroup({ keys: { max: 1 } });
    const held = group.for('a');
    bad(group.for('b'));
    bad(held);
    expect(held.state).toBe('open');
    expect(keysOf(group)).toEqual(['b']);
  });
});

describe('when all are in use', () => {
  const full = (whenFull: 'passthrough' | 'reject' | undefined) => {
    const made = aGroup({ keys: { max: 1, ...(whenFull && { whenFull }) } });
    bad(made.group.for('busy'));
    return made;
  };

  it("'passthrough': they go straight through, and are counted; this is the default", () => {
    for (const { group, news } of [full('passthrough'), full(undefined)]) {
      bad(group.for('x'), 5);
      good(group.for('y'));
      expect(group.for('x').snapshot()).toMatchObject({ state: 'disabled', calls: { admitted: 6 } });
      expect(group.for('x')).toMatchObject({ name: 'gateway', group: 'gateway', key: undefined });
      expect(group.snapshot()).toMatchObject({ size: 1, overflowCount: 4, whenFull: 'passthrough' });
      expect(news).toEqual(['+gateway[busy]', '+gateway']);
      expect(group.breakers().map(({ name }) => name)).toEqual(['gateway', 'gateway', 'gateway[busy]']);
    }
  });

  it('the calls of bad keys have no part in it: what those do rejects none of keys without a place', () => {
    const { group } = full(undefined);
    bad(group.for(undefined as unknown as string));
    expect(knock(group.for(undefined as unknown as string))).toMatchObject({ reason: 'open' });
    expect(knock(group.for('x'))).not.toBeInstanceOf(Error);
  });

  it("'reject': they are rejected, with a reason that says so", async () => {
    const { group, signals } = full('reject');
    await expect(group.for('x').execute(() => 1)).rejects.toMatchObject({
      code: 'CIRCUIT_NOT_PERMITTED',
      reason: 'keys_full',
      state: 'closed',
      retryAfterMs: null,
      message: 'circuit breaker "gateway" has as many keys as keys.max allows, and all of them are in use',
    });
    expect(signals.of('rejected')).toMatchObject([{ reason: 'keys_full', group: 'gateway' }]);
  });

  it("'reject': the rejection has the state, whatever it is", () => {
    const { group } = full('reject');
    expect(knock(group.for('x'))).toMatchObject({ reason: 'keys_full', state: 'closed' });
    group.for('x').metricsOnly();
    expect(knock(group.for('y'))).toMatchObject({ reason: 'keys_full', state: 'metrics_only' });
  });

  it("'reject': an operator who forced that one open is the reason", () => {
    const { group } = full('reject');
    group.for('x').forceOpen({ reason: 'maintenance' });
    expect(knock(group.for('y'))).toMatchObject({ reason: 'forced_open', operatorReason: 'maintenance' });
  });

  it('is over as soon as one is at rest', () => {
    const { group } = full('reject');
    expect(keyThere(group, 'x')).toBe(false);
    group.for('busy').reset();
    expect(keyThere(group, 'x')).toBe(true);
  });

  it('a bad key goes through the shared one, whatever whenFull says', () => {
    const { group } = full('reject');
    expect(group.for(undefined as unknown as string)).toBe(group.shared);
  });
});

describe('a part of yours that fails while a key gets its breaker', () => {
  it('gives the key a breaker of its own all the same, with the default window, and is told', () => {
    let isIll = false;
    const window = {
      create: (slow: readonly number[]) => {
        if (isIll) throw new Error('ill');
        return CountWindow(5).create(slow);
      },
    };
    const { group, signals } = aGroup({ window, tripper: MinRequests(5), permit: AllowAll() });
    isIll = true;
    bad(group.for('a'), 5);
    expect(group.for('a')).toMatchObject({ key: 'a', state: 'open' });
    expect(group.for('b')).toMatchObject({ key: 'b', state: 'closed' });
    expect(signals.of('fault')).toMatchObject([
      { source: 'window', breaker: 'gateway' },
      { source: 'window', breaker: 'gateway' },
    ]);
    expect(group.size).toBe(2);
  });

  it('when one that was dropped takes its place back leaves it the rules that it has, and no call feels it', () => {
    let isIll = false;
    const { group, signals } = aGroup({ keys: { max: 1 } });
    const held = group.for('a');
    ask(group, 'b');
    const create = (slow: readonly number[]) => {
      if (isIll) throw new Error('ill');
      return CountWindow(5).create(slow);
    };
    group.reconfigure({ window: { create, toString: () => 'Mine()' } });
    isIll = true;
    good(held);
    expect(group.for('a')).toBe(held);
    expect(held.snapshot()).toMatchObject({ calls: { success: 1 }, rules: { window: 'CountWindow(100)' } });
    expect(signals.of('fault')).toMatchObject([{ source: 'window', breaker: 'gateway' }]);
  });
});

async function* forever(): AsyncGenerator<number> {
  await new Promise(() => undefined);
  yield 1;
}

/** Did the key get a breaker of its own? */
function keyThere(group: KeyedBreakers, key: string): boolean {
  return group.for(key).key === key;
}
