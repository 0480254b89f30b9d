import { ServiceUnavailableException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';

import { CallNotPermittedException, isCallNotPermitted } from '../../lib/core/index.js';
import { isRejectionOf } from '../../lib/core/model/exceptions.js';
import { aBreaker, aBreakerIn, aHalfOpen, bad, knock } from '../support/breaker.js';

const trapped = (): never => {
  throw new Error('trapped');
};

describe('a rejection', () => {
  it('is a 503 of one class everywhere', () => {
    const error = knock(aBreakerIn('open').breaker) as CallNotPermittedException;
    expect(error).toBeInstanceOf(CallNotPermittedException);
    expect(error).toBeInstanceOf(ServiceUnavailableException);
    expect(error.getStatus()).toBe(503);
    expect(error).toMatchObject({
      name: 'CallNotPermittedException',
      code: 'CIRCUIT_NOT_PERMITTED',
      breaker: 'payments',
      state: 'open',
      reason: 'open',
      retryAfterMs: 1000,
      retryAt: Date.UTC(2026, 0, 1) + 1000,
      message: 'circuit breaker "payments" is open; the next probe is allowed in 1000 ms',
    });
  });

  it('says in the message why, and to a client only when to come back', () => {
    const { breaker } = aHalfOpen({ maxHalfOpenCalls: 1 });
    expect(knock(breaker)).toMatchObject({
      message: 'circuit breaker "payments" is half-open and has enough probes in flight',
    });
    expect((knock(breaker) as CallNotPermittedException).getResponse()).toEqual({
      statusCode: 503,
      error: 'Service Unavailable',
      message: 'The service is temporarily unavailable. Please try again later.',
      code: 'CIRCUIT_NOT_PERMITTED',
      retryAfterMs: 0,
    });
    expect(knock(aHalfOpen({ permit: () => false }).breaker)).toMatchObject({
      reason: 'no_permit',
      message: 'circuit breaker "payments" is half-open and its permit did not let this call probe',
    });
  });

  it('takes no stack trace, and leaves the limit of others alone', () => {
    const limit = Error.stackTraceLimit;
    const error = knock(aBreakerIn('open').breaker) as Error;
    expect(error.stack).not.toContain('\n    at ');
    expect(Error.stackTraceLimit).toBe(limit);
    expect(new Error('mine').stack).toContain('\n    at ');
  });

  it('takes one with rejectionStackTraces', () => {
    const { breaker } = aBreakerIn('open', { rejectionStackTraces: true });
    expect((knock(breaker) as Error).stack).toContain('\n    at ');
  });

  it('is a new one each time', () => {
    const { breaker } = aBreakerIn('open');
    expect(knock(breaker)).not.toBe(knock(breaker));
  });

  it('names itself at the top of the stack it does not have', () => {
    const error = knock(aBreakerIn('forced_open').breaker) as Error;
    expect(error.stack).toBe('CallNotPermittedException: circuit breaker "payments" is forced open');
  });

  it('says what is so now, also where the one before differs in little', () => {
    const { breaker, clock } = aBreaker();
    const told = (): unknown => knock(breaker);
    bad(breaker, 3);
    expect(told()).toMatchObject({ retryAfterMs: 1000, retryAt: clock.wallNow() + 1000 });
    breaker.reset();
    clock.advance(50);
    bad(breaker, 3);
    expect(told()).toMatchObject({ retryAfterMs: 1000, retryAt: clock.wallNow() + 1000 });
    breaker.forceOpen({ reason: 'maintenance' });
    expect(told()).toMatchObject({ operatorReason: 'maintenance' });
    breaker.reset();
    breaker.forceOpen({ reason: 'incident' });
    expect(told()).toMatchObject({ operatorReason: 'incident' });
  });

  it('holds what an operator said on one line', () => {
    const { breaker } = aBreaker();
    breaker.forceOpen({ reason: 'a\r\nb' });
    expect((knock(breaker) as Error).message).toBe('circuit breaker "payments" is forced open (a b)');
  });
});

describe('isCallNotPermitted', () => {
  it('knows a rejection, of another copy of the package too', () => {
    expect(isCallNotPermitted(knock(aBreakerIn('open').breaker))).toBe(true);
    expect(isCallNotPermitted({ [Symbol.for('nestjs-fluxgate.CallNotPermitted')]: true })).toBe(true);
  });

  it.each([
    ['an error', new Error()],
    ['another 503', new ServiceUnavailableException()],
    ['null', null],
    ['undefined', undefined],
    ['a string', 'CIRCUIT_NOT_PERMITTED'],
    ['an object of the same code', { code: 'CIRCUIT_NOT_PERMITTED' }],
    ['a proxy that throws', new Proxy({}, { get: trapped })],
  ])('is false for %s', (_, value) => {
    expect(isCallNotPermitted(value)).toBe(false);
  });
});

describe('isRejectionOf', () => {
  it('asks for the breaker too, and never throws', () => {
    const error = knock(aBreakerIn('open').breaker);
    expect(isRejectionOf('payments', error)).toBe(true);
    expect(isRejectionOf('orders', error)).toBe(false);
    const hostile = {
      [Symbol.for('nestjs-fluxgate.CallNotPermitted')]: true,
      get breaker() {
        return trapped();
      },
    };
    expect(isRejectionOf('payments', hostile)).toBe(false);
  });
});
