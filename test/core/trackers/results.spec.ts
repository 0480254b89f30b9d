import { describe, expect, it } from '@jest/globals';

import { Breaker, ErrorCode, HttpStatusIn, ResponseStatusIn, ResultError } from '../../../lib/core/index.js';
import { CircuitBreaker } from '../../../lib/index.js';
import { aBreaker } from '../../support/breaker.js';
import { HOSTILE } from './hostile.js';

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

/** An object that counts how often each of its fields is read. */
function counting(fields: Record<string, unknown>): { value: object; reads: Record<string, number> } {
  const reads: Record<string, number> = {};
  const value = {};
  for (const [key, field] of Object.entries(fields)) {
    Object.defineProperty(value, key, { get: () => ((reads[key] = (reads[key] ?? 0) + 1), field) });
  }
  return { value, reads };
}

describe('ResponseStatusIn', () => {
  const isFailure = ResponseStatusIn(500, 599);

  it.each<[string, unknown]>([
    ['a Response of fetch', new Response('', { status: 503 })],
    ['an answer of undici', { statusCode: 503, headers: {}, body: {} }],
    ['an answer of got', { statusCode: 500, statusMessage: 'Internal Server Error' }],
    ['an answer of axios', { status: 599, data: '', headers: {} }],
    ['a result of supabase', { error: { message: 'down' }, data: null, status: 503 }],
    ['a result of openapi-fetch', { error: {}, response: new Response('', { status: 502 }) }],
    ['an answer below a result', { error: {}, response: { statusCode: 502 } }],
  ])('says yes to %s', (_, value) => {
    expect(isFailure(value)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['a good answer', new Response('', { status: 200 })],
    ['the fault of the caller', { statusCode: 404 }],
    ['a status that is a string', { status: '503' }],
    ['a transport failure with the status 0', { error: {}, status: 0 }],
    ['an answer of its own, whatever is below it', { status: 200, response: { status: 503 } }],
    ['nothing', undefined],
    ['a list', [503]],
  ])('says no to %s', (_, value) => {
    expect(isFailure(value)).toBe(false);
  });

  it('reads the code where the status is a word', () => {
    expect(isFailure({ status: 'error', statusCode: 500 })).toBe(true);
  });

  it('is one status where one is given', () => {
    expect([429, 430].map((status) => ResponseStatusIn(429)({ status }))).toEqual([true, false]);
  });

  it.each(HOSTILE)('never throws and says no: %s', (_, value) => {
    expect(isFailure(value)).toBe(false);
  });

  it('reads each field once', () => {
    const { value, reads } = counting({ status: 'error', statusCode: 'none', response: revoked() });
    expect(isFailure(value)).toBe(false);
    expect(reads).toEqual({ status: 1, statusCode: 1, response: 1 });
  });

  it.each<[unknown, unknown, string]>([
    [99, undefined, 'ResponseStatusIn(99): from must be a whole number from 100 to 599, got 99.'],
    [500, 600, 'ResponseStatusIn(500, 600): to must be a whole number from 100 to 599, got 600.'],
    ['500', 599, 'ResponseStatusIn("500", 599): from must be a whole number from 100 to 599, got "500".'],
    [
      599,
      500,
      'ResponseStatusIn(599, 500): to must be at least from (599), got 500. Did you mean ResponseStatusIn(500, 599)?',
    ],
  ])('refuses (%p, %p) at once', (from, to, message) => {
    expect(() => ResponseStatusIn(from as number, to as number)).toThrow(new TypeError(message));
  });

  it('reads in texts like the code that made it', () => {
    expect(String(isFailure)).toBe('ResponseStatusIn(500, 599)');
    expect(ResponseStatusIn(503).name).toBe('ResponseStatusIn(503)');
  });
});

describe('ResultError', () => {
  it.each<[string, unknown, boolean]>([
    ['an error that is there', { data: null, error: { message: 'down' } }, true],
    ['an error that is a text', { error: 'down' }, true],
    ['no error', { data: [], error: null }, false],
    ['no such field', { data: [] }, false],
    ['an error that says that there is none', { error: false }, false],
    ['an empty one', { error: '' }, false],
    ['nothing', undefined, false],
  ])('of %s', (_, value, expected) => {
    expect(ResultError()(value)).toBe(expected);
  });

  it('is only what its tracker tracks', () => {
    const isFailure = ResultError(ErrorCode('53300').or(HttpStatusIn(500, 599)));
    const verdicts = [{ code: '53300' }, { statusCode: 500 }, { code: '23505' }, null].map((error) =>
      isFailure({ error }),
    );
    expect(verdicts).toEqual([true, true, false, false]);
  });

  it('takes a predicate, and an object with isFailure', () => {
    expect(ResultError((error) => error === 'down')({ error: 'down' })).toBe(true);
    expect(ResultError({ isFailure: () => false })({ error: 'down' })).toBe(false);
  });

  it.each(HOSTILE)('never throws: %s', (_, value) => {
    expect(ResultError()(value)).toBe(false);
    expect(ResultError(HttpStatusIn(500, 599))({ error: value })).toBe(false);
  });

  it('reads the error once', () => {
    const { value, reads } = counting({ error: { code: 'X' } });
    expect(ResultError(ErrorCode('X'))(value)).toBe(true);
    expect(reads).toEqual({ error: 1 });
  });

  it('refuses at once what is no tracker', () => {
    expect(() => ResultError(500 as never)).toThrow(/a tracker must be a tracker of this package/);
    expect(() => ResultError(TypeError as never)).toThrow(/use TypeOf\(TypeError\)/);
    expect(() => ResultError(null as never)).toThrow(TypeError);
  });

  it('reads in texts like the code that made it', () => {
    expect(String(ResultError())).toBe('ResultError()');
    expect(String(ResultError(ErrorCode('X')))).toBe('ResultError(ErrorCode("X"))');
  });
});

describe('a result tracker', () => {
  it('is taken as trackResult by a breaker, by a call and by a method', async () => {
    const answer = { status: 503 };
    const { breaker } = aBreaker({ trackResult: ResponseStatusIn(500, 599) });
    expect(await breaker.execute(() => answer)).toBe(answer);
    await breaker.execute(() => answer, { trackResult: ResponseStatusIn(500) });
    await breaker.execute(() => ({ error: 'down' }), { trackResult: ResultError() });
    expect(breaker.snapshot().calls).toMatchObject({ failure: 2, success: 1 });
    expect(() => CircuitBreaker({ breaker: 'api', trackResult: ResponseStatusIn(500, 599) })).not.toThrow();
  });

  it('is refused where it was not called', async () => {
    const remedy =
      /trackResult must be a function \(value\) => boolean, got function ResultError\. Call it: ResultError\(…\)\./;
    const { breaker } = aBreaker();
    expect(() => new Breaker('api', { trackResult: ResultError as never })).toThrow(remedy);
    expect(() => CircuitBreaker({ trackResult: ResultError as never })).toThrow(remedy);
    await expect(breaker.execute(() => 1, { trackResult: ResultError as never })).rejects.toThrow(remedy);
  });

  it('is told from a tracker of errors', () => {
    const given = { trackResult: HttpStatusIn(500, 599) as never };
    expect(() => new Breaker('api', given)).toThrow(/use ResponseStatusIn\(…\) or ResultError\(…\)/);
    expect(() => new Breaker('api', { trackResult: 3 as never })).toThrow(/got 3\./);
  });
});
