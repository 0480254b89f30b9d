import { describe, expect, it } from '@jest/globals';
import {
  EMPTY,
  NEVER,
  Observable,
  Subject,
  concat,
  lastValueFrom,
  of,
  range,
  take,
  throwError,
  toArray,
} from 'rxjs';

import { CallTimeoutException, FailureStreak } from '../../lib/core/index.js';
import { rejection } from '../support/async.js';
import { aBreaker, aBreakerIn, aHalfOpen } from '../support/breaker.js';

describe('a stream of a breaker without timeoutMs', () => {
  it('needs no timer', () => {
    const { breaker, clock } = aBreaker();
    const subscription = breaker.observe(NEVER).subscribe();
    expect(clock.timerCount).toBe(0);
    subscription.unsubscribe();
  });
});

describe('observe', () => {
  it('admits nobody before there is a subscription', () => {
    const { breaker } = aBreakerIn('open');
    expect(() => breaker.observe(of(1))).not.toThrow();
    expect(breaker.snapshot().calls.rejected).toBe(0);
  });

  it('is one admission and one outcome per subscription', async () => {
    const { breaker } = aBreaker();
    const stream = breaker.observe(of(1));
    await lastValueFrom(stream);
    await lastValueFrom(stream);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, success: 2 });
  });

  it('counts a stream of many values once', async () => {
    const { breaker } = aBreaker();
    expect(await lastValueFrom(breaker.observe(range(1, 5)).pipe(toArray()))).toEqual([1, 2, 3, 4, 5]);
    expect(breaker.snapshot()).toMatchObject({ calls: { success: 1 }, metric: { totalCount: 1 } });
  });

  it('calls a factory once per subscription', async () => {
    const { breaker } = aBreaker();
    let made = 0;
    const stream = breaker.observe(() => of(++made));
    expect([await lastValueFrom(stream), await lastValueFrom(stream)]).toEqual([1, 2]);
  });

  it('fails with the very error, and the factory that throws is one', async () => {
    const { breaker } = aBreaker();
    const error = new Error('down');
    const throws = (): never => {
      throw error;
    };
    expect(await rejection(lastValueFrom(breaker.observe(throwError(() => error))))).toBe(error);
    expect(await rejection(lastValueFrom(breaker.observe(throws)))).toBe(error);
    expect(breaker.snapshot().calls.failure).toBe(2);
  });

  it('errors when the circuit is open, and does not subscribe', async () => {
    const { breaker } = aBreakerIn('open');
    let subscribed = 0;
    const source = new Observable(() => void subscribed++);
    expect(await rejection(lastValueFrom(breaker.observe(source)))).toMatchObject({ reason: 'open' });
    expect(subscribed).toBe(0);
  });

  it('takes completion without a value for success', async () => {
    const { breaker } = aBreaker();
    expect(await lastValueFrom(breaker.observe(EMPTY).pipe(toArray()))).toEqual([]);
    expect(breaker.snapshot().calls.success).toBe(1);
  });

  it('is judged by its last value', async () => {
    const { breaker } = aBreaker({ trackResult: (value) => value === 503 });
    await lastValueFrom(breaker.observe(of(503, 200)));
    await lastValueFrom(breaker.observe(of(200, 503)));
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, failure: 1 });
  });

  it('has nothing to be judged by when it had no value', async () => {
    const { breaker, signals } = aBreaker({ trackResult: () => true });
    await lastValueFrom(breaker.observe(EMPTY).pipe(toArray()));
    await breaker.iterate(async function* () {}).next();
    expect(breaker.snapshot().calls).toMatchObject({ success: 2, failure: 0 });
    expect(signals.of('fault')).toEqual([]);
  });

  it('is recorded before the subscriber hears that it is over', () => {
    const { breaker } = aBreaker();
    const seen: number[] = [];
    breaker.observe(of(1)).subscribe({ complete: () => seen.push(breaker.snapshot().calls.success) });
    breaker.observe(throwError(() => new Error('down'))).subscribe({
      error: () => seen.push(breaker.snapshot().calls.failure),
    });
    expect(seen).toEqual([1, 1]);
  });

  it('hands on synchronously what is synchronous', () => {
    const { breaker } = aBreaker({ timeoutMs: 100 });
    const seen: number[] = [];
    breaker.observe(of(1, 2)).subscribe((value) => seen.push(value));
    expect(seen).toEqual([1, 2]);
  });
});

