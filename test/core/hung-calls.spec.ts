import { describe, expect, it } from '@jest/globals';
import { Observable, Subject } from 'rxjs';

import {
  AllowAll,
  Closed,
  FailureRate,
  FailureStreak,
  HungCalls,
  MinRequests,
  Tally,
  TripWhen,
  type Breaker,
  type BreakerOptions,
} from '../../lib/core/index.js';
import { Pending, PendingCalls } from '../../lib/core/pending.js';
import { deferred, rejection } from '../support/async.js';
import { aBreaker, type Made } from '../support/breaker.js';

const never = (): Promise<never> => new Promise(() => undefined);
const DOWN = new Error('down');

const watching = (options: BreakerOptions = {}): Made => aBreaker({ tripper: HungCalls(2, 100), ...options });

/** So many calls that never end. */
function hang(breaker: Breaker, count: number): void {
  for (let i = 0; i < count; i++) breaker.execute(never).catch(() => undefined);
}

const valueOf = (breaker: Breaker): unknown => breaker.explain().rule?.value;

describe('HungCalls', () => {
  it('opens the circuit when a call is asked for, and rejects that call', async () => {
    const { breaker, clock, signals } = watching();
    hang(breaker, 2);
    clock.advance(101);
    const task = (): never => {
      throw new Error('It was called.');
    };
    expect(await rejection(breaker.execute(task))).toMatchObject({
      code: 'CIRCUIT_NOT_PERMITTED',
      reason: 'open',
    });
    expect(breaker.state).toBe('open');
    expect(signals.of('transition')).toMatchObject([{ from: 'closed', to: 'open', cause: 'tripper' }]);
  });

  it('opens it at that moment, not when the calls began to hang, and without a timer', () => {
    const { breaker, clock } = watching();
    hang(breaker, 2);
    expect(clock.timerCount).toBe(0);
    clock.advance(5000);
    expect(breaker.state).toBe('closed');
    const wallNow = clock.wallNow();
    expect(() => breaker.acquire()).toThrow('open');
    expect(breaker.snapshot().changedAt).toBe(wallNow);
  });

  it('opens it when a call ends, too', async () => {
    const { breaker, clock } = watching();
    const call = deferred();
    hang(breaker, 2);
    const ending = breaker.execute(() => call.promise);
    clock.advance(101);
    call.resolve('paid');
    expect(await ending).toBe('paid');
    expect(breaker.state).toBe('open');
  });

  it('counts what has been under way for longer than the threshold, not for as long', () => {
    const { breaker, clock } = watching();
    hang(breaker, 3);
    clock.advance(100);
    expect(valueOf(breaker)).toBe(0);
    breaker.acquire().release();
    expect(breaker.state).toBe('closed');
    clock.advance(1);
    expect(valueOf(breaker)).toBe(3);
  });

  it('explains itself exactly at any time, and moves nothing by that', () => {
    const { breaker, clock } = watching({ tripper: FailureStreak(5).or(HungCalls(3, 100)) });
    hang(breaker, 2);
    clock.advance(50);
    hang(breaker, 2);
    clock.advance(60);
    const { text } = breaker.explain();
    expect(text).toContain('HungCalls over 100 ms 2 ≥ 3 ✗');
    clock.advance(60);
    expect(breaker.explain().text).toContain('HungCalls over 100 ms 4 ≥ 3 ✓');
    expect(breaker.state).toBe('closed');
    expect(() => breaker.acquire()).toThrow('open');
    expect(breaker.explain().text).toContain('HungCalls over 100 ms 4 ≥ 3 ✓');
  });

  it.each([
    ['a promise that settles', (call: Promise<unknown>) => call],
    ['a sync call that gives a promise', (call: Promise<unknown>) => call],
  ])('does not count %s any more', async (name, give) => {
    const { breaker, clock } = watching({ tripper: HungCalls(1, 100) });
    const { promise, resolve } = deferred();
    const call = name.startsWith('a sync')
      ? breaker.executeSync(() => give(promise))
      : breaker.execute(() => give(promise));
    clock.advance(101);
    expect(valueOf(breaker)).toBe(1);
    resolve('late');
    await call;
    expect(breaker.state).toBe('closed');
    expect(await breaker.execute(() => 'paid')).toBe('paid');
  });

  it('does not count a call whose caller has given up, or whose time is up', async () => {
    const { breaker, clock } = watching({ tripper: HungCalls(1, 100), timeoutMs: 50 });
    const caller = new AbortController();
    const gone = rejection(breaker.execute(never, { signal: caller.signal }));
    caller.abort('enough');
    await gone;
    hang(breaker, 1);
    await clock.advanceAsync(200);
    expect(valueOf(breaker)).toBe(0);
    expect(await breaker.execute(() => 'paid')).toBe('paid');
  });

  it('counts calls with a limit that is longer than the threshold', async () => {
    const { breaker, clock } = watching({ timeoutMs: 1000 });
    hang(breaker, 2);
    clock.advance(101);
    expect(await rejection(breaker.execute(never))).toMatchObject({ reason: 'open' });
  });

  it('counts a ticket that nobody settles', () => {
    const { breaker, clock } = watching();
    const tickets = [breaker.acquire(), breaker.acquire(), breaker.acquire()];
    clock.advance(101);
    expect(valueOf(breaker)).toBe(3);
    tickets[0]!.succeed();
    expect(breaker.state).toBe('open');
  });

  it('counts a stream until its first value', () => {
    const { breaker, clock } = watching({ tripper: HungCalls(1, 100) });
    const values = new Subject<number>();
    const reading = breaker.observe(values).subscribe();
    clock.advance(101);
    expect(valueOf(breaker)).toBe(1);
    values.next(1);
    clock.advance(500);
    expect(valueOf(breaker)).toBe(0);
    reading.unsubscribe();
  });

  it('counts a stream that a promise gave, from the beginning of its call', async () => {
    const { breaker, clock } = watching({ tripper: HungCalls(9, 100) });
    const silent = async function* (): AsyncGenerator<number> {
      await never();
      yield 1;
    };
    const stream = (await breaker.execute(async () => silent())) as AsyncGenerator<number>;
    clock.advance(200);
    expect(valueOf(breaker)).toBe(0); // Nobody reads it.
    void stream.next();
    clock.advance(100);
    expect(valueOf(breaker)).toBe(0);
    clock.advance(1);
    expect(valueOf(breaker)).toBe(1);
  });

  it('does not count an Observable that nobody subscribes to', () => {
    const { breaker, clock } = watching({ tripper: HungCalls(1, 100) });
    breaker.observe(new Observable(() => undefined));
    clock.advance(101);
    expect(valueOf(breaker)).toBe(0);
  });

  it('counts the calls of this state of the circuit alone', async () => {
    const { breaker, clock } = watching();
    hang(breaker, 2);
    breaker.forceOpen();
    breaker.reset();
    clock.advance(101);
    expect(valueOf(breaker)).toBe(0);
    expect(await breaker.execute(() => 'paid')).toBe('paid');
  });

  it('reopens a half-open circuit whose probes hang', () => {
    const { breaker, clock } = watching({ permit: AllowAll(), maxHalfOpenCalls: 5 });
    hang(breaker, 2);
    clock.advance(101);
    expect(() => breaker.acquire()).toThrow('open');
    clock.advance(1000);
    breaker.acquire();
    breaker.acquire();
    expect(breaker.state).toBe('half_open');
    clock.advance(101);
    expect(breaker.state).toBe('half_open');
    expect(() => breaker.acquire()).toThrow('open');
    expect(breaker.snapshot()).toMatchObject({ state: 'open', reopens: 1 });
  });

  it('does not close a half-open circuit because a call is asked for', () => {
    const { breaker, clock } = watching({
      tripper: Closed()
        .and(HungCalls(2, 100))
        .or(MinRequests(2).and(FailureRate(0.5))),
      permit: AllowAll(),
    });
    hang(breaker, 2);
    clock.advance(101);
    expect(() => breaker.acquire()).toThrow('open');
    clock.advance(1000);
    breaker.acquire().succeed();
    breaker.acquire();
    clock.advance(200);
    breaker.acquire();
    expect(breaker.state).toBe('half_open');
  });

  it('is not asked of probes where it is for the closed state alone', () => {
    const { breaker, clock } = watching({ tripper: Closed().and(HungCalls(1, 100)), permit: AllowAll() });
    hang(breaker, 1);
    clock.advance(101);
    expect(() => breaker.acquire()).toThrow('open');
    clock.advance(1000);
    breaker.acquire();
    clock.advance(200);
    breaker.acquire();
    expect(breaker.state).toBe('half_open');
  });

  it('tells in metrics_only, and rejects nothing', () => {
    const { breaker, clock, signals } = watching({ initialState: 'metrics_only' });
    hang(breaker, 2);
    clock.advance(101);
    const ticket = breaker.acquire();
    expect(signals.of('wouldTrip')).toMatchObject([{ wouldTrip: true }]);
    breaker.acquire();
    expect(signals.of('wouldTrip')).toHaveLength(1);
    ticket.release();
    expect(breaker.state).toBe('metrics_only');
  });

  it('is kept in view when other options change, and from then on where it is new', () => {
    const { breaker, clock } = watching();
    hang(breaker, 2);
    breaker.reconfigure({ timeoutMs: 10_000 });
    clock.advance(101);
    expect(valueOf(breaker)).toBe(2);
    breaker.reconfigure({ tripper: FailureStreak(3) });
    breaker.reconfigure({ tripper: HungCalls(2, 100) });
    expect(valueOf(breaker)).toBe(0);
    hang(breaker, 1);
    clock.advance(101);
    expect(valueOf(breaker)).toBe(1);
  });

  it('joins, and is negated', async () => {
    const tripper = MinRequests(1).and(HungCalls(1, 100).not()).and(FailureRate(0.5));
    const { breaker, clock } = watching({ tripper });
    hang(breaker, 1);
    clock.advance(101);
    await rejection(breaker.execute(() => Promise.reject(DOWN)));
    expect(breaker.state).toBe('closed');
    const free = watching({ tripper }).breaker;
    await rejection(free.execute(() => Promise.reject(DOWN)));
    expect(free.state).toBe('open');
  });

  it('gives its count to a rule of your own that is joined to it', () => {
    const seen: unknown[] = [];
    const mine = TripWhen(({ hungCount }) => seen.push(hungCount?.(10), hungCount?.(1000)) < 0, 'mine');
    const { breaker, clock } = watching({ tripper: HungCalls(9, 50).or(mine) });
    hang(breaker, 2);
    clock.advance(60);
    breaker.acquire().succeed();
    expect(seen).toEqual([2, 0, 2, 0]); // As the call is asked for, and as it ends.
  });

  it('leaves a circuit alone that its rule has moved itself', () => {
    let isAsked = false;
    const { breaker, clock } = watching({
      tripper: HungCalls(1, 100).and(
        TripWhen(() => {
          if (!isAsked) breaker.forceOpen();
          return (isAsked = true);
        }, 'mine'),
      ),
    });
    hang(breaker, 1);
    clock.advance(101);
    expect(() => breaker.acquire()).toThrow();
    expect(breaker.state).toBe('forced_open');
  });

  it('has not tripped where its window is at fault', async () => {
    const broken = (): never => {
      throw new Error('lost');
    };
    const window = { create: () => ({ record: () => undefined, metric: broken }) };
    const { breaker, clock } = watching({ window });
    hang(breaker, 2);
    clock.advance(101);
    expect(await breaker.execute(() => 'paid')).toBe('paid');
  });

  it.each([
    [0, 100, 'count'],
    [1.5, 100, 'count'],
    [1, 0, 'thresholdMs'],
    [1, -5, 'thresholdMs'],
  ])('refuses HungCalls(%p, %p)', (count, thresholdMs, what) => {
    expect(() => aBreaker({ tripper: HungCalls(count, thresholdMs) })).toThrow(what);
  });

  it('has not tripped where nobody says how many hang', () => {
    const context = { metric: new Tally(), state: 'closed', failureStreak: 0, reopens: 0 } as const;
    expect(HungCalls(1, 100).isTripped(context)).toBe(false);
  });

  it('reads like the code that made it', () => {
    expect(String(HungCalls(3, 5000))).toBe('HungCalls(3, 5000 ms)');
  });
});

describe('the calls under way', () => {
  it('stand in the order in which they began, whenever they are listed', () => {
    const calls = new PendingCalls();
    const made = [5, 1, 3, 9].map((sinceMs) => new Pending(sinceMs));
    for (const one of made) calls.add(one);
    expect([0, 2, 4, 6, 9].map((ms) => calls.countLongerThan(ms, 10))).toEqual([4, 3, 3, 2, 0]);
    calls.remove(made[2]!);
    calls.remove(made[2]!);
    calls.remove(made[3]!);
    expect(calls.countLongerThan(0, 10)).toBe(2);
    calls.add(new Pending(NaN));
    expect(calls.countLongerThan(0, 10)).toBe(2);
  });

  it('are without a probe whose lease is over', () => {
    const { breaker, clock } = watching({ probeLeaseMs: 50, maxHalfOpenCalls: 5 });
    hang(breaker, 2);
    clock.advance(101);
    expect(() => breaker.acquire()).toThrow('open');
    clock.advance(1000);
    breaker.acquire();
    breaker.acquire();
    clock.advance(101);
    expect(breaker.state).toBe('half_open');
    expect(valueOf(breaker)).toBe(0);
  });
});
