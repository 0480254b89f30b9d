import { describe, expect, it } from '@jest/globals';

import {
  BreakerRegistry,
  CountWindow,
  FailureStreak,
  KeyedBreakers,
  minutes,
  TimeWindow,
} from '../../../lib/core/index.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { bad, good } from '../../support/breaker.js';
import { aGroup, ask } from '../../support/keyed.js';

const options = { tripper: FailureStreak(3), keys: { max: 2, idleMs: minutes(1) } };

describe('reconfigure of a group', () => {
  it('reaches every breaker there is, and those to come', () => {
    const registry = new BreakerRegistry();
    const group = registry.createKeyed('gateway', options);
    const first = group.for('a');
    expect(registry.reconfigure('gateway', { tripper: FailureStreak(1) })).toBe(true);
    bad(first);
    bad(group.for('b'));
    bad(group.shared);
    expect(group.breakers().map(({ state }) => state)).toEqual(['open', 'open', 'open']);
    expect(group.snapshot().rules.tripper).toBe('FailureStreak(1)');
  });

  it('reaches one that was dropped and comes back', () => {
    const clock = new ManualClock();
    const group = new KeyedBreakers('gateway', options, { clock });
    const held = group.for('a');
    clock.advance(minutes(2));
    group.for('b');
    group.for('c');
    expect(group.keys().keys).not.toContain('a');
    group.reconfigure({ tripper: FailureStreak(1) });
    clock.advance(minutes(2));
    bad(held);
    expect(group.keys().keys).toContain('a');
    expect(held.state).toBe('open');
  });

  it('holds for the first call of a dropped one that finds a place again, however often it found none', async () => {
    const clock = new ManualClock();
    const group = new KeyedBreakers('gateway', { keys: { max: 1, idleMs: minutes(1) } }, { clock });
    const held = group.for('a');
    await held.execute(() => 'paid');
    clock.advance(minutes(2));
    const ticket = group.for('b').acquire();
    expect(group.keys().keys).toEqual(['b']);
    group.reconfigure({ timeoutMs: 50 });
    for (let i = 0; i < 3; i++) await held.execute(() => 'paid');
    expect(group.keys().keys).toEqual(['b']);
    ticket.release();
    clock.advance(minutes(2));
    const call = held.execute(() => new Promise(() => undefined));
    expect(group.keys().keys).toEqual(['a']);
    clock.advance(50);
    await expect(call).rejects.toMatchObject({ timeoutMs: 50 });
  });

  it('holds for a call that ends when its dropped breaker finds a place again', async () => {
    const clock = new ManualClock();
    const keys = { max: 1, idleMs: minutes(1) };
    const rules = { window: CountWindow(2), tripper: FailureStreak(10) };
    const group = new KeyedBreakers('gateway', { ...rules, keys }, { clock });
    const held = group.for('a');
    const failing = () => held.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
    for (let i = 0; i < 3; i++) await failing();
    clock.advance(minutes(2));
    const ticket = group.for('b').acquire();
    group.reconfigure({ tripper: FailureStreak(5) });
    await failing();
    const call = failing();
    ticket.release();
    clock.advance(minutes(2));
    await call;
    expect(group.keys().keys).toEqual(['a']);
    expect(held.state).toBe('open');
  });

  it('is told by those that are there, not once more by one that comes back', () => {
    const { group, signals } = aGroup({ keys: { max: 1 } });
    const held = group.for('a');
    ask(group, 'b');
    group.reconfigure({ tripper: FailureStreak(2) });
    expect(signals.of('reconfigured').map(({ key }) => key)).toEqual([undefined, 'b']);
    good(held);
    expect(signals.of('reconfigured')).toHaveLength(2);
  });

  it('keeps what a new window that forgets by time remembers for its time', () => {
    const clock = new ManualClock();
    const group = new KeyedBreakers('gateway', options, { clock });
    group.reconfigure({ window: TimeWindow(minutes(10)) });
    bad(group.for('a'));
    clock.advance(minutes(2));
    group.for('b');
    group.for('c');
    expect(group.keys().keys).toContain('a');
  });

  it('says nothing and does nothing when no option is named', () => {
    const group = new KeyedBreakers('gateway', options);
    expect(group.reconfigure({})).toBe(false);
  });

  it('is refused whole, in the name of the group', () => {
    const group = new KeyedBreakers('gateway', options);
    const { rules } = group.snapshot();
    expect(() => group.reconfigure({ maxHalfOpenCalls: 0 })).toThrow(
      /KeyedBreakers "gateway".reconfigure: maxHalfOpenCalls/,
    );
    expect(() => group.reconfigure({ keys: { max: 5 } } as never)).toThrow(/keys is not an option/);
    expect(group.snapshot().rules).toEqual(rules);
  });
});
