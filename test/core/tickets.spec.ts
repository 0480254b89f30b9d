import { describe, expect, it } from '@jest/globals';

import type { Ticket } from '../../lib/core/index.js';
import { aBreaker, aBreakerIn, aHalfOpen, bad } from '../support/breaker.js';

const ENDINGS: [string, (ticket: Ticket) => boolean][] = [
  ['succeed', (ticket) => ticket.succeed('value')],
  ['fail', (ticket) => ticket.fail(new Error('down'))],
  ['release', (ticket) => ticket.release()],
];

describe('a ticket', () => {
  it('that succeeds is recorded', () => {
    const { breaker } = aBreaker();
    expect(breaker.acquire().succeed()).toBe(true);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
  });

  it('that fails is recorded', () => {
    const { breaker } = aBreaker();
    expect(breaker.acquire().fail(new Error('down'))).toBe(true);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, failure: 1, inFlight: 0 });
  });

  it('that is released is ignored', () => {
    const { breaker, signals } = aBreaker();
    expect(breaker.acquire().release()).toBe(false);
    expect(breaker.snapshot()).toMatchObject({
      calls: { admitted: 1, ignored: 1 },
      metric: { totalCount: 0 },
    });
    expect(signals.of('call')[0]).toMatchObject({ outcome: 'ignored', isCancelled: true, isRecorded: false });
  });

  it('whose error is not tracked says that it was not recorded', () => {
    const { breaker } = aBreaker({ tracker: () => false });
    expect(breaker.acquire().fail(new Error('untracked'))).toBe(false);
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1 });
  });

  describe.each(ENDINGS)('settled by %s', (_, settle) => {
    it.each(ENDINGS)('takes no %s any more', (__, again) => {
      const { breaker, signals } = aBreaker();
      const ticket = breaker.acquire();
      settle(ticket);
      const { calls } = breaker.snapshot();
      expect(again(ticket)).toBe(false);
      expect(breaker.snapshot().calls).toEqual(calls);
      expect(signals.of('call')).toHaveLength(1);
    });

    it('frees its slot in half_open', () => {
      const { breaker, first } = aHalfOpen();
      settle(first);
      expect(breaker.snapshot().probesInFlight).toBe(0);
    });

    it('changes nothing when its state is over', () => {
      const { breaker } = aBreaker();
      const ticket = breaker.acquire();
      bad(breaker, 3);
      const before = breaker.snapshot();
      expect(settle(ticket)).toBe(false);
      expect(breaker.snapshot()).toEqual({
        ...before,
        calls: { ...before.calls, unrecorded: 1, inFlight: 0 },
      });
    });
  });

  it('does not ask the tracker when it is settled already', () => {
    let asked = 0;
    const { breaker } = aBreaker({ tracker: () => ++asked > 0, trackResult: () => ++asked > 0 });
    const ticket = breaker.acquire();
    ticket.release();
    ticket.fail(new Error('down'));
    ticket.succeed();
    expect(asked).toBe(0);
  });

  it('may be settled by the tracker that judges it', () => {
    let ticket: Ticket | undefined;
    const { breaker } = aBreaker({ tracker: () => ticket!.release() || true });
    ticket = breaker.acquire();
    expect(ticket.fail(new Error('down'))).toBe(false);
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, failure: 0 });
  });

  it('takes options of its own place', () => {
    const { breaker } = aBreaker();
    const ticket = breaker.acquire({ tracker: (error) => error instanceof RangeError });
    expect(ticket.fail(new TypeError('mine'))).toBe(false);
    expect(breaker.acquire({ trackResult: (value) => value === 503 }).succeed(503)).toBe(true);
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, failure: 1 });
  });

  it('of a disabled breaker is never recorded', () => {
    const { breaker, signals } = aBreakerIn('disabled');
    expect(breaker.acquire().fail(new Error('down'))).toBe(false);
    expect(breaker.acquire().succeed()).toBe(false);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, unrecorded: 2, inFlight: 0 });
    expect(signals.of('call').map(({ isRecorded }) => isRecorded)).toEqual([false, false]);
  });

  it('counts as in flight until it is settled', () => {
    const { breaker } = aBreaker();
    const tickets = [breaker.acquire(), breaker.acquire(), breaker.acquire()];
    tickets[1]!.succeed();
    expect(breaker.snapshot().calls.inFlight).toBe(2);
  });
});