describe('unsubscribing', () => {
  it('is no verdict', () => {
    const { breaker, signals } = aBreaker();
    breaker.observe(NEVER).subscribe().unsubscribe();
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, ignored: 1, inFlight: 0 });
    expect(signals.of('call')[0]).toMatchObject({ isCancelled: true });
  });

  it('in half_open frees the slot and closes nothing', () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 1 });
    first.release();
    const subscription = breaker.observe(NEVER).subscribe();
    expect(breaker.snapshot().probesInFlight).toBe(1);
    subscription.unsubscribe();
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 0 });
  });

  it.each([undefined, 100])(
    'by take(1) ends an infinite synchronous source (timeoutMs %s)',
    async (timeoutMs) => {
      const { breaker, clock } = aBreaker({ timeoutMs });
      let emitted = 0;
      const endless = new Observable<number>((subscriber) => {
        while (!subscriber.closed && emitted < 1000) subscriber.next(++emitted);
      });
      expect(await lastValueFrom(breaker.observe(endless).pipe(take(1)))).toBe(1);
      expect(emitted).toBe(1);
      expect(breaker.snapshot().calls).toMatchObject({ success: 1, ignored: 0, inFlight: 0 });
      expect(clock.timerCount).toBe(0);
    },
  );

  it('unsubscribes from the source', () => {
    const { breaker } = aBreaker();
    let isSubscribed = false;
    const source = new Observable(() => {
      isSubscribed = true;
      return () => {
        isSubscribed = false;
      };
    });
    const subscription = breaker.observe(source).subscribe();
    expect(isSubscribed).toBe(true);
    subscription.unsubscribe();
    expect(isSubscribed).toBe(false);
  });

  it('by a listener that hears of the admission is in time', () => {
    const subject = new Subject<number>();
    const { breaker, clock } = aBreaker();
    breaker.forceOpen({ forMs: 1 });
    clock.advance(1);
    let isHeard = false;
    breaker.subscribe({ onTransition: () => (isHeard = true) });
    const subscription = breaker.observe(subject).subscribe();
    expect(isHeard).toBe(true);
    subscription.unsubscribe();
    expect(breaker.snapshot().probesInFlight).toBe(0);
    expect(subject.observed).toBe(false);
  });
});

describe('timeoutMs of a stream', () => {
  it('is the time to the first value', async () => {
    const { breaker, clock, signals } = aBreaker({ timeoutMs: 100 });
    const error = rejection(lastValueFrom(breaker.observe(NEVER)));
    clock.advance(100);
    expect(await error).toBeInstanceOf(CallTimeoutException);
    expect(signals.of('call')).toMatchObject([{ outcome: 'failure', durationMs: 100 }]);
    expect(clock.timerCount).toBe(0);
  });

  it('is not judged by the tracker: a timeout is a failure', () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100, tracker: () => false });
    breaker.observe(NEVER).subscribe({ error: () => undefined });
    clock.advance(100);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, ignored: 0 });
  });

  it('does not cut a stream that has started', () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    const subject = new Subject<number>();
    const seen: number[] = [];
    breaker.observe(subject).subscribe((value) => seen.push(value));
    subject.next(1);
    expect(clock.timerCount).toBe(0);
    clock.advance(10_000);
    subject.next(2);
    subject.complete();
    expect(seen).toEqual([1, 2]);
    expect(breaker.snapshot().calls.success).toBe(1);
  });

  it.each([
    ['completes', EMPTY],
    ['fails', throwError(() => new Error('down'))],
    [
      'emits and fails',
      concat(
        of(1),
        throwError(() => new Error('down')),
      ),
    ],
  ])('leaves no timer behind a stream that %s', (_, source) => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    breaker.observe<unknown>(source).subscribe({ error: () => undefined });
    expect(clock.timerCount).toBe(0);
  });

  it('unsubscribes from the source', () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 100 });
    const subject = new Subject();
    breaker.observe(subject).subscribe({ error: () => undefined });
    expect(subject.observed).toBe(true);
    clock.advance(100);
    expect(subject.observed).toBe(false);
  });

  it('of a probe reopens the circuit', () => {
    const { breaker, clock, first } = aHalfOpen({ timeoutMs: 100, tripper: FailureStreak(1) });
    first.release();
    breaker.observe(NEVER).subscribe({ error: () => undefined });
    clock.advance(100);
    expect(breaker.state).toBe('open');
  });
});
