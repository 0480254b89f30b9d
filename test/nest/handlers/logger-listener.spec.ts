import { describe, expect, it } from '@jest/globals';
import {
  Breaker,
  Cooldown,
  FailureRate,
  FailureStreak,
  LoggerListener,
  MinRequests,
  Never,
  or,
  seconds,
  ServerRetryAfter,
  SlowRate,
  TripWhen,
  type BreakerOptions,
} from 'nestjs-fluxgate';
import { ManualClock } from 'nestjs-fluxgate/testing';

import { BRITTLE, Log } from './apps.js';

/** A breaker that logs, in memory. */
function logged(options: BreakerOptions = {}, name = 'shop') {
  const log = new Log();
  const clock = new ManualClock();
  const breaker = new Breaker(
    name,
    { ...BRITTLE, ...options, listeners: [new LoggerListener(log)] },
    { clock },
  );
  const fail = (error: unknown = new Error('down'), durationMs = 0): void => {
    const ticket = breaker.acquire();
    clock.advance(durationMs);
    ticket.fail(error);
  };
  return { breaker, clock, log, fail, lines: log.lines };
}

describe('LoggerListener', () => {
  it('logs the life of a circuit: open as error, half-open as warn, closed as log', () => {
    const { breaker, clock, lines, fail } = logged({
      tripper: MinRequests(2).and(FailureRate(0.5)),
    });
    const ticket = breaker.acquire();
    clock.advance(30);
    ticket.succeed();
    fail(new TypeError('fetch failed'), 11);
    clock.advance(seconds(10));
    breaker.acquire().succeed();
    breaker.acquire().succeed();
    expect(lines).toEqual([
      'error [undefined] shop: closed → open (tripper MinRequests(2) & FailureRate(0.5)); 1/2 failed (50 %), avg 21 ms; last error: TypeError: fetch failed; probes from 2026-01-01T00:00:10.041Z\n' +
        '  and ✓\n  ├ MinRequests 2 ≥ 2 ✓\n  └ FailureRate 0.5 ≥ 0.5 ✓',
      'warn [undefined] shop: open → half_open (retry Cooldown(10000 ms))',
      'log [undefined] shop: half_open → closed (tripper MinRequests(2) & FailureRate(0.5)); 0/2 failed (0 %), avg 0 ms',
    ]);
  });

  it('says where the wait comes from, where the retry does', () => {
    const retry = ServerRetryAfter({ otherwise: () => 1, maxMs: seconds(60), jitter: 0 });
    const { lines, fail } = logged({ tripper: FailureStreak(1), retry });
    fail({ headers: { 'retry-after': '7' } }, 1);
    expect(lines[0]).toMatch(/; probes from 2026-01-01T00:00:07\.001Z \(Retry-After: 7\)/);
  });

  it('logs what an operator does, and why', () => {
    const { breaker, lines } = logged();
    breaker.forceOpen({ reason: 'provider maintenance', forMs: seconds(60) });
    breaker.reset();
    breaker.forceOpen();
    breaker.metricsOnly();
    breaker.disable();
    breaker.reset();
    expect(lines).toEqual([
      'error [undefined] shop: closed → forced_open (operator: provider maintenance); probes from 2026-01-01T00:01:00.000Z',
      'log [undefined] shop: forced_open → closed (operator)',
      'error [undefined] shop: closed → forced_open (operator)',
      'warn [undefined] shop: forced_open → metrics_only (operator)',
      'warn [undefined] shop: metrics_only → disabled (operator)',
      'log [undefined] shop: disabled → closed (operator)',
    ]);
  });

  it('logs what another process had come to, without a reason of its own', () => {
    const before = logged();
    before.fail();
    const { breaker, lines } = logged();
    breaker.restore(before.breaker.snapshot({ window: true }));
    expect(lines).toEqual([
      'error [undefined] shop: closed → open (restored from a snapshot); probes from 2026-01-01T00:00:10.000Z',
    ]);
  });

  it('logs how many calls were slow', () => {
    const { lines, fail } = logged({ tripper: MinRequests(2).and(SlowRate(1, 100)) });
    fail(new Error('slow'), 150);
    fail(new Error('slow'), 101);
    expect(lines).toEqual([
      'error [undefined] shop: closed → open (tripper MinRequests(2) & SlowRate(1, 100 ms)); 2/2 failed (100 %), 2 slower than 100 ms, avg 126 ms; last error: Error: slow; probes from 2026-01-01T00:00:10.251Z\n' +
        '  and ✓\n  ├ MinRequests 2 ≥ 2 ✓\n  └ SlowRate over 100 ms 1 ≥ 1 ✓',
    ]);
  });

  it('logs a half-open circuit that ran out of time', () => {
    const { breaker, clock, lines, fail } = logged({
      maxHalfOpenMs: 500,
      tripper: FailureStreak(1),
      retry: Never(),
    });
    fail();
    breaker.reset();
    breaker.forceOpen({ forMs: 10 });
    clock.advance(10);
    breaker.acquire();
    clock.advance(500);
    expect(breaker.state).toBe('open');
    expect(lines.slice(-2)).toEqual([
      'warn [undefined] shop: forced_open → half_open (time limit)',
      'error [undefined] shop: half_open → open (time limit)\n  FailureStreak 0 ≥ 1 ✗',
    ]);
    expect(lines[0]).not.toContain('probes from');
  });

  it('logs in metrics_only each crossing of the rule', () => {
    const { breaker, lines, fail } = logged({ initialState: 'metrics_only', tripper: FailureStreak(2) });
    fail();
    fail();
    fail();
    breaker.acquire().succeed();
    expect(lines).toEqual([
      'warn [undefined] shop would open now (metrics_only): FailureStreak(2); 2/2 failed (100 %), avg 0 ms',
      'log [undefined] shop would no longer open (metrics_only): 3/4 failed (75 %), avg 0 ms',
    ]);
  });

  it('keeps every line one bounded line, whatever names, errors, reasons and rules say', () => {
    const evil = `\u001b[2J\n\r\u2028\u202efake line\0${'x'.repeat(100_000)}`;
    const { breaker, lines, fail, clock } = logged({ tripper: FailureStreak(1) }, '"🎉".\\{}%s%d');
    fail(Object.assign(new Error(evil), { name: evil }));
    breaker.reset();
    breaker.forceOpen({ reason: evil });
    breaker.reset();
    fail({
      get message(): string {
        throw new Error(evil);
      },
    });
    breaker.reset();
    fail(evil);
    clock.advance(1);
    expect(lines).toHaveLength(7);
    // An opening has the tree of its rule below it, in the same entry.
    expect(lines[0]).toMatch(/\n {2}FailureStreak 1 ≥ 1 ✓$/);
    for (const line of lines.flatMap((entry) => entry.split('\n'))) {
      // oxlint-disable-next-line no-control-regex -- control characters are what it is about
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
      expect(line.length).toBeLessThan(900);
    }
    expect(lines[4]).toContain('last error: an error that cannot be read');
  });

  it('cuts a rule that goes on and on', () => {
    const { lines, fail } = logged({
      tripper: or(FailureStreak(1), ...Array.from({ length: 99 }, () => FailureStreak(1))),
    });
    fail();
    expect(lines[0]).toMatch(
      /^error .{12}shop: closed → open \(tripper (FailureStreak\(1\) \| )+.{1,17}…\); 1\/1/,
    );
    const [line, head, ...tree] = lines[0]!.split('\n');
    expect(line!.length).toBeLessThan(700);
    expect([head, tree.length, tree.at(-1)]).toEqual(['  or ✓', 50, '  … and 51 more']);
  });

  it('logs an opening also when its end is beyond the calendar', () => {
    const { lines, fail } = logged({ retry: Cooldown(1e300) });
    fail();
    expect(lines).toEqual([
      'error [undefined] shop: closed → open (tripper FailureStreak(1)); 1/1 failed (100 %), avg 0 ms; last error: Error: down\n  FailureStreak 1 ≥ 1 ✓',
    ]);
  });

  it('tells a fault of one kind once a minute', () => {
    const { breaker, clock, lines } = logged({
      tripper: TripWhen(() => {
        throw new RangeError('rule broke\nbadly');
      }),
    });
    const call = (): boolean => breaker.acquire().succeed();
    call();
    call();
    clock.advance(59_999);
    call();
    const line =
      'warn [undefined] shop: its tripper failed (calls go on; told once a minute): RangeError: rule broke badly';
    expect(lines).toEqual([line]);
    clock.advance(1);
    call();
    call();
    expect(lines).toEqual([line, line]);
  });

  it('tells faults of other kinds and of other breakers apart', () => {
    const log = new Log();
    const clock = new ManualClock();
    const listener = new LoggerListener(log);
    const broken = (what: string) => (): never => {
      throw new Error(what);
    };
    for (const name of ['a', 'b']) {
      const options = { tracker: broken('tracker'), trackResult: broken('result'), listeners: [listener] };
      const breaker = new Breaker(name, options, { clock });
      for (let i = 0; i < 3; i++) {
        breaker.acquire().fail(new Error('down'));
        breaker.acquire().succeed('fine');
      }
    }
    expect(log.lines).toEqual([
      'warn [undefined] a: its tracker failed (calls go on; told once a minute): Error: tracker',
      'warn [undefined] a: its trackResult failed (calls go on; told once a minute): Error: result',
      'warn [undefined] b: its tracker failed (calls go on; told once a minute): Error: tracker',
      'warn [undefined] b: its trackResult failed (calls go on; told once a minute): Error: result',
    ]);
  });

  it('tells a fault again when the wall clock was set back', () => {
    const { breaker, clock, lines } = logged({
      trackResult: () => {
        throw new Error('fault');
      },
    });
    breaker.acquire().succeed();
    breaker.reset();
    lines.length = 0;
    clock.stepWallClock(-3_600_000);
    breaker.acquire().succeed();
    expect(lines[0]).toBe(
      'warn [undefined] shop: its trackResult failed (calls go on; told once a minute): Error: fault',
    );
  });
});
