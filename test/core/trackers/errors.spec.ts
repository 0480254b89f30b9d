import { HttpException, ServiceUnavailableException } from '@nestjs/common';
import { describe, expect, it, jest } from '@jest/globals';
import { AxiosError } from 'axios';

import { Custom, ErrorCode, HttpStatusIn } from '../../../lib/core/trackers/index.js';
import { HOSTILE } from './hostile.js';

describe('every factory', () => {
  it('tells all that is wrong at once', () => {
    expect(() => ErrorCode(null as never, undefined as never)).toThrow(
      new TypeError(
        'ErrorCode(null, undefined): each code must be a string or a number, got null. ' +
          'each code must be a string or a number, got undefined.',
      ),
    );
  });
});

describe('Custom', () => {
  it('asks the predicate about the error itself', () => {
    const predicate = jest.fn((error: unknown) => error === 'bad');
    const tracker = Custom(predicate);
    expect([tracker.isFailure('bad'), tracker.isFailure('good')]).toEqual([true, false]);
    expect(predicate.mock.calls).toEqual([['bad'], ['good']]);
  });

  it.each<[string, string]>([
    [
      String(
        Custom(function isBad() {
          return true;
        }),
      ),
      'Custom(isBad)',
    ],
    [
      String(
        Custom(
          (
            () => () =>
              true
          )(),
        ),
      ),
      'Custom(…)',
    ],
    [String(Custom(() => true, 'duplicate key')), 'Custom(duplicate key)'],
  ])('reads like the code: %s', (text, expected) => {
    expect(text).toBe(expected);
  });

  it.each<[unknown, string]>([
    [5, 'Custom(5): predicate must be a function of the error, got 5.'],
    [undefined, 'Custom(undefined): predicate must be a function of the error, got undefined.'],
    [
      { isFailure: () => true },
      'Custom(an object (Object)): predicate must be a function of the error, got an object (Object).',
    ],
  ])('refuses %p', (predicate, text) => {
    expect(() => Custom(predicate as never)).toThrow(new TypeError(text));
  });

  it('refuses a class, a factory and a text that is none', () => {
    expect(() => Custom(RangeError as never)).toThrow('For a class use TypeOf(RangeError).');
    expect(() => Custom(Custom as never)).toThrow('Call it: Custom(…).');
    expect(() => Custom(() => true, 5 as never)).toThrow(
      new TypeError('Custom(…, 5): text must be a string, got 5.'),
    );
  });
});

