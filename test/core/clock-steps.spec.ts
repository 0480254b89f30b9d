import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { Cooldown, hours, minutes, seconds, type WarmSnapshot } from '../../lib/core/index.js';
import { aBreaker, aBreakerIn, bad, type Made } from '../support/breaker.js';

const STATES = ['closed', 'open', 'half_open', 'metrics_only', 'disabled', 'forced_open'] as const;

/** As it comes back from a file. */
const saved = ({ breaker }: Pick<Made, 'breaker'>): WarmSnapshot =>
  JSON.parse(JSON.stringify(breaker.snapshot({ window: true }))) as WarmSnapshot;

let warned: jest.SpiedFunction<typeof process.emitWarning>;
beforeEach(() => {
  warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});
afterEach(() => warned.mockRestore());

describe('a wall clock that was set back by an hour', () => {
  // First, for the process warns once.
  it('since the snapshot was taken is told once, however many are restored', () => {
    for (let i = 0; i < 3; i++) {
      const made = aBreakerIn('open');
      const snapshot = saved(made);
      made.clock.stepWallClock(-hours(1));
      made.breaker.restore(snapshot);
    }
    expect(warned.mock.calls).toEqual([
      [
        'Breaker "payments".restore: the snapshot was taken 3600000 ms in the future. It counts as taken now. ' +
          'Was the clock of this machine set back, or is it wrong?',
        { type: 'FluxgateWarning', code: 'FLUXGATE_CLOCK_STEPPED' },
      ],
    ]);
  });

  it.each(STATES)(
    'since it was taken changes nothing but what people read, which is right again: %s',
    (state) => {
      const made = aBreakerIn(state, { retry: Cooldown(minutes(5)) });
      if (state === 'closed' || state === 'metrics_only') bad(made.breaker, 2);
      made.clock.advance(7);
      const before = saved(made);
      made.clock.stepWallClock(-hours(1));
      made.breaker.restore(before);
      const { calls: _, probesInFlight: __, ...told } = before;
      expect(saved(made)).toMatchObject({
        ...told,
        takenAt: before.takenAt - hours(1),
        changedAt: before.changedAt - hours(1),
        retryAt: before.retryAt === null ? null : before.retryAt - hours(1),
      });
    },
  );

  it.each(STATES)('between the last change and the snapshot is no contradiction: %s', (state) => {
    const made = aBreakerIn(state);
    made.clock.advance(7);
    made.clock.stepWallClock(-hours(1));
    const before = saved(made);
    expect(before.changedAt).toBeGreaterThan(before.takenAt);
    made.breaker.restore(before);
    const { calls: _, probesInFlight: __, ...told } = before;
    expect(saved(made)).toMatchObject(told);
    expect(warned).not.toHaveBeenCalled();
  });

  it('while nobody was there shortens no wait, and lets no call of the window expire', () => {
    const made = aBreaker({ retry: Cooldown(seconds(60)) });
    bad(made.breaker, 3);
    made.clock.advance(seconds(20));
    const snapshot = saved(made);
    const next = aBreaker({ retry: Cooldown(seconds(60)) });
    next.clock.stepWallClock(snapshot.takenAt - hours(1) - next.clock.wallNow());
    next.breaker.restore(snapshot);
    expect(next.breaker.snapshot()).toMatchObject({
      retryAfterMs: seconds(40),
      retryAt: next.clock.wallNow() + seconds(40),
    });
  });

  it('is no excuse for a snapshot that is wrong: then nothing is told and nothing changes', () => {
    const made = aBreakerIn('open');
    const snapshot = { ...saved(made), reopens: -1 };
    made.clock.stepWallClock(-hours(1));
    expect(() => made.breaker.restore(snapshot)).toThrow(/reopens must be/);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe('a snapshot of one that was restored', () => {
  it('is taken back again, also where two machines disagree on when it opened', () => {
    const open = saved(aBreakerIn('open'));
    const made = aBreaker();
    made.breaker.restore({ ...open, retryAt: open.changedAt - seconds(5) });
    const again = saved(made);
    expect(again.memory.inStateMs).toBe(0);
    expect(() => made.breaker.restore(again)).not.toThrow();
  });

  it('of a release that did not tell the rest of the wait so exactly is taken too', () => {
    const made = aBreakerIn('open');
    const { remainingMs: _, ...memory } = saved(made).memory;
    const old = { ...saved(made), memory };
    made.breaker.reset();
    made.breaker.restore(old);
    expect(made.breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 1000 });
  });
});
