import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, NEVER, of, Subject, throwError, type Observable } from 'rxjs';

import { AllowAll, callSite, FailureRate, MinRequests, type Breaker } from '../../../lib/core/index.js';
import { rejection } from '../../support/async.js';
import { aBreaker, aHalfOpen } from '../../support/breaker.js';
import { A_METHOD } from '../../support/method.js';

/** A method whose type nobody declared. */
function method(breaker: Breaker): (give: () => unknown) => unknown {
  const site = callSite('Prices.get', {}, { ...A_METHOD, isAsync: false });
  return (give) => breaker.enter('sync', site, give, undefined, []);
}

describe('a stream that is left after a value', () => {
  it('is a success, so a rule of rates sees more than the errors', async () => {
    const { breaker } = aBreaker({ tripper: MinRequests(100).and(FailureRate(0.5)) });
    for (let i = 0; i < 200; i++) await firstValueFrom(breaker.observe(() => of(1, 2)));
    for (let i = 0; i < 5; i++) {
      await rejection(firstValueFrom(breaker.observe(() => throwError(() => new Error('down')))));
    }
    expect(breaker.snapshot()).toMatchObject({
      state: 'closed',
      calls: { success: 200, failure: 5, ignored: 0 },
    });
  });

  it('closes a half-open circuit', async () => {
    const { breaker, first } = aHalfOpen({ permit: AllowAll() });
    first.release();
    await firstValueFrom(breaker.observe(() => of(1, 2)));
    expect(breaker.state).toBe('closed');
  });

  it('took until its first value', () => {
    const { breaker, clock, signals } = aBreaker();
    const source = new Subject<number>();
    const subscription = breaker.observe(source).subscribe();
    clock.advance(30);
    source.next(1);
    clock.advance(1000);
    source.next(2);
    subscription.unsubscribe();
    expect(signals.of('call')).toMatchObject([{ outcome: 'success', durationMs: 30, isCancelled: false }]);
  });

  it('is judged by the last value that was seen', () => {
    const { breaker } = aBreaker({ trackResult: (value) => value === 'bad' });
    for (const last of ['bad', 'good']) {
      const source = new Subject<string>();
      const subscription = breaker.observe(source).subscribe();
      source.next('first');
      source.next(last);
      subscription.unsubscribe();
    }
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, failure: 1 });
  });

  it('is left before a value: that says nothing', () => {
    const { breaker, signals } = aBreaker();
    breaker.observe(NEVER).subscribe().unsubscribe();
    expect(signals.of('call')).toMatchObject([{ outcome: 'ignored', isCancelled: true }]);
  });
});

describe('an Observable that nobody subscribes to', () => {
  it('is ignored and frees its slot when the method returns', () => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 2 });
    const emit = method(breaker);
    for (let i = 0; i < 6; i++) emit(() => of('sent'));
    expect(breaker.snapshot()).toMatchObject({
      state: 'half_open',
      probesInFlight: 1,
      calls: { ignored: 6, inFlight: 1 },
    });
    first.succeed();
    expect(breaker.state).toBe('closed');
  });

  it('is the call of its first subscription, which takes a place anew', () => {
    const { breaker } = aBreaker();
    const stream = method(breaker)(() => of(1)) as Observable<number>;
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, ignored: 1 });
    stream.subscribe();
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, ignored: 0, success: 1 });
    breaker.forceOpen();
    let refusal: unknown;
    stream.subscribe({ error: (error: unknown) => (refusal = error) });
    expect(refusal).toMatchObject({ reason: 'forced_open' });
  });

  it('changes nothing that is counted elsewhere when its state is over', () => {
    const { breaker } = aBreaker();
    const stream = method(breaker)(() => {
      breaker.disable();
      return of(1);
    }) as Observable<number>;
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, unrecorded: 1, ignored: 0 });
    stream.subscribe();
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, unrecorded: 1, ignored: 0 });
  });

  it('belongs to a probe whose lease is over already', () => {
    const { breaker, clock, first } = aHalfOpen({ maxHalfOpenCalls: 2, probeLeaseMs: 100 });
    first.release();
    const stream = method(breaker)(() => {
      clock.advance(100);
      return of(1);
    });
    expect(breaker.snapshot()).toMatchObject({ calls: { failure: 1, ignored: 1, inFlight: 0 } });
    (stream as Observable<number>).subscribe();
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, ignored: 1, success: 1, inFlight: 0 });
  });
});