describe('ErrorCode', () => {
  it('compares the code of the error, type and all', () => {
    const tracker = ErrorCode('40P01', 11000);
    expect(['40P01', 11000, '11000', 40, undefined].map((code) => tracker.isFailure({ code }))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('looks at the error itself only', () => {
    expect(ErrorCode('E').isFailure(new Error('outer', { cause: { code: 'E' } }))).toBe(false);
  });

  it('takes the code of a function that was thrown', () => {
    expect(ErrorCode('E').isFailure(Object.assign(() => 1, { code: 'E' }))).toBe(true);
  });

  it('reads like the code', () => {
    expect(String(ErrorCode('ECONNRESET', 11000))).toBe('ErrorCode("ECONNRESET", 11000)');
  });

  it.each<[unknown[], string]>([
    [
      [],
      "ErrorCode(): codes must be one or more strings or numbers, got none. Name one, ErrorCode('ECONNRESET'), or use NetworkErrors().",
    ],
    [['A', Number.NaN], 'ErrorCode("A", NaN): each code must be a string or a number, got NaN.'],
    [[undefined], 'ErrorCode(undefined): each code must be a string or a number, got undefined.'],
    [[['A']], 'ErrorCode(an array of 1): each code must be a string or a number, got an array of 1.'],
  ])('refuses %p', (codes, text) => {
    expect(() => ErrorCode(...(codes as string[]))).toThrow(new TypeError(text));
  });

  it.each(HOSTILE)('takes %s for no match', (_, error) => {
    expect(ErrorCode('ECONNRESET').isFailure(error)).toBe(false);
  });
});

describe('HttpStatusIn', () => {
  it('includes both ends', () => {
    const tracker = HttpStatusIn(500, 503);
    expect([499, 500, 503, 504].map((status) => tracker.isFailure({ status }))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('is one status without an end', () => {
    expect([502, 503, 504].map((status) => HttpStatusIn(503).isFailure({ status }))).toEqual([
      false,
      true,
      false,
    ]);
  });

  it.each<[string, unknown]>([
    ['an HttpException', new ServiceUnavailableException()],
    ['an HttpException with another status in its body', new HttpException({ status: 404 }, 503)],
    [
      'an axios error',
      new AxiosError('bad', 'ERR_BAD_RESPONSE', undefined, undefined, { status: 503 } as never),
    ],
    ['a response that was thrown', new Response(null, { status: 503 })],
    ['an error with statusCode', Object.assign(new Error(), { statusCode: 503 })],
    [
      'an error whose getStatus throws but which has a status',
      {
        getStatus: () => {
          throw new Error();
        },
        status: 503,
      },
    ],
    ['an error whose status is a string but statusCode is not', { status: '404', statusCode: 503 }],
  ])('knows the status of %s', (_, error) => {
    expect(HttpStatusIn(503).isFailure(error)).toBe(true);
    expect(HttpStatusIn(404).isFailure(error)).toBe(false);
  });

  it('looks at getStatus(), response.status, status, statusCode in this order', () => {
    const error = { getStatus: () => 501, response: { status: 502 }, status: 503, statusCode: 504 };
    const found: number[] = [];
    for (const key of ['getStatus', 'response', 'status', 'statusCode'] as const) {
      found.push([501, 502, 503, 504].find((status) => HttpStatusIn(status).isFailure(error))!);
      delete (error as Partial<typeof error>)[key];
    }
    expect(found).toEqual([501, 502, 503, 504]);
  });

  it('takes a status in a string for none', () => {
    expect(HttpStatusIn(503).isFailure({ status: '503' })).toBe(false);
  });

  it('reads like the code', () => {
    expect([
      String(HttpStatusIn(500, 599)),
      String(HttpStatusIn(503)),
      String(HttpStatusIn(429, 429)),
    ]).toEqual(['HttpStatusIn(500, 599)', 'HttpStatusIn(503)', 'HttpStatusIn(429)']);
  });

  it.each<[unknown[], string]>([
    [[99], 'HttpStatusIn(99): from must be a whole number from 100 to 599, got 99.'],
    [[600], 'HttpStatusIn(600): from must be a whole number from 100 to 599, got 600.'],
    [[Number.NaN], 'HttpStatusIn(NaN, NaN): from must be a whole number from 100 to 599, got NaN.'],
    [[500.5], 'HttpStatusIn(500.5): from must be a whole number from 100 to 599, got 500.5.'],
    [['500'], 'HttpStatusIn("500"): from must be a whole number from 100 to 599, got "500".'],
    [[undefined], 'HttpStatusIn(undefined): from must be a whole number from 100 to 599, got undefined.'],
    [[500, 600], 'HttpStatusIn(500, 600): to must be a whole number from 100 to 599, got 600.'],
    [[500, null], 'HttpStatusIn(500, null): to must be a whole number from 100 to 599, got null.'],
    [
      [599, 500],
      'HttpStatusIn(599, 500): to must be at least from (599), got 500. Did you mean HttpStatusIn(500, 599)?',
    ],
  ])('refuses %p', (range, text) => {
    expect(() => HttpStatusIn(...(range as [number]))).toThrow(new TypeError(text));
  });

  it.each(HOSTILE)('takes %s for no match', (_, error) => {
    expect(HttpStatusIn(100, 599).isFailure(error)).toBe(false);
  });
});
