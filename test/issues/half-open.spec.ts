// Known bugs of peers (list B of the reference), 1–13: half-open and permits.
import { describe, expect, it } from '@jest/globals';
import { NEVER } from 'rxjs';

import {
  CallNotPermittedException,
  FailureRate,
  FailureStreak,
  MinRequests,
  RampUp,
  TimeWindow,
  TypeOf,
} from '../../lib/core/index.js';
import { deferred, rejection, unhandled } from '../support/async.js';
import { aBreaker, aHalfOpen, bad, good, knock } from '../support/breaker.js';

const never = (): Promise<never> => new Promise(() => undefined);
const broken = (): never => {
  throw new Error('my rule');
};

describe('half_open', () => {
  it('B1 an ignored error of the last probe gives its slot back (R4J#544)', () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1, tracker: TypeOf(TypeError) });
    first.fail(new RangeError());
    expect(knock(breaker)).not.toBeInstanceOf(Error);
  });

  it('B2 a probe that is cancelled, aborted or unsubscribed gives its slot back and closes nothing (monix#1080, R4J#682, Polly, nestjs-resilience)', async () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    first.release();
    const controller = new AbortController();
    const aborted = rejection(breaker.execute(never, { signal: controller.signal }));
    controller.abort();
    await aborted;
    await rejection(breaker.execute(never, { signal: AbortSignal.abort() }));
    breaker.observe(NEVER).subscribe().unsubscribe();
    expect(breaker.snapshot()).toMatchObject({
      state: 'half_open',
      probesInFlight: 0,
      metric: { totalCount: 0 },
    });
  });

  it('B3 a probe that never settles frees its slot when its lease is over; meanwhile others are rejected fast (opossum timeout:false, mollitia, cockatiel, fluxgate, Polly)', async () => {
    const { breaker, clock, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    first.release();
    void breaker.execute(never);
    expect(await rejection(breaker.execute(() => 'value'))).toBeInstanceOf(CallNotPermittedException);
    clock.advance(60_000);
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(breaker.state).toBe('closed');
  });

  it('B4 a caller with an aborted signal is rejected promptly (cockatiel hangs)', async () => {
    const { breaker } = aHalfOpen({ maxHalfOpenCalls: 1 });
    const reason = new Error('gone');
    expect(await rejection(breaker.execute(never, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });

  it('B5 200 callers at once and one slot are one call at the service until the close rule is met (fluxgate and cockatiel: 199)', async () => {
    const { breaker, first } = aHalfOpen({
      maxHalfOpenCalls: 1,
      tripper: MinRequests(2).and(FailureRate(0.5)),
    });
    first.release();
    const probe = deferred();
    let atService = 0;
    const call = (): Promise<unknown> =>
      breaker.execute(() => (atService++, probe.promise)).catch(() => 'rejected');
    const calls = Array.from({ length: 200 }, call);
    expect(atService).toBe(1);
    probe.resolve('value');
    const results = await Promise.all(calls);
    expect(results.filter((result) => result === 'rejected')).toHaveLength(199);
    expect(atService).toBe(1);
    expect(breaker.state).toBe('half_open');
  });

  it('B6 in the tick the wait ends exactly the allowed probes run (R4J#1432, Polly#216, opossum#119, AirMCP#249)', () => {
    const { breaker, clock } = aBreaker({ maxHalfOpenCalls: 3 });
    bad(breaker, 3);
    clock.advance(1000);
    const admitted = Array.from({ length: 50 }, () => knock(breaker)).filter(
      (got) => !(got instanceof Error),
    );
    expect(admitted).toHaveLength(3);
  });

  it.each(['tracker', 'permit', 'tripper'] as const)(
    'B7 a %s that throws frees the slot, and the original error surfaces (Polly, opossum errorFilter, cockatiel, fluxgate)',
    async (part) => {
      const isProbing = { now: false };
      const whenProbing = (): boolean => (isProbing.now ? broken() : part === 'permit');
      const { breaker, first } = aHalfOpen({ [part]: whenProbing });
      first.release();
      isProbing.now = true;
      const error = new Error('down');
      const errors = await unhandled(async () => {
        expect(await rejection(breaker.execute(() => Promise.reject(error)))).toBe(error);
      });
      expect(errors).toEqual([]);
      expect(breaker.snapshot().probesInFlight).toBe(0);
    },
  );

  it('B7 a trackResult that throws frees the slot, and the value is returned', async () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1, trackResult: broken });
    first.release();
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(breaker.snapshot()).toMatchObject({ probesInFlight: 0, metric: { failureCount: 1 } });
  });

  it('B8 failed probes reopen before the minimum is met, as soon as that is certain (opossum#276, fluxgate: 100, agentic_security#328)', () => {
    const { breaker, first } = aHalfOpen({ tripper: undefined });
    first.fail(new Error('down'));
    bad(breaker, 3);
    expect(breaker.state).toBe('half_open');
    bad(breaker);
    expect(breaker.state).toBe('open');
  });

  it('B9 only a tracked error is a failed probe, and an untracked one is no good probe (smallrye#320, cockatiel, opossum, Polly, pybreaker)', () => {
    const { breaker, first } = aHalfOpen({ tripper: FailureStreak(1), tracker: TypeOf(TypeError) });
    first.fail(new RangeError());
    expect(breaker.state).toBe('half_open');
    bad(breaker, 1, new TypeError());
    expect(breaker.state).toBe('open');
  });

  it('B10 two probes that fail at once are one reopening, one signal and one wait (deno_std#7097)', () => {
    const { breaker, clock, first, signals } = aHalfOpen({ tripper: FailureStreak(1) });
    const second = breaker.acquire();
    first.fail(new Error('down'));
    clock.advance(300);
    second.fail(new Error('down'));
    expect(signals.moves()).toEqual(['half_open → open (tripper)']);
    expect(breaker.snapshot()).toMatchObject({ reopens: 1, retryAfterMs: 700 });
  });

  it('B11 a probe that succeeds after another has failed leaves it open (deno_std#6996, #7306)', () => {
    const { breaker, first } = aHalfOpen({ tripper: FailureStreak(1) });
    const second = breaker.acquire();
    first.fail(new Error('down'));
    second.succeed();
    expect(breaker.state).toBe('open');
  });

  it('B12 slow probes do not expire, even if the window of closed is a short time (R4J#597, #903)', () => {
    const { breaker, clock, first } = aHalfOpen({
      window: TimeWindow(100),
      tripper: MinRequests(2).and(FailureRate(0.5)),
    });
    clock.advance(5000);
    first.succeed();
    clock.advance(5000);
    good(breaker);
    expect(breaker.state).toBe('closed');
  });

  it('B13 the rejections of the breaker itself never count as failures (opossum semaphore, opossum#45)', async () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1, tripper: FailureStreak(1) });
    for (let i = 0; i < 20; i++) knock(breaker);
    await rejection(breaker.execute(() => 'second'));
    first.release();
    expect(breaker.snapshot()).toMatchObject({
      state: 'half_open',
      metric: { totalCount: 0 },
      calls: { failure: 0 },
    });
  });

  it('A1 the default permit and rule let a quiet service close at last: one call a second', () => {
    const { breaker, clock } = aHalfOpen({ permit: RampUp(0.1, 1, 60_000), tripper: undefined });
    for (let i = 0; i < 120 && breaker.state === 'half_open'; i++) {
      clock.advance(1000);
      const got = knock(breaker);
      if (!(got instanceof Error)) got.succeed();
    }
    expect(breaker.state).toBe('closed');
  });
});
